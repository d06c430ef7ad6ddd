"""What a pod may do to its node and to others (Kubernetes, "Pod Security Standards")."""

from collections.abc import Iterator
from typing import Any

from bos_tools.review.registry import Fault, rule
from bos_tools.review.rendered import Container, Pod, Rendered, down
from bos_tools.review.world import World
from bos_tools.tree import layout
from bos_tools.tree.nodes import Path

VOLUMES = frozenset({
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
})  # fmt: skip
"""What `restricted` lets a pod mount."""
ADDED = frozenset({"NET_BIND_SERVICE"})
"""What `restricted` lets a container add; below, what `baseline` does."""
ADDED_AS_ROOT = ADDED | {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "SETFCAP", "SETGID", "SETPCAP",
    "SETUID", "SYS_CHROOT",
}  # fmt: skip
SECCOMP = ("RuntimeDefault", "Localhost")
SYSCTLS = frozenset({
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
})  # fmt: skip
"""Kubernetes, pod-security-admission, check_sysctls.go."""


@rule(
    "S1",
    title="Every pod satisfies Pod Security `restricted`, and `baseline` where its program runs as root as shipped",
    remedy="write the securityContext of the pod and of its containers",
    source="https://kubernetes.io/docs/concepts/security/pod-security-standards/",
)
def restricted(env: World) -> Iterator[Fault]:
    """A container's own context wins over its pod's. Who runs as root is in the plan (`base/README.md`, One
    namespace).
    """
    for pod in env.pods():
        context, is_baseline = pod.get("securityContext") or {}, pod.name in env.baseline
        for message, place in [*_shares(pod), *_user(context, is_baseline=is_baseline, is_pod=True)]:
            yield env.at(pod, f"{pod.name} {message}", place)
    for container in env.containers():
        context, is_baseline = container.get("securityContext") or {}, container.pod.name in env.baseline
        user = _user(context, is_baseline=is_baseline, is_pod=False)
        found = [*_gains(context, ADDED_AS_ROOT if is_baseline else ADDED), *user, *_reaches(container)]
        for message, place in found:
            yield env.at(container, f"{container.pod.name} {message}", place)


Breach = tuple[str, Path]


def _shares(pod: Pod) -> Iterator[Breach]:
    """Yield what a pod shares with its node."""
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(key):
            yield f"shares {key} with its node", (key,)
    for index, volume in enumerate(pod.volumes):
        kinds = [key for key in volume if key != "name"]
        if not VOLUMES.issuperset(kinds):
            yield f"mounts a volume that `restricted` forbids: {kinds[0]}", ("volumes", index)
    for index, said in enumerate(pod.get("securityContext", "sysctls") or []):
        if said.get("name") not in SYSCTLS:
            yield f"sets an unsafe sysctl: {said.get('name')}", ("securityContext", "sysctls", index)


def _user(context: Any, *, is_baseline: bool, is_pod: bool) -> Iterator[Breach]:
    """Yield how a context lets its processes be root; a container's may leave all to its pod's."""
    at = "securityContext"
    profile = down(context, "seccompProfile", "type")
    if profile not in SECCOMP and (is_pod or profile is not None):
        yield "sets no seccomp profile RuntimeDefault", (at, "seccompProfile", "type")
    if is_baseline:
        return
    if context.get("runAsNonRoot") is not True and (is_pod or "runAsNonRoot" in context):
        yield "may run as root", (at, "runAsNonRoot")
    if not context.get("runAsUser") and (is_pod or "runAsUser" in context):
        yield "names no user, or root", (at, "runAsUser")


def _gains(context: Any, may_add: frozenset[str]) -> Iterator[Breach]:
    """Yield what a container may gain."""
    at = "securityContext"
    if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
        yield "may gain privileges", (at, "privileged" if context.get("privileged") else "allowPrivilegeEscalation")
    if "ALL" not in (down(context, "capabilities", "drop") or []):
        yield "keeps capabilities", (at, "capabilities", "drop")
    if not may_add.issuperset(down(context, "capabilities", "add") or []):
        yield "adds capabilities", (at, "capabilities", "add")
    if context.get("procMount") not in (None, "Default"):
        yield "sees /proc unmasked", (at, "procMount")


def _reaches(container: Container) -> Iterator[Breach]:
    """Yield where a container reaches past its pod; `host` of a probe is forbidden since Kubernetes 1.34."""
    for index, port in enumerate(container.ports):
        if port.get("hostPort"):
            yield "takes a port of its node", ("ports", index, "hostPort")
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        for kind in ("httpGet", "tcpSocket"):
            if container.get(probe, kind, "host"):
                yield "probes another host", (probe, kind, "host")


@rule(
    "S2",
    title="Every root file system is read-only, but of what runs as root as shipped",
    remedy="set readOnlyRootFilesystem, and mount an emptyDir where the program writes",
    source="base/README.md#one-namespace",
)
def read_only(env: World) -> Iterator[Fault]:
    """Pod Security does not ask for it, so we do: what breaks in can't leave a program behind."""
    place: Path = ("securityContext", "readOnlyRootFilesystem")
    for container in env.containers():
        name = container.pod.name
        if name not in env.baseline and container.get(*map(str, place)) is not True:
            yield env.at(container, f"{name} can write to its root file system", place)


@rule(
    "S4",
    title="No pod carries a token of the API server",
    remedy="set `automountServiceAccountToken: false`",
    source="https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
)
def token(env: World) -> Iterator[Fault]:
    """None of the services calls it, so a token serves only who breaks in."""
    for pod in env.pods():
        if pod.get("automountServiceAccountToken") is not False:
            yield env.at(pod, f"{pod.name} carries a token of the API server", ("automountServiceAccountToken",))


@rule(
    "S10",
    title="The namespace denies all traffic by default, and holds pods to Pod Security",
    remedy="keep base/platform's Namespace labels and its policy `default-deny` of both types",
    source="base/README.md#one-namespace",
)
def default_deny(env: World) -> Iterator[Fault]:
    """Without it every policy is a comment."""
    if layout.PLATFORM in env.rendered and not any(env.of("Namespace")):
        yield env.file(layout.unit_file(env.name, layout.PLATFORM), 1, f"{env.name} has no Namespace")
    for made in env.of("Namespace"):
        labels = made.get("metadata", "labels") or {}
        for mode, level in (("enforce", "baseline"), ("warn", "restricted"), ("audit", "restricted")):
            if labels.get(f"pod-security.kubernetes.io/{mode}") != level:
                place = ("metadata", "labels", f"pod-security.kubernetes.io/{mode}")
                yield env.at(made, f"Pod Security does not {mode} {level}", place)
        denied = {kind for policy in env.of("NetworkPolicy") for kind in _denies(policy)}
        if denied != {"Ingress", "Egress"}:
            policy = env.one("NetworkPolicy", "default-deny") or made
            yield env.at(policy, "traffic is not denied by default both ways", ("spec", "policyTypes"))


def _denies(policy: Rendered) -> set[str]:
    spec = policy.get("spec") or {}
    is_all = spec.get("podSelector") == {} and not spec.get("ingress") and not spec.get("egress")
    return set(spec.get("policyTypes") or []) if is_all else set()

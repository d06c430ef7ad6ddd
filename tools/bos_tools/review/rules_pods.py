"""What every pod and the objects around it must be (manifests.md, sections 4–14)."""

from collections.abc import Iterator
from typing import Any

from bos_tools.review.findings import Finding
from bos_tools.review.plan import BASELINE, SECRETS
from bos_tools.review.world import Environment, Made, down
from bos_tools.tree.nodes import Path


def s1_restricted(env: Environment) -> Iterator[Finding]:
    """Every pod satisfies Pod Security `restricted`; tdengine and zlmediakit `baseline`, as they run as root.

    Source: plan.md, "Decided"; Kubernetes, "Pod Security Standards".
    """
    for made, pod, path in env.pods():
        name, context = made.object.name, pod.get("securityContext") or {}
        if down(context, "seccompProfile", "type") != "RuntimeDefault":
            yield env.at(made, f"{name} sets no seccomp profile RuntimeDefault", (*path, "securityContext"))
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if pod.get(key):
                yield env.at(made, f"{name} shares {key} with its node", (*path, key))
        for index, volume in enumerate(pod.get("volumes") or []):
            if "hostPath" in volume:
                yield env.at(made, f"{name} mounts a path of its node", (*path, "volumes", index))
        if name not in BASELINE and context.get("runAsNonRoot") is not True:
            yield env.at(made, f"{name} may run as root", (*path, "securityContext", "runAsNonRoot"))
        if name not in BASELINE and not context.get("runAsUser"):
            yield env.at(made, f"{name} names no user", (*path, "securityContext", "runAsUser"))
    for made, container, path in env.containers():
        context = container.get("securityContext") or {}
        if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
            place = (*path, "securityContext", "allowPrivilegeEscalation")
            yield env.at(made, f"{made.object.name} may gain privileges", place)
        dropped = down(context, "capabilities", "drop") or []
        if "ALL" not in dropped:
            yield env.at(
                made, f"{made.object.name} keeps capabilities", (*path, "securityContext", "capabilities", "drop")
            )


def s2_read_only(env: Environment) -> Iterator[Finding]:
    """Every root file system is read-only but those of tdengine and zlmediakit.

    Source: manifests.md, section 10: Pod Security does not ask for it, so we do.
    """
    for made, container, path in env.containers():
        if (
            made.object.name not in BASELINE
            and down(container, "securityContext", "readOnlyRootFilesystem") is not True
        ):
            place = (*path, "securityContext", "readOnlyRootFilesystem")
            yield env.at(made, f"{made.object.name} can write to its root file system", place)


def s3_resources(env: Environment) -> Iterator[Finding]:
    """Every container, init containers and jobs too, has requests and limits.

    Source: manifests.md, section 13: an HPA breaks on a pod without CPU requests.
    """
    for made, container, path in env.containers():
        for side in ("requests", "limits"):
            for key in ("cpu", "memory"):
                if down(container, "resources", side, key) is None:
                    place = (*path, "resources", side, key)
                    yield env.at(
                        made, f"{made.object.name}, container {container.get('name')}: no {side} for {key}", place
                    )


def s4_token(env: Environment) -> Iterator[Finding]:
    """No pod carries a token of the API server: none of the services calls it.

    Source: Kubernetes, "Configure Service Accounts for Pods".
    """
    for made, pod, path in env.pods():
        if pod.get("automountServiceAccountToken") is not False:
            yield env.at(
                made, f"{made.object.name} carries a token of the API server", (*path, "automountServiceAccountToken")
            )


def s5_strategy(env: Environment) -> Iterator[Finding]:
    """A Deployment of one replica with a ReadWriteOnce claim is re-created, never rolled.

    Source: storage.md, "The layout that needs no imperative step": a second pod would wait for the volume for ever.
    """
    scaled = {down(made.data, "spec", "scaleTargetRef", "name") for made in env.of("HorizontalPodAutoscaler")}
    for made in env.of("Deployment"):
        names = {
            down(v, "persistentVolumeClaim", "claimName") for v in made.get("spec", "template", "spec", "volumes") or []
        }
        names.discard(None)
        if names and made.object.name not in scaled and made.get("spec", "strategy", "type") != "Recreate":
            yield env.at(made, f"{made.object.name} holds a volume and is not re-created", ("spec", "strategy", "type"))


def s6_references(env: Environment) -> Iterator[Finding]:
    """Every ConfigMap, claim and PriorityClass that a pod names exists, and every Secret is in the contract.

    Source: manifests.md, section 8. A misspelt name is a pod that never starts.
    """
    known = {
        kind: {made.object.name for made in env.of(kind)}
        for kind in ("ConfigMap", "PersistentVolumeClaim", "PriorityClass")
    }
    for made, pod, path in env.pods():
        for kind, name in _named(pod):
            if name not in (SECRETS if kind == "Secret" else known[kind]):
                yield env.at(made, f"{made.object.name} names a {kind} that nobody makes: {name}", path)


def _named(pod: Any) -> Iterator[tuple[str, str]]:
    if pod.get("priorityClassName"):
        yield "PriorityClass", pod["priorityClassName"]
    for secret in pod.get("imagePullSecrets") or []:
        yield "Secret", secret.get("name")
    for volume in pod.get("volumes") or []:
        for part in [volume, *(down(volume, "projected", "sources") or [])]:
            yield from _sources(part)
    for container in [*(pod.get("initContainers") or []), *(pod.get("containers") or [])]:
        for source in container.get("envFrom") or []:
            for key, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
                if key in source:
                    yield kind, source[key].get("name")
        for variable in container.get("env") or []:
            for key, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
                if (name := down(variable, "valueFrom", key, "name")) is not None:
                    yield kind, name


def _sources(part: Any) -> Iterator[tuple[str, str]]:
    if "configMap" in part:
        yield "ConfigMap", part["configMap"].get("name")
    if "secret" in part:
        yield "Secret", part["secret"].get("secretName") or part["secret"].get("name")
    if "persistentVolumeClaim" in part:
        yield "PersistentVolumeClaim", part["persistentVolumeClaim"].get("claimName")


def s7_budgets(env: Environment) -> Iterator[Finding]:
    """A PodDisruptionBudget lets pods go that serve nobody, and leaves a drain a way.

    Source: manifests.md, section 13: `unhealthyPodEvictionPolicy: AlwaysAllow`.
    """
    for made in env.of("PodDisruptionBudget"):
        if made.get("spec", "unhealthyPodEvictionPolicy") != "AlwaysAllow":
            place = ("spec", "unhealthyPodEvictionPolicy")
            yield env.at(made, f"the budget of {made.object.name} holds a drain up for a broken pod", place)


def s8_selectors(env: Environment) -> Iterator[Finding]:
    """Every selector finds what it means: workloads their own pods, Services and budgets some pod, ports a name.

    Source: Kubernetes, "Labels and Selectors". A Service that selects nothing is silent.
    """
    templates = [(made, down(made.data, "spec", "template", "metadata", "labels") or {}) for made, _, _ in env.pods()]
    for made, labels in templates:
        wanted = made.get("spec", "selector", "matchLabels") or {}
        if made.object.kind != "Job" and not wanted.items() <= labels.items():
            yield env.at(made, f"{made.object.name} does not select its own pods", ("spec", "selector", "matchLabels"))
    for made in env.of("Service", "PodDisruptionBudget"):
        is_service = made.object.kind == "Service"
        wanted = (made.get("spec", "selector") if is_service else made.get("spec", "selector", "matchLabels")) or {}
        pods = [found for found, labels in templates if wanted and wanted.items() <= labels.items()]
        if not pods:
            yield env.at(made, f"{made.object.kind} {made.object.name} selects no pod", ("spec", "selector"))
        elif is_service:
            yield from _ports(env, made, pods)


def _ports(env: Environment, service: Made, pods: list[Made]) -> Iterator[Finding]:
    names = {
        port.get("name")
        for made in pods
        for container in made.get("spec", "template", "spec", "containers") or []
        for port in container.get("ports") or []
    }
    for index, port in enumerate(service.get("spec", "ports") or []):
        target = port.get("targetPort")
        if isinstance(target, str) and target not in names:
            place: Path = ("spec", "ports", index, "targetPort")
            yield env.at(
                service, f"Service {service.object.name} points at a port that no container names: {target}", place
            )


def s9_kept(env: Environment) -> Iterator[Finding]:
    """Argo CD never deletes a claim.

    Source: storage.md: every claim carries `argocd.argoproj.io/sync-options: Prune=false,Delete=false`.
    """
    for made in env.of("PersistentVolumeClaim"):
        options = (made.get("metadata", "annotations") or {}).get("argocd.argoproj.io/sync-options", "")
        if not {"Prune=false", "Delete=false"} <= set(options.split(",")):
            place = ("metadata", "annotations", "argocd.argoproj.io/sync-options")
            yield env.at(made, f"Argo CD may delete the claim {made.object.name}", place)


def s10_default_deny(env: Environment) -> Iterator[Finding]:
    """The namespace denies all traffic by default, and holds pods to Pod Security.

    Source: plan.md, "Decided"; manifests.md, sections 10 and 14.
    """
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


def _denies(policy: Made) -> set[str]:
    spec = policy.get("spec") or {}
    is_all = spec.get("podSelector") == {} and not spec.get("ingress") and not spec.get("egress")
    return set(spec.get("policyTypes") or []) if is_all else set()


def s11_templates(env: Environment) -> Iterator[Finding]:
    """A StatefulSet's volumeClaimTemplates have their claims declared in Git at the same size.

    Source: storage.md: templates are immutable, so growth edits declared claims; Argo CD does not compare the template.
    """
    for made in env.of("StatefulSet"):
        for index, template in enumerate(made.get("spec", "volumeClaimTemplates") or []):
            name = down(template, "metadata", "name")
            size = down(template, "spec", "resources", "requests", "storage")
            for number in range(made.get("spec", "replicas") or 1):
                claim = env.one("PersistentVolumeClaim", f"{name}-{made.object.name}-{number}")
                if claim is None or claim.get("spec", "resources", "requests", "storage") != size:
                    place: Path = ("spec", "volumeClaimTemplates", index)
                    yield env.at(made, f"no claim {name}-{made.object.name}-{number} of {size} is declared", place)


CLUSTER_WIDE = frozenset(
    {"Namespace", "StorageClass", "PriorityClass", "IngressClass", "ClusterRole", "ClusterRoleBinding"}
)


def s12_namespace(env: Environment) -> Iterator[Finding]:
    """Every object of a namespace is in the environment's own.

    Source: plan.md, "Decided": one namespace per environment. A component that adds objects behind `../env` gets none.
    """
    for made in env.objects:
        wanted = env.says.get("namespace")
        if made.object.kind not in CLUSTER_WIDE and made.object.namespace != wanted:
            shown = made.object.namespace or "none"
            message = f"{made.object.kind} {made.object.name} is not in namespace {wanted}: {shown}"
            yield env.at(made, message, ("metadata", "namespace"))

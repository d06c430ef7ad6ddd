"""The rules that the plan numbers, and its table (base/README.md)."""

from collections.abc import Iterator
from typing import Any

from bos_tools.review.registry import Fault, rule
from bos_tools.review.rendered import Pod, Rendered, down, pods, selected, tolerates
from bos_tools.review.rules.replicas import adopted
from bos_tools.review.world import World
from bos_tools.tree import layout
from bos_tools.tree.nodes import Path
from bos_tools.tree.quantity import GIB, quantity

HEALTHCHECK = ["node", "/app/healthcheck.js"]
REQUIRED_NODES = (
    "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms",
)  # fmt: skip


@rule(
    "P0",
    title="Each service has the kind, ports, requests and limits of the plan's table",
    remedy="write the plan's number in the base, or change it in the service's plan.yaml",
    source="base/README.md#services",
)
def numbers(env: World) -> Iterator[Fault]:
    """Too small a request means eviction and late probes; another port is one that nobody looks for."""
    for unit in dict.fromkeys(made.unit for made in env.of("Deployment", "StatefulSet")):
        if unit.service not in env.workloads:
            path = layout.unit_file(env.name, unit.service)
            yield env.file(path, 1, f"the plan says nothing of {unit.service}: {layout.plan_file(unit.service)}")
    for name, planned in env.workloads.items():
        made = env.one(planned.kind, name)
        if name not in env.rendered or env.one("Cluster", name) is not None:  # P12 has it
            continue
        if made is None:
            yield env.file(layout.unit_file(env.name, name), 1, f"{name} is no {planned.kind}")
            continue
        containers = made.get("spec", "template", "spec", "containers") or []
        for index, container in enumerate(containers):
            if container.get("name") == name:
                yield from _resources(env, made, container, index)
        if name not in {container.get("name") for container in containers}:
            place: Path = ("spec", "template", "spec", "containers")
            yield env.at(made, f"{name} has no container of its name, so its numbers hold for none", place)
        service = env.one("Service", name)
        if service is None:
            yield env.at(made, f"{name} has no Service of its name")
        ports = {port.get("port") for port in service.get("spec", "ports") or []} if service else set()
        if service is not None and not set(planned.ports) <= ports:
            missing = ", ".join(str(port) for port in planned.ports if port not in ports)
            yield env.at(service, f"Service {name} lacks port {missing}", ("spec", "ports"))
        if planned.hpa is None and made.get("spec", "replicas") not in planned.replicas:
            counts = " or ".join(map(str, planned.replicas))
            yield env.at(made, f"the plan has {counts} of {name}: {made.get('spec', 'replicas')}", ("spec", "replicas"))


def _resources(env: World, made: Rendered, container: Any, index: int) -> Iterator[Fault]:
    planned = env.workloads[made.object.name]
    for side, resources in (("requests", planned.requests), ("limits", planned.limits)):
        for key, value in resources.pairs:
            found = down(container, "resources", side, key)
            if quantity(found) != quantity(value):
                path: Path = ("spec", "template", "spec", "containers", index, "resources", side, key)
                yield env.at(made, f"{made.object.name} {side} {key} is {value} in the plan: {found}", path)


@rule(
    "P1",
    title="Every claim is in the plan's range and of a StorageClass that can grow it",
    remedy="size the claim in its overlay within the range, on a class with `allowVolumeExpansion: true`",
    source="base/README.md#rule-1",
)
def claims(env: World) -> Iterator[Fault]:
    """Only the requested storage of a bound claim ever changes, and only upwards: too large a start is never taken
    back.
    """
    classes = {made.object.name: made for made in env.of("StorageClass")}
    for made in classes.values():
        if made.get("allowVolumeExpansion") is not True:
            yield env.at(made, f"StorageClass {made.object.name} can't grow a claim", ("allowVolumeExpansion",))
    ranges = {
        one: planned_claim.range
        for name, planned in env.workloads.items()
        for claim, planned_claim in planned.claims.items()
        for one in adopted(env.one("StatefulSet", name), claim) or [claim]
    }
    for made in env.of("PersistentVolumeClaim"):
        name = made.object.name
        used = made.get("spec", "storageClassName")
        if used not in classes and (classes or env.is_whole):
            yield env.at(
                made, f"claim {name} is of a class that the platform lacks: {used}", ("spec", "storageClassName")
            )
        size = quantity(made.get("spec", "resources", "requests", "storage"))
        sizes = ranges.get(name)
        if size is None or (sizes and not sizes[0] * GIB <= size <= sizes[1] * GIB):
            shown = made.get("spec", "resources", "requests", "storage")
            within = f"{sizes[0]}–{sizes[1]}Gi" if sizes else "a size"
            yield env.at(
                made, f"claim {name} is {within} in the plan: {shown}", ("spec", "resources", "requests", "storage")
            )
    for name, planned in env.workloads.items():
        for claim in planned.claims if name in env.rendered and env.one("Cluster", name) is None else ():
            has_template = adopted(env.one("StatefulSet", name), claim)  # S11 has its claims
            if not has_template and env.one("PersistentVolumeClaim", claim) is None:
                yield env.file(layout.unit_file(env.name, name), 1, f"{name} lacks its claim {claim}")


@rule(
    "P2",
    title="A service with an HPA spreads over nodes, keeps one pod through a drain, and scales on CPU as planned",
    remedy=(
        "give it podAntiAffinity over kubernetes.io/hostname, a budget with minAvailable 1, and an HPA with "
        "the plan's numbers"
    ),
    source="base/README.md#rule-2",
)
def spread(env: World) -> Iterator[Fault]:
    """Two pods on one node are one pod when the node goes."""
    for name, planned in env.workloads.items():
        made = env.one("Deployment", name)
        if planned.hpa is None or made is None:
            continue
        affinity: Path = ("spec", "template", "spec", "affinity")
        if not _keeps_apart(made):
            place = (*affinity, "podAntiAffinity")
            yield env.at(made, f"{name} has no podAntiAffinity of its own pods over nodes", place)
        budget = next((b for b in env.of("PodDisruptionBudget") if b.object.name == name), None)
        if budget is None or budget.get("spec", "minAvailable") != 1:
            yield env.at(
                budget or made, f"{name} has no PodDisruptionBudget with minAvailable 1", ("spec", "minAvailable")
            )
        scaler = env.one("HorizontalPodAutoscaler", name)
        if scaler is None:
            yield env.at(made, f"{name} has no HorizontalPodAutoscaler")
            continue
        if scaler.get("spec", "scaleTargetRef", "name") != name:
            yield env.at(scaler, f"the HPA {name} scales another workload", ("spec", "scaleTargetRef", "name"))
        for key, value in (("minReplicas", planned.hpa.min), ("maxReplicas", planned.hpa.max)):
            if scaler.get("spec", key) != value:
                yield env.at(scaler, f"{name} {key} is {value} in the plan: {scaler.get('spec', key)}", ("spec", key))
        targets = [
            down(metric, "resource", "target", "averageUtilization")
            for metric in scaler.get("spec", "metrics") or []
            if down(metric, "resource", "name") == "cpu"
        ]
        if targets != [planned.hpa.cpu]:
            path: Path = ("spec", "metrics", 0, "resource", "target", "averageUtilization")
            yield env.at(scaler, f"{name} scales on CPU {planned.hpa.cpu} %: {targets}", path)


def _keeps_apart(made: Rendered) -> bool:
    """Tell whether a workload's pods repel each other over nodes; terms are required, or preferred with a weight."""
    said = made.get("spec", "template", "spec", "affinity", "podAntiAffinity") or {}
    terms = list(said.get("requiredDuringSchedulingIgnoredDuringExecution") or [])
    preferred = said.get("preferredDuringSchedulingIgnoredDuringExecution") or []
    terms += [term.get("podAffinityTerm") or {} for term in preferred]
    labels = made.get("spec", "template", "metadata", "labels") or {}
    return any(
        term.get("topologyKey") == "kubernetes.io/hostname" and selected(term.get("labelSelector"), labels)
        for term in terms
    )


@rule(
    "P3",
    title=(
        "Every container has readiness and liveness probes with explicit delays; web asks /health, backend "
        "its own script"
    ),
    remedy="write readinessProbe and livenessProbe with initialDelaySeconds and timeoutSeconds",
    source="base/README.md#rule-3",
)
def probes(env: World) -> Iterator[Fault]:
    """A default delay or timeout is a number that nobody chose."""
    for container in env.containers():
        if container.pod.is_job or container.is_init:
            continue
        name = container.pod.name
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            said = container.get(probe)
            if not said and probe == "startupProbe":
                continue
            if not said:
                yield env.at(container, f"{name} has no {probe}", (probe,))
                continue
            for key in ("initialDelaySeconds", "timeoutSeconds"):
                if key not in said:
                    yield env.at(container, f"{name} {probe} leaves {key} to a default", (probe, key))
            if name == "web" and down(said, "httpGet", "path") != "/health":
                yield env.at(container, f"web {probe} asks GET /health", (probe, "httpGet", "path"))
            if name == "backend" and down(said, "exec", "command") != HEALTHCHECK:
                yield env.at(container, f"backend {probe} runs `{' '.join(HEALTHCHECK)}`", (probe, "exec", "command"))


@rule(
    "P4",
    title="What the plan gives dedicated nodes runs on them, where the environment has them",
    remedy="give the pod a required nodeAffinity to the group's labels, and a toleration for each of its taints",
    source="base/README.md#rule-4",
)
def nodes(env: World) -> Iterator[Fault]:
    """A stream or a compaction takes the disk and the network from whoever shares the node."""
    for name, planned in env.workloads.items():
        made = env.one(planned.kind, name)
        node = env.nodes(planned.nodes)
        if made is None or node is None:
            continue
        for pod in pods(made):
            terms = pod.get(*REQUIRED_NODES)
            if not terms or not all(term.get("matchExpressions") and selected(term, node.labels) for term in terms):
                yield env.at(pod, f"{name} is not bound to {planned.nodes} nodes", ("affinity", "nodeAffinity"))
            for taint in node.taints:
                if not any(tolerates(toleration, taint) for toleration in pod.tolerations):
                    yield env.at(pod, f"{name} does not tolerate a taint of its nodes: {taint}", ("tolerations",))


@rule(
    "P10",
    title="Replicas belong to the HPA, and a claim that many replicas mount is ReadWriteMany",
    remedy=(
        "take the count out of Git; make the claim ReadWriteMany by the component `rwx`, or keep the pods on one node"
    ),
    source="base/README.md#rule-10",
)
def replicas(env: World) -> Iterator[Fault]:
    """A count in Git fights the HPA under self-heal; a ReadWriteOnce volume keeps pods on other nodes in
    ContainerCreating, unless a required podAffinity keeps them on one.
    """
    scaled = {made.object.name: made.get("spec", "replicas") or 1 for made in env.of("Deployment", "StatefulSet")}
    for made in env.of("HorizontalPodAutoscaler"):
        target = str(down(made.data, "spec", "scaleTargetRef", "name"))
        scaled[target] = made.get("spec", "maxReplicas") or 1
        workload = env.one("Deployment", target)
        if workload is None:
            yield env.at(made, f"the HPA scales what does not exist: {target}", ("spec", "scaleTargetRef", "name"))
        elif workload.get("spec", "replicas") is not None:
            yield env.at(workload, f"{target} has a count in Git that fights its HPA", ("spec", "replicas"))
    for pod in env.pods():
        if scaled.get(pod.name, 1) < 2 or _on_one_node(pod):
            continue
        for index, volume in enumerate(pod.volumes):
            claim = env.one("PersistentVolumeClaim", str(down(volume, "persistentVolumeClaim", "claimName")))
            if claim is not None and "ReadWriteMany" not in (claim.get("spec", "accessModes") or []):
                message = f"{pod.name} has many replicas, and {claim.name} is not ReadWriteMany"
                yield env.at(pod, message, ("volumes", index))


def _on_one_node(pod: Pod) -> bool:
    terms = pod.get("affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution") or []
    return any(term.get("topologyKey") == "kubernetes.io/hostname" for term in terms)

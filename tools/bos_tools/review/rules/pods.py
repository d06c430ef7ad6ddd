"""What every pod and the objects around it must be."""

from collections.abc import Iterator
from typing import Any

from bos_tools.review.registry import Fault, rule
from bos_tools.review.rendered import Pod, Rendered, down
from bos_tools.review.uses import uses
from bos_tools.review.world import World
from bos_tools.tree.identity import is_cluster_scoped
from bos_tools.tree.nodes import Path


@rule(
    "S3",
    title="Every container, init containers and jobs too, has requests and limits",
    remedy="write requests and limits for cpu and memory",
    source="https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
)
def resources(env: World) -> Iterator[Fault]:
    """An HPA breaks on a pod without CPU requests, and a pod without limits takes its node along."""
    for container in env.containers():
        for side in ("requests", "limits"):
            for key in ("cpu", "memory"):
                if container.get("resources", side, key) is None:
                    message = f"{container.pod.name}, container {container.name}: no {side} for {key}"
                    yield env.at(container, message, ("resources", side, key))


@rule(
    "S5",
    title="A Deployment of one replica with a claim is re-created, never rolled",
    remedy="set `strategy: {type: Recreate}`",
    source="base/README.md#many-replicas-one-volume",
)
def strategy(env: World) -> Iterator[Fault]:
    """A second pod would wait for the volume for ever."""
    scaled = {down(made.data, "spec", "scaleTargetRef", "name") for made in env.of("HorizontalPodAutoscaler")}
    for pod in env.pods():
        made = pod.owner
        if made.object.kind != "Deployment" or not pod.claims or pod.name in scaled:
            continue
        if made.get("spec", "strategy", "type") != "Recreate":
            yield env.at(made, f"{made.name} holds a volume and is not re-created", ("spec", "strategy", "type"))


@rule(
    "S6",
    title=(
        "Every ConfigMap, claim and PriorityClass that a pod names exists, and every Secret and key is in the contract"
    ),
    remedy="correct the name, or add the Secret or key to the contract",
    source=".github/decisions/0010-secrets.md",
)
def references(env: World) -> Iterator[Fault]:
    """A misspelt name is a pod that never starts."""
    known = {
        kind: {made.object.name for made in env.of(kind)}
        for kind in ("ConfigMap", "PersistentVolumeClaim", "PriorityClass")
    }
    for pod in env.pods():
        for kind, name in named(pod):
            if kind == "PriorityClass" and not env.is_whole:
                continue
            if kind != "Secret" and name not in known[kind]:
                yield env.at(pod, f"{pod.name} names a {kind} that nobody makes: {name}")
    for made in env.objects:
        for use in uses(made):
            secret = env.contract.secrets.get(use.secret)
            if secret is None:
                yield env.at(made, f"{made.object.name} names a Secret that nobody makes: {use.secret}", use.path)
            elif use.key is not None and use.key not in secret.keys:
                message = f"{made.object.name} names a key that nobody makes: {use.secret}/{use.key}"
                yield env.at(made, message, use.path)


def named(pod: Pod) -> Iterator[tuple[str, str]]:
    """Yield the kind and name of every object that a pod names."""
    if pod.get("priorityClassName"):
        yield "PriorityClass", pod.get("priorityClassName")
    for secret in pod.get("imagePullSecrets") or []:
        yield "Secret", secret.get("name")
    for volume in pod.volumes:
        for part in [volume, *(down(volume, "projected", "sources") or [])]:
            yield from _sources(part)
    for container in pod.containers:
        for source in container.get("envFrom") or []:
            for key, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
                if source.get(key):
                    yield kind, source[key].get("name")
        for variable in container.variables:
            for key, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
                if (name := down(variable, "valueFrom", key, "name")) is not None:
                    yield kind, name


def _sources(part: Any) -> Iterator[tuple[str, str]]:
    if part.get("configMap"):
        yield "ConfigMap", part["configMap"].get("name")
    if part.get("secret"):
        yield "Secret", part["secret"].get("secretName") or part["secret"].get("name")
    if part.get("persistentVolumeClaim"):
        yield "PersistentVolumeClaim", part["persistentVolumeClaim"].get("claimName")


@rule(
    "S7",
    title="A PodDisruptionBudget lets pods go that serve nobody, and leaves a drain a way",
    severity="warning",
    remedy="set `unhealthyPodEvictionPolicy: AlwaysAllow`",
    source="https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
)
def budgets(env: World) -> Iterator[Fault]:
    """By default a pod that is broken holds up the drain that would mend it."""
    for made in env.of("PodDisruptionBudget"):
        if made.get("spec", "unhealthyPodEvictionPolicy") != "AlwaysAllow":
            place = ("spec", "unhealthyPodEvictionPolicy")
            yield env.at(made, f"the budget of {made.object.name} holds a drain up for a broken pod", place)


@rule(
    "S8",
    title="Every selector finds what it means: workloads their own pods, Services and budgets some pod, ports a name",
    remedy="write the labels of the pods, and a port that a container names",
    source="https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/",
)
def selectors(env: World) -> Iterator[Fault]:
    """A Service that selects nothing is silent."""
    templates = list(env.pods())
    for pod in templates:
        wanted = pod.owner.get("spec", "selector", "matchLabels") or {}
        if not pod.is_job and not wanted.items() <= pod.labels.items():
            yield env.at(pod.owner, f"{pod.name} does not select its own pods", ("spec", "selector", "matchLabels"))
    for made in env.of("Service", "PodDisruptionBudget"):
        is_service = made.object.kind == "Service"
        wanted = (made.get("spec", "selector") if is_service else made.get("spec", "selector", "matchLabels")) or {}
        pods = [pod for pod in templates if wanted and wanted.items() <= pod.labels.items()]
        if not pods:
            yield env.at(made, f"{made.object.kind} {made.object.name} selects no pod", ("spec", "selector"))
        elif is_service:
            yield from _ports(env, made, pods)


def _ports(env: World, service: Rendered, pods: list[Pod]) -> Iterator[Fault]:
    running = [container for pod in pods for container in pod.containers if not container.is_init]
    names = {port.get("name") for container in running for port in container.ports}
    for index, port in enumerate(service.get("spec", "ports") or []):
        target = port.get("targetPort")
        if isinstance(target, str) and target not in names:
            place: Path = ("spec", "ports", index, "targetPort")
            yield env.at(
                service, f"Service {service.object.name} points at a port that no container names: {target}", place
            )


KEPT = frozenset({"Prune=false", "Delete=false"})


@rule(
    "S9",
    title="Argo CD never deletes a claim",
    remedy="annotate the claim `argocd.argoproj.io/sync-options: Prune=false,Delete=false`",
    source=".github/decisions/0013-growth.md",
)
def kept(env: World) -> Iterator[Fault]:
    """A file that is moved or a unit that is renamed would take the data along."""
    for made in env.of("PersistentVolumeClaim"):
        options = (made.get("metadata", "annotations") or {}).get("argocd.argoproj.io/sync-options")
        if not set(str(options).split(",")) >= KEPT:
            place = ("metadata", "annotations", "argocd.argoproj.io/sync-options")
            yield env.at(made, f"Argo CD may delete the claim {made.object.name}", place)


@rule(
    "S12",
    title="Every object of a namespace is in the environment's own",
    remedy="list `../env` after the component that adds the object",
    source="base/README.md#one-namespace",
)
def namespace(env: World) -> Iterator[Fault]:
    """A component that adds objects behind `../env` gets none."""
    wanted = env.facts.namespace if env.facts is not None else None
    for made in env.objects if wanted else ():
        if not is_cluster_scoped(made.object.group, made.object.kind) and made.object.namespace != wanted:
            shown = made.object.namespace or "none"
            message = f"{made.object.kind} {made.object.name} is not in namespace {wanted}: {shown}"
            yield env.at(made, message, ("metadata", "namespace"))


@rule(
    "S15",
    title="Every pod says how long it may take to stop, and has the time and the hook that its program needs",
    remedy="set terminationGracePeriodSeconds, and a preStop hook where the plan has `drains`",
    source="base/README.md#services",
)
def stops(env: World) -> Iterator[Fault]:
    """postgres checkpoints, redis saves, taosd gets no signal from its shell, and a pod behind a Service must outlive
    its endpoint.
    """
    for pod in env.pods():
        planned = env.workloads.get(pod.name)
        grace = pod.get("terminationGracePeriodSeconds")
        if not isinstance(grace, int):
            yield env.at(pod, f"{pod.name} leaves the time to stop to a default", ("terminationGracePeriodSeconds",))
        elif planned is not None and grace < planned.grace:
            message = f"{pod.name} may need {planned.grace} s to stop: {grace}"
            yield env.at(pod, message, ("terminationGracePeriodSeconds",))
        for container in pod.containers if planned is not None and planned.drains else ():
            if container.name == pod.name and not container.is_init and not container.get("lifecycle", "preStop"):
                yield env.at(container, f"{pod.name} stops without a preStop hook", ("lifecycle", "preStop"))

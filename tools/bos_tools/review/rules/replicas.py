"""A StatefulSet of several replicas: its claims, its nodes, and who of them takes the writes."""

import re
from collections.abc import Iterator
from typing import Any

from bos_tools.review.registry import Fault, rule
from bos_tools.review.rendered import Rendered, down, selected
from bos_tools.review.world import World
from bos_tools.tree.nodes import Path
from bos_tools.tree.quantity import quantity

STORAGE = ("resources", "requests", "storage")
WAVE = "argocd.argoproj.io/sync-wave"


def adopted(made: Rendered | None, template: str) -> list[str]:
    """Return the names of the claims that a StatefulSet adopts for one of its volumeClaimTemplates, none without it."""
    listed = made.get("spec", "volumeClaimTemplates") or [] if made is not None else []
    if made is None or template not in [down(one, "metadata", "name") for one in listed]:
        return []
    return [f"{template}-{made.object.name}-{number}" for number in range(made.get("spec", "replicas") or 1)]


@rule(
    "S11",
    title="A StatefulSet's volumeClaimTemplates have their claims declared in Git, one a replica, each as its template",
    remedy="declare `TEMPLATE-SET-NUMBER` beside the StatefulSet for every replica, equal to the template",
    source=".github/decisions/0013-growth.md",
)
def templates(env: World) -> Iterator[Fault]:
    """Templates are immutable, and Argo CD does not compare them, so growth edits the declared claims. In another sync
    wave they would wait for pods that wait for them; with a retention policy they would be deleted.
    """
    for made in env.of("StatefulSet"):
        for event in ("whenDeleted", "whenScaled"):
            path: Path = ("spec", "persistentVolumeClaimRetentionPolicy", event)
            if made.get(*map(str, path)) == "Delete":
                yield env.at(made, f"{made.object.name} deletes its claims: {event}", path)
        for index, template in enumerate(made.get("spec", "volumeClaimTemplates") or []):
            place: Path = ("spec", "volumeClaimTemplates", index)
            name = str(down(template, "metadata", "name"))
            names = adopted(made, name)
            for one in names:
                claim = env.one("PersistentVolumeClaim", one)
                if claim is None:
                    yield env.at(made, f"no claim {one} is declared", place)
                else:
                    yield from _as_template(env, made, claim, template)
            pattern = re.compile(rf"{re.escape(name)}-{re.escape(made.object.name)}-\d+")
            for claim in env.of("PersistentVolumeClaim"):
                if pattern.fullmatch(claim.object.name) and claim.object.name not in names:
                    yield env.at(claim, f"no replica mounts the claim {claim.object.name}")


def _as_template(env: World, made: Rendered, claim: Rendered, template: Any) -> Iterator[Fault]:
    """Yield how a declared claim differs from what its StatefulSet would make."""
    fields: list[tuple[str, ...]] = [STORAGE, ("storageClassName",), ("accessModes",)]
    for path in fields:
        left, right = claim.get("spec", *path), down(template, "spec", *path)
        is_same = quantity(left) == quantity(right) if path is STORAGE else left == right
        if not is_same:
            message = f"claim {claim.object.name} is not as its template: {path[-1]} {left}, not {right}"
            yield env.at(claim, message, ("spec", *path))
    waves = [(one.get("metadata", "annotations") or {}).get(WAVE, "0") for one in (claim, made)]
    if waves[0] != waves[1]:
        message = f"claim {claim.object.name} is not in the sync wave of its StatefulSet: {waves[0]}, not {waves[1]}"
        yield env.at(claim, message, ("metadata", "annotations", WAVE))


@rule(
    "P13",
    title="Several replicas run on different nodes and leave one at a time; where one takes the writes, it is elected",
    remedy="require podAntiAffinity over kubernetes.io/hostname, and a budget that lets one pod go",
    source=".github/decisions/0008-redis-ha.md",
)
def elected(env: World) -> Iterator[Fault]:
    """prod survives the loss of a node. After an outage of all, the pod with the newest data may be any, so none waits
    for another; and the service's name must not lead to a replica, which refuses writes.
    """
    for made in env.of("StatefulSet"):
        count = made.get("spec", "replicas") or 1
        if count < 2:
            continue
        name, labels = made.object.name, made.get("spec", "template", "metadata", "labels") or {}
        affinity: Path = ("spec", "template", "spec", "affinity", "podAntiAffinity")
        required = made.get(*map(str, affinity), "requiredDuringSchedulingIgnoredDuringExecution") or []
        if not any(
            term.get("topologyKey") == "kubernetes.io/hostname" and selected(term.get("labelSelector"), labels)
            for term in required
        ):
            yield env.at(made, f"{name} may lose several replicas with one node", affinity)
        budgets = [b for b in env.of("PodDisruptionBudget") if selected(b.get("spec", "selector"), labels)]
        if not any(b.get("spec", "maxUnavailable") == 1 or b.get("spec", "minAvailable") == count - 1 for b in budgets):
            place: Path = ("spec", "maxUnavailable") if budgets else ()
            yield env.at(budgets[0] if budgets else made, f"a drain may take several replicas of {name} at once", place)
        planned = env.workloads.get(name)
        if planned is not None and planned.elects is not None:
            yield from _elected(env, made, planned.elects, labels)


def _elected(env: World, made: Rendered, elects: str, labels: dict[str, Any]) -> Iterator[Fault]:
    name = made.object.name
    if made.get("spec", "podManagementPolicy") != "Parallel":
        yield env.at(made, f"a replica of {name} waits for the one before it", ("spec", "podManagementPolicy"))
    place: Path = ("spec", "template", "spec", "containers")
    if elects not in [container.get("name") for container in made.get(*map(str, place)) or []]:
        yield env.at(made, f"no container {elects} elects the one of {name} that takes the writes", place)
    service = env.one("Service", name)
    wanted = service.get("spec", "selector") if service is not None else None
    if service is not None and wanted and wanted.items() <= labels.items():
        place = ("spec", "selector", next(iter(wanted)))
        yield env.at(service, f"Service {name} leads to replicas that take no writes", place)

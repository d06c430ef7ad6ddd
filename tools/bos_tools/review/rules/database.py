"""The plan's rules for a database that CloudNativePG runs: the render holds no pod and no claim of it."""

from collections.abc import Iterator
from typing import Any

from bos_tools.errors import RepositoryError
from bos_tools.review.database import is_database, services
from bos_tools.review.registry import Fault, rule
from bos_tools.review.rendered import Rendered, down, selected, tolerates
from bos_tools.review.rules.pods import KEPT
from bos_tools.review.world import World
from bos_tools.storage.volumes import said
from bos_tools.tree.identity import Object
from bos_tools.tree.layout import Tree, Unit
from bos_tools.tree.nodes import Path
from bos_tools.tree.quantity import GIB, quantity
from bos_tools.tree.service_plan import Workload

PLACE = ("endpointURL", "destinationPath")


@rule(
    "P12",
    title="A database that an operator runs has the plan's numbers, nodes and name, a standby, and a backup each day",
    remedy="write the plan's numbers in the Cluster; its size belongs to the overlay",
    source=".github/decisions/0009-data-services.md",
)
def database(env: World) -> Iterator[Fault]:
    """The render holds no pod and no claim of it. With two instances `required` durability stops writes while one is
    away; with the object Argo CD would delete the claims.
    """
    for made in env.of("Cluster"):
        planned = env.workloads.get(made.object.name)
        if not is_database(made) or planned is None:
            continue
        yield from _numbers(env, made, planned)
        yield from _size(env, made, planned)
        yield from _nodes(env, made, planned)
        yield from _kept(env, made)


def _numbers(env: World, made: Rendered, planned: Workload) -> Iterator[Fault]:
    name = made.object.name
    if made.get("spec", "instances") != 2:
        yield env.at(made, f"{name} is a primary and a standby: {made.get('spec', 'instances')}", ("spec", "instances"))
    for side, resources in (("requests", planned.requests), ("limits", planned.limits)):
        for key, value in resources.pairs:
            found = made.get("spec", "resources", side, key)
            if quantity(found) != quantity(value):
                yield env.at(
                    made, f"{name} {side} {key} is {value} in the plan: {found}", ("spec", "resources", side, key)
                )
    place: Path = ("spec", "postgresql", "synchronous", "dataDurability")
    if made.get(*map(str, place)) != "preferred":
        yield env.at(made, f"{name} stops writing when its standby is away", place)
    if services(made).get(name) != "rw":
        yield env.at(made, f"no Service {name} leads to the primary", ("spec", "managed", "services", "additional"))
    grace = made.get("spec", "stopDelay")
    if not isinstance(grace, int) or grace < planned.grace:
        yield env.at(made, f"{name} may need {planned.grace} s to stop: {grace}", ("spec", "stopDelay"))
    delay = made.get("spec", "switchoverDelay")
    if delay != grace:
        yield env.at(
            made, f"{name} waits another time for a switchover than for a stop: {delay}", ("spec", "switchoverDelay")
        )


def _size(env: World, made: Rendered, planned: Workload) -> Iterator[Fault]:
    name, (low, high) = made.object.name, next(claim.range for claim in planned.claims.values() if claim.range)
    shown = made.get("spec", "storage", "size")
    size = quantity(shown)
    if size is None or not low * GIB <= size <= high * GIB:
        yield env.at(made, f"the claims of {name} are {low}–{high}Gi in the plan: {shown}", ("spec", "storage", "size"))
    known = {one.object.name for one in env.of("StorageClass")}
    used = made.get("spec", "storage", "storageClass")
    if used not in known and (known or env.is_whole):
        yield env.at(made, f"{name} is of a class that the platform lacks: {used}", ("spec", "storage", "storageClass"))


def _nodes(env: World, made: Rendered, planned: Workload) -> Iterator[Fault]:
    said: Any = made.get("spec", "affinity") or {}
    node = env.nodes(planned.nodes)
    place: Path = ("spec", "affinity")
    if said.get("podAntiAffinityType") != "required":
        yield env.at(made, f"{made.object.name} may lose both instances with one node", (*place, "podAntiAffinityType"))
    if node is None:
        return
    terms = down(said, "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    if not terms or not all(selected(term, node.labels) for term in terms):
        yield env.at(made, f"{made.object.name} is not bound to {planned.nodes} nodes", (*place, "nodeAffinity"))
    for taint in node.taints:
        if not any(tolerates(toleration, taint) for toleration in said.get("tolerations") or []):
            message = f"{made.object.name} does not tolerate a taint of its nodes: {taint}"
            yield env.at(made, message, (*place, "tolerations"))


def _kept(env: World, made: Rendered) -> Iterator[Fault]:
    name = made.object.name
    options = (made.get("metadata", "annotations") or {}).get("argocd.argoproj.io/sync-options")
    if not set(str(options).split(",")) >= KEPT:
        place: Path = ("metadata", "annotations", "argocd.argoproj.io/sync-options")
        yield env.at(made, f"Argo CD may delete {name} with its claims", place)
    priority = made.get("spec", "priorityClassName")
    if env.is_whole and priority not in {one.object.name for one in env.of("PriorityClass")}:
        yield env.at(made, f"{name} names a PriorityClass that nobody makes: {priority}", ("spec", "priorityClassName"))
    backups = [one for one in env.of("ScheduledBackup") if one.get("spec", "cluster", "name") == name]
    if not any(one.get("spec", "suspend") is not True for one in backups):
        yield env.at(backups[0] if backups else made, f"{name} has no backup")


@rule(
    "P14",
    title="No two environments back up a database to one place",
    remedy="give each environment a bucket or a path of its own, by a patch of its ObjectStore",
    source=".github/decisions/0009-data-services.md",
)
def destinations(env: World) -> Iterator[Fault]:
    """Both call the database the same: one would overwrite the other's logs, and a restore find the wrong data."""
    for made in env.of("ObjectStore"):
        mine = _place(made.object.data)
        for other in env.tree.settings.environments:
            unit = Unit(other, made.unit.service)
            if other != env.name and mine[1] and mine == _place(_there(env.tree, unit, made.object)):
                message = f"{made.object.name} backs up to where {other} does: {mine[1]}"
                yield env.at(made, message, ("spec", "configuration", "destinationPath"))


def _place(data: Any) -> tuple[str, str]:
    """Return an object store's server and path."""
    said = down(data, "spec", "configuration") or {}
    return str(said.get("endpointURL") or ""), str(said.get("destinationPath") or "").rstrip("/")


def _there(tree: Tree, unit: Unit, made: Object) -> dict[str, Any]:
    """Return the place that another environment's files say for the same object; nothing where they have none."""
    try:
        tree.graph.closure(unit.folder)
        found = {key: said(tree.graph, unit, made, ("spec", "configuration", key)) for key in PLACE}
    except RepositoryError:
        return {}
    return {"spec": {"configuration": {key: one.value for key, one in found.items() if one is not None}}}

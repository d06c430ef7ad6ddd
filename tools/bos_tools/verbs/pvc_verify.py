"""Wait for the end of a growth, and say what it is."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated

from bos_tools.errors import BosError
from bos_tools.verbs.cluster import Asked
from bos_tools.verbs.metrics import PROMETHEUS, usage
from bos_tools.verbs.options import Env, Option
from bos_tools.verbs.progress import Progress
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session
from bos_tools.verbs.volumes import What, volume

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

    from bos_tools.storage.arrival import Seen
    from bos_tools.storage.ports import Live
    from bos_tools.storage.volumes import Volume
    from bos_tools.tree.layout import Tree


@dataclass(frozen=True)
class Options:
    """Which growth, how long, and whom to ask."""

    what: What
    env: Env = None
    timeout: Annotated[float, Option("Seconds to wait; 0 looks once.", min=0)] = 600.0
    asked: Asked = field(default_factory=Asked)
    argocd_namespace: Annotated[str, Option("Where Argo CD keeps its Applications.")] = "argocd"
    prometheus: Annotated[str | None, PROMETHEUS] = None


@dataclass(frozen=True)
class Arrived(Result):
    """A growth that has reached every claim."""

    volume: "Volume"
    seen: "Seen"

    @property
    def lines(self) -> list[str]:
        """Return a line for each claim."""
        return list(_lines(self.seen).values())


def run(session: Session, options: Options) -> Arrived:
    """Look until the growth is settled or the time is over; raises what holds it up."""
    from bos_tools.storage.arrival import outcome, watch

    tree = session.tree()
    found = volume(tree, options.env, options.what)

    def tell(seen: "Seen") -> None:
        if not seen.is_settled:
            session.tell(Progress(_lines(seen)))

    with options.asked.live() as cluster:
        sizes = _file_systems(session, tree, found, options.prometheus)
        look = _looker(session.root, found, cluster, options.argocd_namespace, sizes)
        seen = watch(look, options.timeout, tell)
    trouble = outcome(found, seen)
    if trouble is not None:
        raise trouble
    return Arrived(found, seen)


def _file_systems(
    session: Session, tree: "Tree", volume: "Volume", prometheus: str | None
) -> "Callable[[], dict[str, Decimal]]":
    """Return what asks for the size of each claim's file system, as far as metrics are there."""
    from decimal import Decimal

    def ask() -> "dict[str, Decimal]":
        filled = usage(tree, volume.unit.env, prometheus, volume.namespace, session.tell)
        return {claim: Decimal(space["capacity"]) for claim, space in filled.items() if "capacity" in space}

    return ask


def _looker(
    root: "Path", volume: "Volume", cluster: "Live", argocd: str, sizes: "Callable[[], dict[str, Decimal]]"
) -> "Callable[[], Seen]":
    from bos_tools.storage.arrival import delivery, see
    from bos_tools.storage.observed import Claims

    is_ours = _holds_head(root)

    def look() -> "Seen":
        claims = Claims(cluster, volume.namespace)
        said = delivery(cluster, argocd, volume.unit.folder)
        if said is not None and said.revision and not is_ours(said.revision):
            said = replace(said, phase="")  # how an older commit fared says nothing of this one
        seen = see(volume.size, claims.of(volume), claims.missing(volume), said)
        return replace(seen, file_systems=sizes()) if seen.is_done else seen

    return look


def _holds_head(root: "Path") -> Callable[[str], bool]:
    """Return what tells whether a commit holds the one that is checked out; one that is unknown here may."""
    from bos_tools.doors.git import Git

    door = Git(root)
    try:
        head = door.resolve("HEAD")
    except BosError:
        head = ""
    return cache(
        lambda revision: not head or not door.is_ancestor(revision, revision) or door.is_ancestor(head, revision)
    )


def _lines(seen: "Seen") -> dict[str, str]:
    from bos_tools.tree.quantity import written

    lines = {
        claim.name: f"{claim.name}: {at}, {written(claim.capacity)} of {written(seen.size)}"
        for claim, at in seen.claims.values()
    }
    return lines | {name: f"{name}: missing" for name in seen.missing}

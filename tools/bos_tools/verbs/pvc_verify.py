"""Wait for the end of a growth, and say what it is."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

from bos_tools.errors import BosError, MayNot, OutsideError
from bos_tools.verbs.cluster import Asked
from bos_tools.verbs.metrics import PROMETHEUS, usage
from bos_tools.verbs.options import Env, Option
from bos_tools.verbs.progress import Progress
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session, Tell
from bos_tools.verbs.volumes import What, applications

SHA = re.compile("HEAD|[0-9a-f]{7,64}")
"""What Argo CD may follow that is no branch."""

if TYPE_CHECKING:
    from decimal import Decimal

    from bos_tools.storage.arrival import Seen
    from bos_tools.storage.ports import Live
    from bos_tools.storage.volumes import Volume
    from bos_tools.tree.layout import Tree
    from bos_tools.verbs.pushed import Goal


@dataclass(frozen=True)
class Options:
    """Which growth, how long, and whom to ask."""

    what: What
    env: Env = None
    timeout: Annotated[float, Option("Seconds to wait; 0 looks once.", min=0)] = 600.0
    asked: Asked = field(default_factory=Asked)
    argocd_namespace: Annotated[str, Option("Where Argo CD keeps its Applications.")] = "argocd"
    prometheus: Annotated[str | None, PROMETHEUS] = None
    remote: Annotated[str | None, Option("Whose branch is delivered; default: where this one goes.")] = None
    branch: Annotated[
        str | None, Option("That branch, which is fetched; default: what Argo CD follows by environment.yaml.")
    ] = None


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

    with ExitStack() as held:
        goal = _goal(held, session, options)
        cluster = held.enter_context(options.asked.live())

        def tell(seen: "Seen") -> None:
            if not seen.is_settled:
                session.tell(Progress(_lines(seen)))

        sizes = _file_systems(session, session.tree(), goal.volume, options.prometheus)
        look = _looker(session, goal, cluster, options.argocd_namespace, sizes)
        seen = watch(_patient(look, session.tell), options.timeout, tell)
    trouble = outcome(goal.volume, seen)
    if trouble is not None:
        for one in seen.unknown:
            session.tell(f"not known: {one}")
        raise trouble
    return Arrived(goal.volume, seen)


def _patient(look: "Callable[[], Seen]", tell: Tell) -> "Callable[[], Seen]":
    """Return what looks again where nobody answers for a moment, once somebody has: no growth fails by an outage."""
    last: list[Seen] = []
    told: set[str] = set()

    def again() -> "Seen":
        try:
            last[:] = [look()]
        except OutsideError as error:
            if not last or not _passes(error):
                raise
            if error.message not in told:
                tell(f"{error.message}; that may pass, so it is asked again")
            told.add(error.message)
            return replace(last[0], silence=error)
        return last[0]

    return again


def _passes(error: OutsideError) -> bool:
    """Tell whether the same look may succeed in a moment."""
    from bos_tools.doors.failures import PASSING, HttpFailed, Unreachable, Untrusted
    from bos_tools.doors.kubernetes.client import ClusterSaid

    if isinstance(error, HttpFailed | ClusterSaid):
        return error.status in PASSING or error.status >= 500
    return isinstance(error, Unreachable) and not isinstance(error, Untrusted)


def _goal(held: ExitStack, session: Session, options: Options) -> "Goal":
    """Return what is to arrive; a repository without Git, a branch or a remote has its work tree alone."""
    from bos_tools.doors import remote as remotes
    from bos_tools.doors.git import Git
    from bos_tools.doors.tracking import destination
    from bos_tools.verbs.pushed import goal

    door, tree = Git(session.root), session.tree()
    held.callback(door.close)
    said = tree.environment(tree.environment_name(options.env)).argocd
    delivered = said.revision if said is not None and not SHA.fullmatch(said.revision) else None
    try:
        where = destination(door, options.remote, options.branch or delivered)
    except BosError:
        if options.remote or options.branch:
            raise
        return goal(session, options.env, options.what, None, None)
    lent = held.enter_context(remotes.fetched(door, where.remote, where.branch))
    return goal(session, options.env, options.what, lent, door)


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
    session: Session, goal: "Goal", cluster: "Live", argocd: str, sizes: "Callable[[], dict[str, Decimal]]"
) -> "Callable[[], Seen]":
    from bos_tools.storage.arrival import see
    from bos_tools.storage.observed import Claims

    volume, application = goal.volume, applications(session.tree())

    def look() -> "Seen":
        claims = Claims(cluster, volume.namespace, application)
        seen = see(volume.size, claims.used(volume), claims.missing(volume))
        hidden = tuple(f"{what}: needs {needs}" for what, needs in claims.unknown.items())
        if seen.is_done:
            return replace(seen, file_systems=sizes(), unknown=hidden)
        told, unknown = _told(goal, cluster, argocd)
        return replace(seen, is_landed=goal.is_landed, unknown=(*hidden, *unknown), **told)

    return look


def _told(goal: "Goal", cluster: "Live", argocd: str) -> "tuple[dict[str, Any], list[str]]":
    """Return what Argo CD and a database's operator were told, as far as the account may ask."""
    from bos_tools.storage.told import delivery, operator

    told: dict[str, Any] = {}
    unknown: list[str] = []
    try:
        said = delivery(cluster, argocd, goal.volume.unit.folder)
        if said is not None:  # how an older commit fared says nothing of this one
            is_ours = not said.revision or goal.holds(said.revision)
            phase = said.phase if is_ours else ""
            told["delivery"] = replace(said, phase=phase, is_behind=not goal.holds(said.compared))
    except MayNot as error:
        unknown.append(f"what Argo CD says: needs {error.needs}")
    try:
        asked = operator(cluster, goal.volume)
        if asked is not None and asked.size >= goal.volume.size:
            told["operator"] = asked
    except MayNot as error:
        unknown.append(f"what the database's operator was told: needs {error.needs}")
    return told, unknown


def _lines(seen: "Seen") -> dict[str, str]:
    from bos_tools.tree.quantity import written

    lines = {
        claim.name: f"{claim.name}: {at}, {written(claim.capacity)} of {written(seen.size)}"
        for claim, at in seen.claims.values()
    }
    return lines | {name: f"{name}: missing" for name in seen.missing}

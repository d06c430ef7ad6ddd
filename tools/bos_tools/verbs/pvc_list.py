"""Say what every volume has, in Git and live."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated

from bos_tools.errors import BosError, Usage
from bos_tools.verbs.cluster import Asked
from bos_tools.verbs.metrics import PROMETHEUS, usage
from bos_tools.verbs.options import Envs, Option
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session
from bos_tools.verbs.volumes import applications, unread

if TYPE_CHECKING:
    from bos_tools.storage.live import Claim, Stage
    from bos_tools.storage.named import Broken
    from bos_tools.storage.volumes import Volume
    from bos_tools.tree.layout import Tree


@dataclass(frozen=True)
class Options:
    """Which environments, and whether a cluster is asked."""

    env: Envs = None
    live: Annotated[bool, Option("Ask the cluster of the environment, too.", ("--live",))] = False
    asked: Annotated[Asked, Option(needs=("live",))] = field(default_factory=Asked)
    prometheus: Annotated[str | None, replace(PROMETHEUS, needs=("live",))] = None

    def __post_init__(self) -> None:
        if self.live and self.env is None:
            raise Usage("one cluster holds one environment", reason="usage", hint="say --env with --live")


@dataclass(frozen=True)
class Live:
    """One claim of a volume in the cluster."""

    name: str
    claim: "Claim | None" = None
    """None where it is missing."""
    stage: "Stage | None" = None
    used: float | None = None
    """Bytes of its file system, where metrics know them."""
    free: float | None = None


@dataclass(frozen=True)
class Row:
    """One volume, with the plan's range in GiB."""

    volume: "Volume"
    plan: tuple[int, int] | None
    live: tuple[Live, ...] = ()


@dataclass(frozen=True)
class Volumes(Result):
    """Every volume that was asked for."""

    rows: tuple[Row, ...]
    is_live: bool
    broken: "Broken" = field(default_factory=dict)
    """The units that can't be read: the list lacks theirs."""

    @property
    def trouble(self) -> BosError | None:
        """Return why the list is not whole."""
        return unread(self.broken)


def run(session: Session, options: Options) -> Volumes:
    """Read the work tree and, with --live, the cluster of its environment and the metrics."""
    from bos_tools.storage.named import readable

    tree = session.tree()
    name = tree.environment_name(options.env) if options.env is not None else None
    found, broken = readable(tree, name)
    rows = [Row(volume, tree.plan(volume.unit.service).range(volume.name)) for volume in found]
    if not options.live:
        return Volumes(tuple(rows), is_live=False, broken=broken)
    filled = cache(lambda space: usage(tree, str(name), options.prometheus, space, session.tell))
    with ExitStack() as held:
        read = _reader(held, options.asked, tree)
        live = tuple(replace(row, live=_live(row.volume, read, filled)) for row in rows)
        return Volumes(live, is_live=True, broken=broken)


Filled = Callable[[str], dict[str, dict[str, float]]]
"""A namespace to the bytes of each claim's file system, where the metrics know."""
Reader = Callable[["Volume"], "tuple[tuple[Claim, ...], tuple[str, ...]]"]


def _reader(held: ExitStack, asked: Asked, tree: "Tree") -> Reader:
    """Return what reads a volume's live claims and the names of those that are missing; each namespace is read once."""
    from bos_tools.storage.observed import Claims

    cluster, application = held.enter_context(asked.live()), applications(tree)
    of = cache(lambda namespace: Claims(cluster, namespace, application))
    return lambda volume: (of(volume.namespace).of(volume), of(volume.namespace).missing(volume))


def _live(volume: "Volume", read: Reader, filled: Filled) -> tuple[Live, ...]:
    from bos_tools.storage.live import stage

    claims, missing = read(volume)
    space = {claim.name: filled(volume.namespace).get(claim.name, {}) for claim in claims}
    found = [
        Live(c.name, c, stage(c, volume.size), space[c.name].get("used"), space[c.name].get("available"))
        for c in claims
    ]
    return (*found, *(Live(name) for name in missing))

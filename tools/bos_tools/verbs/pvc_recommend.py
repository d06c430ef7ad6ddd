"""Say which claims should grow, to what size, and why; and propose it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from bos_tools.errors import BosError, Usage
from bos_tools.verbs.landing import BRANCH, DRY_RUN, REMOTE, Landed, Landing, land
from bos_tools.verbs.metrics import PROMETHEUS, server
from bos_tools.verbs.options import Env, Option
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session
from bos_tools.verbs.volumes import UNCHECKED, unread

if TYPE_CHECKING:
    from bos_tools.change.pipeline import Outcome
    from bos_tools.doors.prometheus import Point, Prometheus
    from bos_tools.intents.ground import Ground
    from bos_tools.intents.plan import Intent
    from bos_tools.storage.named import Broken
    from bos_tools.storage.recommend import Evidence, Recommendation
    from bos_tools.storage.volumes import Volume


@dataclass(frozen=True)
class Options:
    """Where, when, and whether it is proposed."""

    env: Env = None
    prometheus: Annotated[str | None, PROMETHEUS] = None
    at: Annotated[str | None, Option("A moment to replay, ISO 8601; UTC where it says no zone.", metavar="TIME")] = None
    dry_run: Annotated[bool, replace(DRY_RUN, needs=("pr",))] = False
    pr: Annotated[bool, Option("Propose what is due: one commit and one pull request into --branch.", ("--pr",))] = (
        False
    )
    remote: Annotated[str, replace(REMOTE, needs=("pr",))] = "origin"
    branch: Annotated[str | None, replace(BRANCH, needs=("pr",))] = None

    def __post_init__(self) -> None:
        if self.pr and self.at:
            raise Usage("--pr is about now, and --at about another moment", reason="usage")


@dataclass(frozen=True)
class Judged(Result):
    """What every claim of an environment should do, by its metrics."""

    env: str
    at: datetime
    prometheus: str
    claims: tuple["Recommendation", ...]
    broken: "Broken" = field(default_factory=dict)
    """The units that can't be read, of whose claims nothing is said."""


@dataclass(frozen=True)
class Recommended(Result):
    """A judgement, and the change that was proposed of it, if any."""

    judged: Judged
    outcome: "Outcome | None"
    is_dry_run: bool

    @property
    def stands(self) -> str:
        """Return where the change is now."""
        return Landed(self.outcome, self.is_dry_run).stands if self.outcome is not None else ""

    @property
    def trouble(self) -> BosError | None:
        """Return of which units nothing was said."""
        return unread(self.judged.broken)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what was not checked of a change."""
        return (f"not checked without a cluster: {UNCHECKED}",) if self.outcome is not None else ()


def judge(session: Session, options: Options) -> Judged:
    """Ask the metrics and judge; raises Usage where nothing names them, OutsideError where they don't answer."""
    from bos_tools.change.ground import of_work_tree

    moment = _moment(options.at)
    ground = of_work_tree(session.root, moment, is_replay=options.at is not None)
    env = ground.tree.environment_name(options.env)
    with server(ground.tree, env, options.prometheus) as asked:
        found, broken = _judged(ground, env, asked)
    for warning in asked.warnings:
        session.tell(f"Prometheus warns: {warning}")
    return Judged(env, moment, asked.url, tuple(found), broken)


def propose(session: Session, options: Options, judged: Judged) -> Recommended:
    """Propose what is due, with --pr; nothing is where nothing is due."""
    intent = _intent(judged) if options.pr else None
    how = Landing(dry_run=options.dry_run, pr=options.pr, remote=options.remote, branch=options.branch)
    return Recommended(judged, land(session, intent, how) if intent is not None else None, options.dry_run)


def _intent(judged: Judged) -> "Intent | None":
    """Return one change of all that is due; None where nothing is."""
    from decimal import Decimal

    from bos_tools.intents.grow import Grow, Wish
    from bos_tools.intents.together import Together
    from bos_tools.storage.recommend import Verdict
    from bos_tools.tree.quantity import written

    env = judged.env
    due = [(one.volume.name, written(Decimal(one.target)), one.reasons[0]) for one in judged.claims
           if one.verdict is Verdict.due and one.target]  # fmt: skip
    grows = [Grow(env, name, Wish.read(size), reason) for name, size, reason in due]
    if not grows:
        return None
    (name, size, _), more = due[0], len(due) - 1
    title = f"Grow {name} to {size}{f' and {more} more' if more else ''} in {env}"
    return Together(title, tuple(grows), kind="recommended")


def _judged(ground: "Ground", env: str, server: "Prometheus") -> "tuple[list[Recommendation], Broken]":
    from bos_tools.storage import usage as metrics
    from bos_tools.storage.budget import room
    from bos_tools.storage.growth import growth
    from bos_tools.storage.named import readable
    from bos_tools.storage.recommend import Holds, Subject, recommend, worst
    from bos_tools.tree.quantity import GIB

    tree, moment = ground.tree, ground.at
    rules = growth(tree, env)
    kept, broken = readable(tree, env)
    since = moment - timedelta(hours=rules.longest)
    grown = {unit: ground.growths(env, unit.service, since) for unit in dict.fromkeys(one.unit for one in kept)}
    at = moment.timestamp()
    filled = {space: metrics.filled(server, space, at) for space in sorted({one.namespace for one in kept})}
    found = []
    for one in kept:
        planned = tree.plan(one.unit.service)
        top = planned.range(one.name)
        subject = Subject(
            one.unit.service, one.name, int(one.size), one.storage_class or "", top[1] * GIB if top else None
        )
        held = metrics.held(server, one.namespace, at) if planned.holds_wal(one.name) else None
        holds = Holds(held.reasons, held.is_known) if held is not None else None
        left = room(grown[one.unit], one.id, rules.of(subject.storage_class), moment)
        evidence = _evidence(one, filled[one.namespace])
        found.append(worst([recommend(subject, each, rules, left, at, holds) for each in evidence]))
    return found, broken


def _evidence(volume: "Volume", filled: Mapping[str, Mapping[str, "tuple[Point, ...]"]]) -> "list[Evidence]":
    """Return what the metrics know of each claim of a volume, nothing for one without a series."""
    from bos_tools.storage.recommend import Evidence

    pattern, count = _claims(volume)
    names = [name for name in filled if re.fullmatch(pattern, name)]
    return [Evidence(**filled[name]) for name in names] + [Evidence()] * (count - len(names))


def _claims(volume: "Volume") -> tuple[str, int]:
    """Return a pattern of the names of a volume's claims in the cluster, and how many there are."""
    from bos_tools.storage.volumes import DATABASE

    if volume.kind == DATABASE:  # CloudNativePG numbers its claims, and counts on when it makes one anew
        said = volume.sizes[0].object.data["spec"].get("instances")
        part = "" if volume.role == "PG_DATA" else "-wal"
        return rf"{re.escape(volume.owner)}-[0-9]+{part}", said if isinstance(said, int) else 1
    return "|".join(map(re.escape, volume.claims)), max(1, len(volume.claims))


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        said = datetime.fromisoformat(text)
    except ValueError as error:
        raise Usage(f"this is no moment: {text!a}", reason="bad-time", hint="2026-11-20T03:00Z, for example") from error
    return said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC)

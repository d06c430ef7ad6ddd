"""Review a change: what it does to each environment, what is wrong with it, and what must be meant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

from bos_tools.verbs.options import Envs, Option
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.doors.git import Git
    from bos_tools.impact.affected import Affected
    from bos_tools.impact.blockers import Blocker
    from bos_tools.impact.compare import Compared
    from bos_tools.impact.groups import Section
    from bos_tools.impact.images import Moved
    from bos_tools.impact.judge import ObjectChange
    from bos_tools.render.kustomize import Renderer
    from bos_tools.review.findings import Finding
    from bos_tools.review.world import Recovered
    from bos_tools.tree.layout import Tree

USUAL = ("origin/HEAD", "origin/main", "main")
"""What a branch is for where nobody says it: the first that is there."""


@dataclass(frozen=True)
class Options:
    """What to review."""

    base: Annotated[str | None, Option("What the branch is for; default: the remote's main branch.", metavar="REV")] = (
        None
    )
    head: Annotated[str | None, Option("What is reviewed; default: the work tree.", metavar="REV")] = None
    env: Envs = None


class Verdict(StrEnum):
    """What a review comes to."""

    passed = "pass"
    attention = "attention"
    """Something is taken away, made anew, or warned of: look at it."""
    blocked = "blocked"


@dataclass(frozen=True)
class Stopped:
    """What blocks, with the line of a commit's message that says that it is meant."""

    blocker: "Blocker"
    acknowledge: str


@dataclass(frozen=True)
class Meant:
    """What would block, and the newest commit of the branch that says that it is meant."""

    blocker: "Blocker"
    commit: str


@dataclass(frozen=True)
class Image:
    """An image that moves, and whether its environment has had it before."""

    moved: "Moved"
    in_environment_before: bool | None
    """None where a shallow clone does not know."""


@dataclass(frozen=True)
class Found:
    """A finding, and whether it is this change's."""

    finding: "Finding"
    new: bool


@dataclass(frozen=True)
class Reviewed(Result):
    """What a change does and what is wrong with it."""

    base: str
    head: str | None
    """The commit, None for the work tree."""
    affected: "Affected"
    changes: "tuple[ObjectChange, ...]"
    images: tuple[Image, ...]
    findings: tuple[Found, ...]
    blockers: tuple[Stopped, ...]
    unread: tuple[str, ...] = ()
    """Why units are not among the changes."""
    meant: tuple[Meant, ...] = ()
    """What commits of the branch acknowledge."""

    @property
    def verdict(self) -> Verdict:
        """Return what it comes to."""
        new = [found.finding.severity for found in self.findings if found.new]
        if self.blockers or "error" in new:
            return Verdict.blocked
        if new or self.unread or any(one.is_notable for one in self.changes):
            return Verdict.attention
        return Verdict.passed

    @property
    def sections(self) -> "list[Section]":
        """Return the changes as they are read: what is the same in several environments once."""
        from bos_tools.impact.groups import sections

        said = {id(one.difference): (one.danger, one.why) for one in self.changes}
        return sections([one.difference for one in self.changes], lambda one: said[id(one)])

    @property
    def notes(self) -> Sequence[str]:
        """Say of which units nothing is told."""
        return self.unread

    @property
    def exit_code(self) -> Literal[0, 1]:
        """Return 1 for what is blocked."""
        return 1 if self.verdict is Verdict.blocked else 0


def run(session: Session, options: Options) -> Reviewed:
    """Review the change from the common commit of base and head; raises Usage for an unknown revision."""
    from bos_tools.change import ledger
    from bos_tools.change.recovery import recovered
    from bos_tools.doors.git import Git
    from bos_tools.impact.blockers import blockers
    from bos_tools.impact.compare import compare
    from bos_tools.impact.images import moved
    from bos_tools.impact.judge import judged
    from bos_tools.impact.setting import settings
    from bos_tools.render.kustomize import Renderer
    from bos_tools.tree.layout import Tree

    door, renderer = Git(session.root), Renderer()
    head = door.resolve(options.head) if options.head is not None else None
    tip = head or door.resolve("HEAD")
    base = door.merge_base(_base(door, options.base), tip)
    old, new = Tree(door.at(base)), session.tree() if head is None else Tree(door.at(head))
    env = new.environment_name(options.env) if options.env is not None else None
    compared = compare(old, new, renderer, env)
    envs = dict.fromkeys(one.unit.env for one in compared.differences)
    taken_back = recovered(door, base, tip) if envs else {}
    shown = {volume for volume, is_shown in taken_back.items() if is_shown}
    there = settings(old, new, renderer, envs, shown)
    changes = tuple(judged(one, there[one.unit.env]) for one in compared.differences)
    said = {
        line: commit.sha
        for commit in reversed(door.log(f"{base}..{tip}"))
        for line in ledger.acknowledged([commit.message])
    }
    stopped = [Stopped(one, ledger.acknowledgement(one.said)) for one in blockers(changes, there)]
    return Reviewed(
        base,
        head,
        compared.affected,
        changes,
        tuple(_image(door, base, one) for one in moved(compared.differences)),
        tuple(_findings((old, new), renderer, compared, env, taken_back)),
        tuple(one for one in stopped if one.acknowledge not in said),
        tuple(f"{unit.folder} is not compared: {error}" for unit, error in compared.unread),
        tuple(Meant(one.blocker, said[one.acknowledge]) for one in stopped if one.acknowledge in said),
    )


def _base(door: "Git", said: str | None) -> str:
    from bos_tools.errors import Usage

    if said is not None:
        return door.resolve(said)
    for name in USUAL:
        try:
            return door.resolve(name)
        except Usage:
            continue
    raise Usage(
        f"nothing says what this branch is for: no {', no '.join(USUAL)}", reason="usage", hint="say --base REV"
    )


def _image(door: "Git", base: str, one: "Moved") -> Image:
    from bos_tools.change.stood import stood

    return Image(one, stood(door, base, one.unit, one.reference) if one.reference is not None else False)


def _findings(
    trees: "tuple[Tree, Tree]",
    renderer: "Renderer",
    compared: "Compared",
    env: str | None,
    taken_back: "Recovered",
) -> Iterator[Found]:
    """Yield what the rules find; what they find on the base as well is not this change's.

    The base is judged only where something is found, and the change only in the environments that it reaches.
    """
    from bos_tools.review import engine
    from bos_tools.review.findings import merged

    old, new = trees
    found = engine.check(new, renderer, env)
    there = env if env is None or env in old.settings.environments else None
    before = {_cause(one) for one in (engine.check(old, renderer, there) if found else ())}
    yield from (Found(one, _cause(one) not in before) for one in found)
    reached = dict.fromkeys(unit.env for unit in compared.affected.units)
    judged = merged(one for name in reached for one in engine.judge(old, new, renderer, name, taken_back))
    yield from (Found(one, new=True) for one in judged)


def _cause(one: "Finding") -> tuple[str, str, str, str]:
    """Return what makes a finding the same one, on whatever line it stands now."""
    return one.rule, one.path, one.object, one.message

"""Hold the repository against the rules, and a change against those of a change."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from bos_tools.verbs.options import Envs, Offers, Option
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.render.kustomize import Renderer
    from bos_tools.review.findings import Finding
    from bos_tools.review.registry import Rule
    from bos_tools.tree.layout import Tree


@dataclass(frozen=True)
class Options:
    """What to judge, or which rule to explain."""

    env: Annotated[
        Envs, Option("One environment only.", ("--env", "-e"), idle_with=("explain",), offers=Offers.environments)
    ] = None
    explain: Annotated[str | None, Option("Say what a rule holds, and why.", metavar="ID")] = None
    against: Annotated[
        str | None,
        Option("Judge the change since the common commit with REV, too.", metavar="REV", idle_with=("explain",)),
    ] = None
    own_rules: Annotated[
        bool,
        Option(
            "Run the rules that the repository brings, too: code of whoever wrote its commits. "
            "BOS_OWN_RULES=1 says the same.",
            ("--own-rules",),
        ),
    ] = False


@dataclass(frozen=True)
class OwnRules:
    """The files of rules that the repository brings."""

    files: tuple[str, ...]
    ran: bool


@dataclass(frozen=True)
class Checked(Result):
    """What the rules found."""

    findings: tuple["Finding", ...]
    rules: int
    """How many rules judged."""
    own: OwnRules

    @property
    def notes(self) -> tuple[str, ...]:
        """Say which rules did not run."""
        if self.own.ran or not self.own.files:
            return ()
        return (
            f"not run, because they are code of this repository: {', '.join(self.own.files)}",
            "hint: `--own-rules` runs them, where you trust who wrote them",
        )

    @property
    def exit_code(self) -> int:
        """Return 1 when there is a finding."""
        return 1 if self.findings else 0


@dataclass(frozen=True)
class Explained(Result):
    """One rule."""

    rule: "Rule"


def explain(session: Session, options: Options) -> Explained:
    """Return the rule that is asked for; raises Usage for an id that is none."""
    from bos_tools.review import engine

    own = _own(session.tree()) if _runs_own(options) else []
    return Explained(engine.explain(options.explain or "", own))


def run(session: Session, options: Options) -> Checked:
    """Judge the work tree, and the change from a revision where one is named."""
    from bos_tools.render.kustomize import Renderer
    from bos_tools.review import engine
    from bos_tools.review.registry import Scope

    tree, renderer = session.tree(), Renderer()
    own = _own(tree) if _runs_own(options) else []
    judges = engine.of(Scope.environment, own)
    findings = engine.check(tree, renderer, options.env, judges)
    if options.against is not None:
        of_a_change = engine.of(Scope.change, own)
        findings += _change(session, tree, renderer, options, of_a_change)
        judges += of_a_change
    return Checked(tuple(findings), len(judges), OwnRules(tree.settings.rules, _runs_own(options)))


def _runs_own(options: Options) -> bool:
    """Tell whether somebody outside of the repository asks for its own rules."""
    return options.own_rules or os.environ.get("BOS_OWN_RULES") == "1"


def _own(tree: "Tree") -> "list[Rule]":
    from bos_tools.review import own

    return own.load(tree)


def _change(
    session: Session, tree: "Tree", renderer: "Renderer", options: Options, rules: "list[Rule]"
) -> "list[Finding]":
    """Return what is wrong with the change from the commit that this branch and a revision have in common."""
    from bos_tools.change.recovery import recovered
    from bos_tools.doors.git import Git
    from bos_tools.review import engine
    from bos_tools.tree.layout import Tree as Read

    door = Git(session.root)
    base = door.merge_base(door.resolve(options.against or "HEAD"), "HEAD")
    taken_back = recovered(door, base, door.resolve("HEAD"))
    return engine.judge(Read(door.at(base)), tree, renderer, options.env, taken_back, rules)

"""Hold the repository against the rules, and a change against those of a change."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from bos_tools.verbs.options import Envs, Option
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

    env: Annotated[Envs, Option("One environment only.", ("--env", "-e"), idle_with=("explain",))] = None
    explain: Annotated[str | None, Option("Say what a rule holds, and why.", metavar="ID")] = None
    against: Annotated[
        str | None,
        Option("Judge the change since the common commit with REV, too.", metavar="REV", idle_with=("explain",)),
    ] = None


@dataclass(frozen=True)
class Checked(Result):
    """What the rules found."""

    findings: tuple["Finding", ...]
    rules: int
    """How many rules judged."""

    @property
    def exit_code(self) -> int:
        """Return 1 when there is a finding."""
        return 1 if self.findings else 0


@dataclass(frozen=True)
class Explained(Result):
    """One rule."""

    rule: "Rule"


def explain(identity: str) -> Explained:
    """Return a rule by its id; raises Usage for an id that is none."""
    from bos_tools.review import engine

    return Explained(engine.explain(identity))


def run(session: Session, options: Options) -> Checked:
    """Judge the work tree, and the change from a revision where one is named."""
    from bos_tools.render.kustomize import Renderer
    from bos_tools.review import engine
    from bos_tools.review.registry import Scope

    tree, renderer = session.tree(), Renderer()
    findings = engine.check(tree, renderer, options.env)
    count = len(engine.of(Scope.environment))
    if options.against is not None:
        findings += _change(session, tree, renderer, options.env, options.against)
        count += len(engine.of(Scope.change))
    return Checked(tuple(findings), count)


def _change(session: Session, tree: "Tree", renderer: "Renderer", env: str | None, revision: str) -> "list[Finding]":
    """Return what is wrong with the change from the commit that this branch and a revision have in common."""
    from bos_tools.change import ledger
    from bos_tools.doors.git import Git
    from bos_tools.review import engine
    from bos_tools.tree.layout import Tree as Read

    door = Git(session.root)
    base = door.merge_base(door.resolve(revision), "HEAD")
    recovered = ledger.recovered(commit.message for commit in door.log(f"{base}..HEAD"))
    return engine.judge(Read(door.at(base)), tree, renderer, env, recovered)

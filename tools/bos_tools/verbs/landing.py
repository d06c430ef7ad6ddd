"""How every change lands: the proof, the work tree, a commit, the remote branch, or a pull request into it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from bos_tools.errors import Usage
from bos_tools.verbs.options import Option
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from bos_tools.change.pipeline import Outcome
    from bos_tools.intents.plan import Intent

DRY_RUN = Option("Stop after the proof; write nothing.", ("--dry-run",))
REMOTE = Option("Where --push and --pr go; default: what the checked out branch tracks.", needs=("push", "pr"))
BRANCH = Option("The branch of --push and --pr, as git shows it; default: as --remote.", needs=("push", "pr"))


@dataclass(frozen=True)
class Landing:
    """How far a change goes."""

    dry_run: Annotated[bool, DRY_RUN] = False
    commit: Annotated[bool, Option("Commit the edit on the current branch.", ("--commit",))] = False
    push: Annotated[
        bool,
        Option("Commit on the remote branch's head and push; the work tree stays as it is.", ("--push",)),
    ] = False
    pr: Annotated[
        bool, Option("Propose it: a branch of its own, a push, and one pull request into --branch.", ("--pr",))
    ] = False
    remote: Annotated[str | None, REMOTE] = None
    branch: Annotated[str | None, BRANCH] = None

    def __post_init__(self) -> None:
        if self.pr and (self.commit or self.push):
            raise Usage("--pr goes alone: it commits and pushes a branch of its own", reason="usage")
        if self.commit and self.push:
            raise Usage("--commit and --push exclude each other: --push commits on the remote's head", reason="usage")


@dataclass(frozen=True)
class Landed(Result):
    """What a change did, or with a dry run would do."""

    outcome: "Outcome"
    is_dry_run: bool
    unchecked: str = ""
    """What nobody looked at, for want of a cluster."""
    unknown: tuple[str, ...] = ()
    """What the account may not ask the cluster, each with the right that it needs."""

    @property
    def stands(self) -> str:
        """Return where the change is now; nothing after a dry run, or where all is so already."""
        outcome, title = self.outcome, self.outcome.plan.title
        if self.is_dry_run or not outcome.plan.files:
            return ""
        if outcome.pull_request:
            made = outcome.pull_request
            return f"{title}: pull request #{made.number}, {made.action}: {made.url}"
        if outcome.commit:
            where = f" on {outcome.where}" if outcome.where else ""
            return f"{title}: {outcome.commit[:12]}{where}" + (f", try {outcome.tries}" if outcome.tries > 1 else "")
        return f"{title}: written to {', '.join(outcome.plan.files)}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what was not checked."""
        missed = (f"not checked without a cluster: {self.unchecked}",) if self.unchecked else ()
        return (*missed, *(f"not known: {one}" for one in self.unknown))


def land(session: Session, intent: "Intent", how: Landing) -> "Outcome":
    """Take an intent as far as the options say; every change goes through here."""
    from bos_tools.change import afterwards, pipeline

    root = session.root
    if how.pr:
        outcome = _propose(root, intent, how)
    elif how.push:
        outcome = pipeline.push(intent, root, remote=how.remote, branch=how.branch, dry_run=how.dry_run)
    else:
        outcome = pipeline.edit_work_tree(intent, root, dry_run=how.dry_run, commit=how.commit)
    return outcome if how.dry_run else afterwards.told(root, outcome)


def _propose(root: "Path", intent: "Intent", how: Landing) -> "Outcome":
    from bos_tools.change.propose import propose
    from bos_tools.doors import remote as remotes
    from bos_tools.doors.forges.find import forge_of
    from bos_tools.doors.git import Git
    from bos_tools.doors.tracking import destination

    door = Git(root)
    where = destination(door, how.remote, how.branch)
    return propose(intent, root, forge_of(remotes.address(door, where.remote)), where, dry_run=how.dry_run)

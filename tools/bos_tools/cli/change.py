"""What every command that changes the repository shares: its options, how it lands, what it reports."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bos_tools.cli import output
from bos_tools.errors import Usage

if TYPE_CHECKING:
    from bos_tools.change.pipeline import Outcome, Proposed
    from bos_tools.intents.plan import Effect, Intent, Plan
    from bos_tools.render.diff import Change

DryRun = Annotated[bool, typer.Option("--dry-run", help="Stop after the proof; write nothing.")]
Commit = Annotated[bool, typer.Option("--commit", help="Commit the edit on the current branch.")]
Push = Annotated[
    bool, typer.Option("--push", help="Commit on the remote branch's head and push; the work tree stays as it is.")
]
Pr = Annotated[
    bool, typer.Option("--pr", help="Propose it: a branch of its own, a push, and one pull request into --branch.")
]
Remote = Annotated[str, typer.Option(help="Where --push and --pr go.")]
Branch = Annotated[
    str | None, typer.Option(help="The branch of --push and --pr; default: the one checked out.", show_default=False)
]

SHORT = 12
"""Lines of a new file that are shown, such as a patch with a size; of a longer one the name is enough."""


@dataclass(frozen=True)
class Landing:
    """How far a change goes: the proof, the work tree, a commit, the remote branch, or a pull request into it."""

    dry_run: bool = False
    commit: bool = False
    push: bool = False
    remote: str = "origin"
    branch: str | None = None
    pr: bool = False

    def __post_init__(self) -> None:
        if self.pr and (self.commit or self.push):
            raise Usage("--pr goes alone: it commits and pushes a branch of its own", reason="usage")
        if self.commit and self.push:
            raise Usage("--commit and --push exclude each other: --push commits on the remote's head", reason="usage")


def land(context: typer.Context, intent: "Intent", how: Landing) -> "Outcome":
    """Take an intent as far as the options say; every change goes through here."""
    from bos_tools.change import pipeline

    root = context.obj.root
    if how.pr:
        return _propose(root, intent, how)
    if how.push:
        return pipeline.push(intent, root, remote=how.remote, branch=how.branch, dry_run=how.dry_run)
    return pipeline.edit_work_tree(intent, root, dry_run=how.dry_run, commit=how.commit)


def _propose(root: Path, intent: "Intent", how: Landing) -> "Outcome":
    from bos_tools.change.propose import propose
    from bos_tools.doors import remote as remotes
    from bos_tools.doors.forges.find import forge_of
    from bos_tools.doors.git import Git

    forge = forge_of(remotes.address(Git(root), how.remote))
    return propose(intent, root, forge, remote=how.remote, branch=how.branch, dry_run=how.dry_run)


def report(outcome: "Outcome", form: output.Format, how: Landing) -> None:
    """Show the files' diff and the proof, or say that all is so already."""
    if form is output.Format.json:
        output.document(as_json(outcome))
        return
    plan = outcome.plan
    if not plan.files:
        said = ", ".join(_so_already(effect) for effect in plan.effects[:4])
        more = f" and {len(plan.effects) - 4} more" if len(plan.effects) > 4 else ""
        output.words(f"already so, in the files and in the render: {said}{more}")
        return
    _show_diff(plan)
    output.data("")
    output.data(f"proved in the render of {', '.join(outcome.proof.folders)}:")
    _show_effects(outcome.proof.changes)
    if outcome.pull_request:
        _show_pull_request(outcome.pull_request, is_done=not how.dry_run)
    if how.dry_run:
        output.words("dry run: nothing was written")
    elif outcome.commit:
        output.words(f"{plan.title}: {outcome.commit[:12]}" + (f", try {outcome.tries}" if outcome.tries > 1 else ""))


def _show_pull_request(proposed: "Proposed", *, is_done: bool) -> None:
    which = f"pull request #{proposed.number}" if proposed.number else "a pull request"
    action = proposed.action if is_done or proposed.action == "unchanged" else f"would be {proposed.action}"
    output.data("")
    output.data(f"{which}, {action}: {proposed.url or proposed.branch}")
    for number in proposed.superseded:
        output.data(f"pull request #{number}, {'closed' if is_done else 'would be closed'}: this one supersedes it")


def _so_already(effect: "Effect") -> str:
    new = getattr(effect, "new", None) or effect.object  # type: ignore[union-attr]  # an image effect has `new`
    return f"{effect.unit.env}/{effect.unit.service} {new}"


def _show_diff(plan: "Plan") -> None:
    from difflib import unified_diff

    for path, (old, new) in plan.files.items():
        before, after = ((side or b"").decode().splitlines() for side in (old, new))
        if (old is None or new is None) and len(before or after) > SHORT:
            output.data(f"{'new file' if old is None else 'removed'}: {path}  ({len(before or after)} lines)")
            continue
        names = (f"a/{path}" if old is not None else "/dev/null", f"b/{path}" if new is not None else "/dev/null")
        for line in unified_diff(before, after, *names, lineterm="", n=1):
            colour = {"+": output.GREEN, "-": output.RED}.get(line[:1])
            output.data(output.paint(line, colour) if colour and line[:3] not in ("+++", "---") else line)


def _show_effects(changes: "tuple[Change, ...]") -> None:
    """Show each field that changes; an object that comes or goes as a whole is one line."""
    whole = {change.object: change for change in changes if change.field == "kind"}
    for change in changes:
        if change.object not in whole:
            output.data(f"  {change.object}  {change.field}")
            output.data(f"    {output.absent(change.old)} -> {output.absent(change.new)}")
        elif change.field == "kind":
            output.data(f"  {change.object}  {'new' if change.old is None else 'removed'}")


def as_json(outcome: "Outcome") -> dict[str, object]:
    """Return the contract of a change's `--output json`, as the README documents it."""
    plan = outcome.plan
    return {
        "changed": bool(plan.files),
        "edits": [
            {"path": e.path, "env": e.env, "service": e.service, "field": e.field, "old": e.old, "new": e.new}
            for e in plan.edits
        ],
        "effects": [{"object": c.object, "field": c.field, "old": c.old, "new": c.new} for c in outcome.proof.changes],
        "commit": outcome.commit,
        "pull_request": asdict(outcome.pull_request) if outcome.pull_request else None,
    }

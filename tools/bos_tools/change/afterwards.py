"""What is left to a person once a change has landed: the command for the work tree, where it needs one."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bos_tools.change.pipeline import Outcome
from bos_tools.doors.files import WorkTree
from bos_tools.errors import BosError

if TYPE_CHECKING:
    from bos_tools.doors.git import Git


def told(root: Path, outcome: Outcome) -> Outcome:
    """Return an outcome with what there is left to do; what can't be found out is not said, for the change is done."""
    with suppress(BosError):
        return replace(outcome, then=_then(root, outcome))
    return outcome


def _then(root: Path, outcome: Outcome) -> str:
    if not outcome.plan.files or outcome.pull_request is not None:
        return ""
    if outcome.commit is None:
        return "it is in the work tree; the same command with --commit commits it"
    from bos_tools.doors.git import Git

    if outcome.where is not None:
        return _pull(Git(root), outcome)
    return "no branch holds this commit: `git switch -c NAME` keeps it" if Git(root).branch() is None else ""


def _pull(door: "Git", outcome: Outcome) -> str:
    """Return what brings a pushed commit into the work tree, which the push has left as it was."""
    from bos_tools.doors.tracking import upstream

    where, commit = outcome.where, str(outcome.commit)
    if upstream(door) != where:
        return "the work tree is as it was, and its branch tracks another one"
    source, new = WorkTree(door.root), {path: made for path, (_, made) in outcome.plan.files.items()}
    waiting = [path for path in door.differs_from_head(list(new)) if source.read(path) == new[path]]
    undo = f"git restore {' '.join(f':/{door.prefix}{path}' for path in waiting)} && " if waiting else ""
    pull = "git pull" if door.is_ancestor("HEAD", commit) else "git pull --rebase"
    return f"the work tree is as it was: `{undo}{pull}` brings the commit"

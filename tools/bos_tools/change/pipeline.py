"""Plan, write, prove, commit, push: the one way in which an intent becomes a change."""

import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bos_tools.change.prove import Proof, prove
from bos_tools.doors import files
from bos_tools.errors import BosError, OutsideError, Refused
from bos_tools.intents.plan import Intent, Plan
from bos_tools.render.kustomize import Renderer
from bos_tools.tree.layout import Tree

if TYPE_CHECKING:
    from bos_tools.doors.git import Git

PUSH_DEADLINE = 300.0
"""Seconds to keep trying against other writers; 60 of them took a fraction of it (tests/bench)."""
LONGEST_PAUSE = 2.0


@dataclass(frozen=True)
class Outcome:
    """What a change did, or with a dry run would do."""

    plan: Plan
    proof: Proof
    commit: str | None = None
    tries: int = 1


def edit_work_tree(intent: Intent, root: Path, *, dry_run: bool = False, commit: bool = False) -> Outcome:
    """Apply an intent to the user's work tree, proved, and commit it if asked.

    Raises BosError; then every file is as it was.
    """
    with files.lock(root):
        source = files.WorkTree(root)
        tree = Tree(source)
        plan = intent.plan(tree)
        door = _door(root) if commit and plan.files and not dry_run else None
        if door is not None and (dirty := door.differs_from_head(list(plan.files))):
            raise Refused(
                f"the file has changes of yours that no commit holds: {dirty[0]}",
                reason="dirty-file",
                hint="commit or stash them first, or leave out --commit",
            )
        proof = prove(tree, plan, Renderer())
        if dry_run or not plan.files:
            return Outcome(plan, proof)
        _write(root, plan)
        if door is None:
            return Outcome(plan, proof)
        try:
            return Outcome(plan, proof, door.commit_paths(list(plan.files), message(plan)))
        except BosError:
            _write(root, plan, back=True)
            raise


def _door(root: Path) -> "Git":
    from bos_tools.doors.git import Git

    return Git(root)


def _write(root: Path, plan: Plan, *, back: bool = False) -> None:
    """Replace the files one by one; what fails half-way is put back."""
    done: list[str] = []
    try:
        for path, (old, new) in plan.files.items():
            files.replace(root, path, *((new, old) if back else (old, new)))
            done.append(path)
    except BosError:
        for path in done if not back else []:
            files.replace(root, path, plan.files[path][1], plan.files[path][0])
        raise


def push(intent: Intent, root: Path, *, remote: str, branch: str | None, dry_run: bool = False) -> Outcome:
    """Land an intent on a remote branch without touching the user's work tree or index.

    A lost race fetches, plans the intent again on the new head, proves it there and pushes; text is never rebased.
    Raises Refused when the intent does not hold on the new head or the remote says no, OutsideError after the deadline.
    """
    from bos_tools.doors.git import LostRace

    door = _door(root)
    deadline = time.monotonic() + PUSH_DEADLINE
    tries = 0
    with door.fetched(remote, branch or door.default_branch()) as target:
        while True:
            tries += 1
            head = target.head()
            tree = Tree(door.at(head))
            plan = intent.plan(tree)
            proof = prove(tree, plan, Renderer())
            if dry_run or not plan.files:
                return Outcome(plan, proof, tries=tries)
            new = {path: data for path, (_, data) in plan.files.items()}
            commit = door.commit_on(head, new, message(plan))
            try:
                target.push(commit)
            except LostRace:
                if time.monotonic() > deadline:
                    raise OutsideError(
                        f"other writers were faster {tries} times: {target.branch}", reason="race-lost", hint="run it again"
                    ) from None
                time.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.02 * 2 ** min(tries, 8))))  # noqa: S311 -- jitter
            else:
                return Outcome(plan, proof, commit, tries)


def message(plan: Plan) -> str:
    """Return the commit message: a subject, and one trailer an edit for those who read the log by program."""
    trailers = [
        f"Bos-Edit: {edit.env}/{edit.service} {edit.field} {edit.old or '-'} -> {edit.new or '-'}"
        for edit in plan.edits
    ]
    return "\n".join([plan.title, "", *trailers, ""])

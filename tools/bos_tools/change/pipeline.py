"""Plan, write, prove, commit, push: the one way in which an intent becomes a change."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bos_tools.change import race
from bos_tools.change.ground import Clock, now, of_commit, of_work_tree
from bos_tools.change.ledger import message, of_one_run
from bos_tools.change.prove import Proof, prove
from bos_tools.change.verify import verify
from bos_tools.doors import files, private
from bos_tools.errors import BosError, OutsideError, Refused, RepositoryError
from bos_tools.intents.plan import Intent, Plan
from bos_tools.render.kustomize import Renderer
from bos_tools.tree.layout import Tree
from bos_tools.tree.source import Edited

if TYPE_CHECKING:
    from bos_tools.doors.git import Git
    from bos_tools.doors.remote import Branch
    from bos_tools.doors.tracking import Destination


class Proposed(Struct, frozen=True):
    """The pull request that holds a change; with a dry run, what it would be."""

    number: int | None
    url: str | None
    branch: str
    action: str
    """`opened`, `updated` or `unchanged`."""
    superseded: tuple[int, ...] = ()
    """The numbers of those that it closed."""


class Outcome(Struct, frozen=True):
    """What a change did, or with a dry run would do."""

    plan: Plan
    proof: Proof
    commit: str | None = None
    tries: int = 1
    pull_request: Proposed | None = None
    where: "Destination | None" = None
    """The remote branch that it went to, or would go to."""
    then: str = ""
    """What is left to the person, nothing where all is done."""


def edit_work_tree(
    intent: Intent, root: Path, *, dry_run: bool = False, commit: bool = False, clock: Clock = now
) -> Outcome:
    """Apply an intent to the user's work tree, proved, and commit it if asked.

    Raises BosError; then every file is as it was.
    """
    if dry_run:  # it writes nothing, and waits for nobody
        return _proved(intent, root, clock)
    with private.lock(root):
        files.sweep(root)
        if commit:
            return _commit(intent, root, clock)
        outcome = _proved(intent, root, clock)
        _write(root, outcome.plan.files)
        return outcome


def _proved(intent: Intent, root: Path, clock: Clock) -> Outcome:
    ground = of_work_tree(root, clock())
    plan = intent.plan(ground)
    return Outcome(plan, prove(ground.tree, plan, Renderer()))


def _commit(intent: Intent, root: Path, clock: Clock) -> Outcome:
    """Edit the work tree and commit the edit, without anything else of the user's.

    A file that holds this very edit already, such as after `bump` and then `bump --commit`, is committed as it is.
    """
    from bos_tools.doors.git import Git

    door = Git(root)
    ground = of_work_tree(root, clock())
    source = ground.tree.source
    plan = intent.plan(ground)
    dirty = door.differs_from_head(list(dict.fromkeys([*plan.files, *plan.kept, *(e.path for e in plan.effects)])))
    there = {path: source.read(path) for path in dirty}
    ground = ground.under(Tree(Edited(source, {path: door.committed(path) for path in dirty})))
    try:
        plan = intent.plan(ground) if dirty else plan
    except RepositoryError as error:  # without what no commit holds there is nothing to plan on
        raise _merging(door) or _dirty(dirty[0]) from error
    if foreign := [path for path in dirty if path not in plan.files or there[path] != plan.files[path][1]]:
        raise _merging(door) or _dirty(foreign[0])
    proof = prove(ground.tree, plan, Renderer())
    if not plan.files:
        return Outcome(plan, proof)
    missing = {path: change for path, change in plan.files.items() if path not in there}
    _write(root, missing)
    try:
        commit = door.commit_paths(list(plan.files), message(plan), ground.at)
    except BaseException as error:  # a hook said no, the user interrupted it, or a killed run's git was still at it
        landed = [path for path, (_, new) in plan.files.items() if door.committed(path) == new]
        for path, (old, _) in missing.items():
            if path not in landed:
                files.restore(root, path, old)
        if len(landed) < len(plan.files) or not isinstance(error, BosError):
            if isinstance(error, BosError) and (merging := _merging(door)) is not None:
                raise merging from error
            raise
        commit = door.resolve("HEAD")
    verify(door, root, plan, commit, missing)
    return Outcome(plan, proof, commit)


def _merging(door: "Git") -> Refused | None:
    """Return the refusal for a merge that is under way, with the files that it has left; None without one."""
    files = door.merging()
    if files is None:
        return None
    return Refused(
        f"an unresolved merge: {', '.join(files[:4])}{' …' if files[4:] else ''}" if files else "a merge is under way",
        reason="unresolved-merge",
        hint="`git merge --continue` ends it, once its files are settled and added; `git merge --abort` gives it up",
    )


def _dirty(path: str) -> Refused:
    return Refused(
        f"the file has changes of yours that no commit holds: {path}",
        reason="dirty-file",
        hint="commit or stash them first, or leave out --commit",
    )


def _write(root: Path, changes: Mapping[str, tuple[bytes | None, bytes | None]]) -> None:
    """Replace the files one by one; what fails half-way is put back."""
    done: list[str] = []
    try:
        for path, (old, new) in changes.items():
            files.replace(root, path, old, new)
            done.append(path)
    except BaseException:
        for path in done:
            files.restore(root, path, changes[path][0])
        raise


def push(
    intent: Intent, root: Path, *, remote: str | None = None, branch: str | None = None,
    dry_run: bool = False, clock: Clock = now,
) -> Outcome:  # fmt: skip
    """Land an intent on a remote branch without touching the user's work tree or index.

    What is not named is where the checked out branch comes from (doors/tracking.py).
    A lost race fetches, plans the intent again on the new head, proves it there and pushes; text is never rebased.
    Raises Refused when the intent does not hold on the new head or the remote says no, OutsideError after the deadline.
    """
    from bos_tools.doors.git import Git
    from bos_tools.doors.tracking import destination

    door = Git(root)
    where = destination(door, remote, branch)

    def attempt(target: "Branch", tries: "race.Race[Outcome]") -> Outcome:
        return _try(intent, door, target, tries, clock, dry_run=dry_run)

    return replace(race.run(door, where, attempt), where=where)


def _try(
    intent: Intent, door: "Git", target: "Branch", tries: "race.Race[Outcome]", clock: Clock, *, dry_run: bool
) -> Outcome:
    head = target.head()
    tries.see(head)
    if (done := tries.landed(door, head)) is not None:
        return done
    revision = door.at(head)
    ground = of_commit(revision, clock())
    plan = intent.plan(ground)
    proof = prove(ground.tree, plan, Renderer())
    if dry_run or not plan.files:
        return Outcome(plan, proof, tries=tries.tries)
    contents = {path: new for path, (_, new) in plan.files.items()}
    commit = door.commit_on(revision, contents, _message(plan), ground.at)
    outcome = Outcome(plan, proof, commit, tries.tries)
    tries.sends(commit, outcome)
    try:
        target.push(commit)
    except OutsideError as unclear:
        _ask_for(target, tries, commit, unclear)
    return outcome


def _message(plan: Plan) -> str:
    """Return the message of a pushed commit; a size that two runs add to at once is added to twice."""
    import secrets

    return of_one_run(message(plan), secrets.token_hex(4)) if plan.resized else message(plan)


def _ask_for(target: "Branch", tries: "race.Race[Outcome]", commit: str, unclear: OutsideError) -> None:
    """Ask the remote whether a push with a bad answer has landed all the same; raises OutsideError where it has not."""
    try:
        head = target.head()
    except BosError as mute:
        raise _unknown(target, commit, unclear) from mute
    if tries.landed(target.door, head) is not None:
        return
    if unclear.reason == "timeout":  # the remote may still be at it
        raise _unknown(target, commit, unclear) from unclear
    raise unclear


def _unknown(target: "Branch", commit: str, unclear: OutsideError) -> OutsideError:
    return OutsideError(
        f"it is not known whether {commit[:12]} came to {target.name} of {target.remote}: {unclear.message}",
        reason="push-unclear",
        hint=f"before you run it again: git fetch {target.remote} && git branch --remotes --contains {commit[:12]}",
    )

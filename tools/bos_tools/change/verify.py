"""Hold a commit against what was proved: the user's hooks ran in between, and may have put something else into it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bos_tools.doors import files
from bos_tools.errors import CommandFailed, OutsideError, Refused
from bos_tools.intents.plan import Plan

if TYPE_CHECKING:
    from bos_tools.doors.git import Git

Contents = Mapping[str, tuple[bytes | None, bytes | None]]


def verify(door: "Git", root: Path, plan: Plan, commit: str, written: Contents) -> None:
    """Take a commit back that holds anything else than its plan, and say what and by whom.

    `written` are the files that this run wrote: they are put back.  What a hook wrote into other files of the work tree
    stays, for it is not ours.  Raises Refused; OutsideError where the commit could not be taken back.
    """
    said = door.run("diff-tree", "--no-commit-id", "--root", "-r", "-z", "--no-renames", commit).split("\0")
    blobs = {
        path.removeprefix(door.prefix): entry.split()[3] for entry, path in zip(said[::2], said[1::2], strict=False)
    }
    other = [path for path in blobs if path not in plan.files]
    rewritten = _rewritten(door, root, plan, blobs)
    if not other and not rewritten:
        return
    what = f"another {rewritten[0]} than was proved" if rewritten else f"{other[0]}, which is no part of the change"
    try:
        door.run("update-ref", "-m", "bos-tools: take back what was not proved", "HEAD", f"{commit}^", commit)
        door.run("reset", "--quiet", "--", *(f":(literal){path}" for path in [*plan.files, *other]))
    except CommandFailed as error:
        raise OutsideError(
            f"a hook put into the commit {commit[:12]} {what}, and it could not be taken back: {error.message}",
            reason="hook-changed",
            hint=f"look at it: git show {commit[:12]}",
        ) from error
    for path, (old, _) in written.items():
        files.restore(root, path, old)
    raise Refused(
        f"a hook put into the commit {what}: the commit was taken back",
        reason="hook-changed",
        hint="run the hook's program on the file first and commit that, or leave out --commit and commit by hand",
    )


def _rewritten(door: "Git", root: Path, plan: Plan, blobs: Mapping[str, str]) -> list[str]:
    """Return the files that a commit holds otherwise than the plan; what Git converts, as line ends, is none."""
    there = [path for path, (_, new) in plan.files.items() if new is not None]
    source = files.WorkTree(root)
    changed = [path for path in there if source.read(path) != plan.files[path][1]]
    same = [path for path in there if path not in changed]
    made = door.run(
        "hash-object", "--stdin-paths", stdin="".join(f"{door.prefix}{path}\n" for path in same).encode()
    ).split()
    return changed + [path for path, blob in zip(same, made, strict=True) if blobs.get(path) != blob]

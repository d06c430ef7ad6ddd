"""One remote branch: fetch its head, push a commit onto it, and tell a lost race from a refusal."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bos_tools.doors import private
from bos_tools.doors.git import Git
from bos_tools.doors.near import near
from bos_tools.doors.process import TIMEOUT
from bos_tools.errors import BosError, CommandFailed, Refused, Usage

RACES = re.compile(
    r"non-fast-forward|fetch first|cannot lock ref|incorrect old value provided|stale info"
    r"|failed to update ref|reference already exists|remote ref updated since checkout"
)
"""What git says when another writer was faster (decision 6)."""
OURS = "refs/bos-tools"
PROPOSALS = "bos-tools"
"""The folder of the branches that hold proposals."""


class LostRace(Exception):
    """Raised when another writer seems to have been faster; never leaves `change/`."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


@contextmanager
def fetched(door: Git, remote: str, name: str) -> Iterator["Branch"]:
    """Lend a remote branch, and remove the ref afterwards, and those that killed runs left behind."""
    host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname()) or "host"
    ref = f"{OURS}/{host}/{os.getpid()}-{os.urandom(6).hex()}"
    try:
        yield Branch(door, remote, name, ref)
    finally:
        with suppress(BosError):  # what stays is swept by the next run
            _sweep(door, f"{OURS}/{host}/", ref)


def _sweep(door: Git, folder: str, ref: str) -> None:
    found = door.run("for-each-ref", "--format=%(refname)", folder).split()
    stale = [
        name for name in found if name.startswith(ref) or not _is_alive(name.removeprefix(folder).partition("-")[0])
    ]
    if stale:
        door.run("update-ref", "--stdin", stdin="".join(f"delete {name}\n" for name in stale).encode())


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, ValueError, OverflowError):
        return True
    return True


def address(door: Git, remote: str) -> str:
    """Return the URL to which a remote's pushes go."""
    try:
        return door.run("remote", "get-url", "--push", "--", remote).strip()
    except CommandFailed:  # a URL in place of a remote's name
        return remote


class Branch:
    """A remote branch, fetched again and again under a ref that no other process uses."""

    def __init__(self, door: Git, remote: str, name: str, ref: str) -> None:
        self.door, self.remote, self.name, self.ref = door, remote, name, ref

    def head(self, timeout: float = TIMEOUT) -> str:
        """Fetch the branch, in so many seconds, and return its newest commit."""
        try:
            self.door.run(
                "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-prune",
                "--no-recurse-submodules", "--refmap=", "--", self.remote, f"+refs/heads/{self.name}:{self.ref}",
                timeout=timeout,
            )  # fmt: skip
        except CommandFailed as error:
            if "couldn't find remote ref" in error.stderr:
                raise Refused(
                    f"the remote has no such branch: {self.name!r}",
                    reason="unknown-branch",
                    hint=near(self.door, self.name) or "say --branch NAME",
                ) from error
            if "invalid refspec" in error.stderr:
                raise Usage(f"not a branch's name: {self.name!r}", reason="unknown-branch") from error
            if "shallow.lock': File exists" in error.stderr:  # two fetches in one shallow clone
                raise LostRace(error.stderr) from error
            raise
        return self.door.resolve(self.ref)

    def beside(self, prefix: str) -> dict[str, str]:
        """Fetch the remote's branches below a prefix that ends with `/`; return their newest commits by name."""
        folder = f"{self.ref}.beside/"
        self.door.run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--prune",
            "--no-prune-tags", "--no-recurse-submodules", "--refmap=", "--",
            self.remote, f"+refs/heads/{prefix}*:{folder}*",
        )  # fmt: skip
        said = self.door.run("for-each-ref", "--format=%(objectname) %(refname)", folder)
        pairs = (line.split(" ", 1) for line in said.splitlines())
        return {prefix + ref.removeprefix(folder): sha for sha, ref in pairs}

    def other(self, name: str) -> "Branch":
        """Return another branch of the same remote."""
        return Branch(self.door, self.remote, name, f"{self.ref}.other")

    def now(self) -> str | None:
        """Ask the remote for the branch's newest commit without fetching it; None for no such branch."""
        said = self.door.run("ls-remote", "--", self.remote, f"refs/heads/{self.name}").split()
        return said[0] if said else None

    @contextmanager
    def queue(self, patience: float) -> Iterator[None]:
        """Stand in line with the other runs of this machine that push to the same branch, for some seconds.

        It is a courtesy that saves tries; what protects the branch is the push itself.
        """
        with private.queue(f"{address(self.door, self.remote)} {self.name}", patience):
            yield

    def push(self, sha: str, *, over: str | None = None) -> None:
        """Push a commit to the branch; none, as an empty text, takes the branch away.

        `over` is the only commit that may be overwritten, empty for a branch that must not be there yet.
        Raises LostRace when another writer was faster, Refused when the remote says no, CommandFailed otherwise.
        """
        try:
            self.door.run(
                # The user's pre-push hook would judge the work tree, which is not what is pushed, and once a try:
                # the policy of a branch is the remote's, and the remote is always heard.
                "push", "--no-verify",
                # exactly one commit to one branch, whatever push.* is configured
                "--no-follow-tags", "--recurse-submodules=no",
                *([] if over is None else [f"--force-with-lease=refs/heads/{self.name}:{over}"]),
                "--", self.remote, f"{sha}:refs/heads/{self.name}",
            )  # fmt: skip
        except CommandFailed as error:
            raise _judged(error, self.name) from error


def _judged(error: CommandFailed, branch: str) -> Exception:
    """Tell by git's own line for the branch whether a push was too late or unwanted."""
    rejected = "\n".join(line for line in error.stderr.splitlines() if line.startswith(" ! "))
    if not rejected:
        return error
    said = _reasons(error.stderr)
    if RACES.search(rejected) and "hook declined" not in rejected:
        return LostRace("; ".join(said))
    if branch.startswith(f"{PROPOSALS}/"):
        hint = f"the user who pushes needs the right to push to {PROPOSALS}/*"
        return Refused(f"the remote refused the push to {branch}", reason="remote-refused", hint=hint, lines=said)
    if re.search(r"protected branch|GH006|GH013|not allowed to push code to", "\n".join(said), re.IGNORECASE):
        return Refused(
            f"the remote protects the branch {branch}",
            reason="protected-branch",
            hint="propose the change with --pr",
            lines=said,
        )
    return Refused(
        f"the remote refused the push to {branch}",
        reason="remote-refused",
        lines=said,
        hint="propose it with --pr, or push to a branch that is open to you, with --branch",
    )


def _reasons(said: str) -> list[str]:
    """Return git's reason for the branch, and the words of the remote's hooks, line by line."""
    lines = said.splitlines()
    words = [line.rpartition("(")[2].rstrip(")") for line in lines if line.startswith(" ! ")]
    words += [line.removeprefix("remote:").removeprefix(" ") for line in lines if line.startswith("remote:")]
    return [word for word in words if word.strip() not in ("", "error:")]

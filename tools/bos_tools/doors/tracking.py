"""Where a branch goes: the remote and the branch that a push or a proposal means, from what Git's settings say."""

import re
from dataclasses import dataclass
from functools import cached_property

from bos_tools.doors.command import without_secrets
from bos_tools.doors.git import Git
from bos_tools.errors import CommandFailed, Refused, Usage

URL = re.compile(r"[/:\\]")
"""A folder or an address in the place of a remote's name, which is taken as it is."""


@dataclass(frozen=True)
class Destination:
    """A branch of a remote."""

    remote: str
    """Its name, or its address."""
    branch: str

    @property
    def shown(self) -> str:
        """Return the remote as it may be shown."""
        return without_secrets(self.remote)

    def __str__(self) -> str:
        return f"{self.branch} of {self.shown}"


def destination(door: Git, remote: str | None, branch: str | None) -> Destination:
    """Return where a change goes that names both, one or none of them.

    What is not named is where the checked out branch comes from, its upstream; else where `git push` would go.
    A branch may be written as git shows it: `main`, `origin/main`, `remotes/origin/main`, `refs/heads/main`.
    Raises Usage for words that contradict each other, Refused where nothing says which.
    """
    if remote == "":
        raise Usage("the remote is empty", reason="unknown-remote", hint="name one, or leave --remote out")
    said = _Settings(door)
    told, plain = said.parted(branch) if branch is not None else (None, None)
    if remote is not None and told is not None and told != remote:
        raise Usage(f"two remotes are named: {remote} and {told}", reason="usage", hint=f"--branch {plain}")
    upstream = said.upstream
    goal = remote or told or (upstream.remote if upstream is not None else said.usual)
    if goal not in said.remotes and not URL.search(goal) and not (door.root / goal).exists():
        raise _unknown(goal, said.remotes)
    if plain is None:
        plain = upstream.branch if upstream is not None and upstream.remote == goal else said.here
    if plain is None:
        raise Refused("no branch is checked out", reason="no-branch", hint="say --branch NAME")
    return Destination(goal, plain)


def upstream(door: Git) -> Destination | None:
    """Return what the checked out branch tracks on a remote, None for nothing."""
    return _Settings(door).upstream


class _Settings:
    """What the repository says of its remotes and branches, read in one go."""

    def __init__(self, door: Git) -> None:
        self._door = door

    @cached_property
    def here(self) -> str | None:
        """Return the branch that is checked out, None where there is none."""
        return self._door.branch()

    @cached_property
    def _values(self) -> dict[str, str]:
        try:
            said = self._door.run("config", "-z", "--get-regexp", r"^(branch|remote)\.")
        except CommandFailed:  # none of them is set
            return {}
        return dict(entry.partition("\n")[::2] for entry in said.split("\0") if entry)

    @cached_property
    def remotes(self) -> list[str]:
        """Return the names of the remotes, the longest first."""
        found = [key for key in self._values if key.startswith("remote.") and key.endswith(".url")]
        return sorted((key.removeprefix("remote.").removesuffix(".url") for key in found), key=len, reverse=True)

    @cached_property
    def upstream(self) -> Destination | None:
        """Return what the checked out branch tracks on a remote, None for nothing, and for a branch of this clone."""
        remote = self._values.get(f"branch.{self.here}.remote", ".")
        branch = self._values.get(f"branch.{self.here}.merge", "")
        if self.here is None or remote == "." or not branch.startswith("refs/heads/"):
            return None
        return Destination(remote, branch.removeprefix("refs/heads/"))

    @property
    def usual(self) -> str:
        """Return the remote to which git would push a branch that tracks nothing (git-config(1))."""
        named = self._values.get(f"branch.{self.here}.pushremote") or self._values.get("remote.pushdefault")
        only = self.remotes[0] if len(self.remotes) == 1 else "origin"
        return named or only

    def parted(self, branch: str) -> tuple[str | None, str]:
        """Return the remote, where it is named, and the plain name of a branch as git shows it."""
        if branch.startswith("refs/heads/"):
            return None, branch.removeprefix("refs/heads/")
        name = branch.removeprefix("refs/").removeprefix("remotes/") if "/" in branch else branch
        for remote in self.remotes if "/" in name else ():
            if name.startswith(f"{remote}/"):
                return remote, self._pointed(remote, name.removeprefix(f"{remote}/"))
        return None, branch

    def _pointed(self, remote: str, name: str) -> str:
        """Return a branch's name, of `origin/HEAD` that of the branch to which it points."""
        if name != "HEAD":
            return name
        folder = f"refs/remotes/{remote}/"
        try:
            return self._door.run("symbolic-ref", "--quiet", f"{folder}HEAD").strip().removeprefix(folder)
        except CommandFailed:
            return name


def _unknown(remote: str, known: list[str]) -> Usage:
    return Usage(
        f"this clone has no such remote: {remote!r}",
        reason="unknown-remote",
        hint=f"one of {', '.join(sorted(known))}" if known else "git remote add origin URL",
    )

"""The door to Git, through GitPython: the only module that imports git."""

import os
import re
import stat
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # else the import runs `git version`

import git
from gitdb import IStream

from bos_tools.errors import CommandFailed, OutsideError, Refused, RepositoryError

TIMEOUT = 120
"""Seconds for one command: a fetch over a slow line."""
RACES = re.compile(
    r"non-fast-forward|fetch first|cannot lock ref|incorrect old value provided|stale info"
    r"|failed to update ref|reference already exists|remote ref updated since checkout"
)
"""What git says when another writer was faster (peers.md, "Many writers, one branch")."""


class LostRace(Exception):
    """Raised when another writer moved the branch; never leaves `change/`."""


@dataclass(frozen=True)
class Logged:
    """One commit of a log."""

    sha: str
    date: str
    author: str
    subject: str
    paths: tuple[str, ...]


class Git:
    """A repository of the user's."""

    def __init__(self, root: Path) -> None:
        try:
            self.repo = git.Repo(root)
        except (git.InvalidGitRepositoryError, git.NoSuchPathError) as error:
            raise RepositoryError(
                "this folder is in no Git repository", reason="not-git", path=str(root), hint="git init"
            ) from error
        top = self.repo.working_tree_dir
        self.prefix = "" if top is None else os.path.relpath(os.path.realpath(root), os.path.realpath(top))
        self.prefix = "" if self.prefix == "." else f"{self.prefix}/"

    def run(self, *arguments: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None) -> str:
        """Run one git command and return what it printed; raises CommandFailed."""
        options: dict[str, Any] = {"istream": BytesIO(stdin)} if stdin is not None else {}
        argv = ["git", *arguments]
        try:
            said: str = self.repo.git.execute(
                argv,
                env={"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", **(env or {})},
                kill_after_timeout=None if stdin is not None else TIMEOUT,
                strip_newline_in_stdout=False,
                **options,
            )
        except git.GitCommandNotFound as error:
            raise OutsideError("git is missing", reason="program-missing", hint="bos-tools doctor") from error
        except git.GitCommandError as error:
            said = f"{error.stderr}\n{error.stdout}".replace("stderr:", "").replace("stdout:", "")
            raise CommandFailed(argv, int(error.status or 1), _without_secrets(said).strip(" '\n")) from error
        return said

    def resolve(self, revision: str) -> str:
        """Return a revision's commit id.

        Raises Refused for one that does not exist.
        """
        try:
            return self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
        except CommandFailed as error:
            raise Refused(f"no such revision: {revision!a}", reason="unknown-revision") from error

    def at(self, sha: str) -> "Revision":
        """Return a commit's files as a source."""
        return Revision(self, sha)

    # --- the work tree --------------------------------------------------------------------------------

    def differs_from_head(self, paths: Sequence[str]) -> list[str]:
        """Return those of the paths that have changes which no commit holds."""
        said = self.run("status", "--porcelain", "-z", "--untracked-files=all", "--", *self._full(paths))
        return [entry[3:] for entry in said.split("\0") if entry]

    def commit_paths(self, paths: Sequence[str], message: str) -> str:
        """Commit the work tree's version of these paths, and nothing else that is staged; return the commit."""
        self.run("commit", "--quiet", "--only", "--message", message, "--", *self._full(paths))
        return self.resolve("HEAD")

    def _full(self, paths: Sequence[str]) -> list[str]:
        return [f":(top,literal){self.prefix}{path}" for path in paths]

    # --- the remote -----------------------------------------------------------------------------------

    @contextmanager
    def fetched(self, remote: str, branch: str) -> Iterator["Fetched"]:
        """Lend a way to fetch a remote branch under a name that no other process uses."""
        ref = f"refs/bos-tools/{uuid.uuid4().hex}"
        try:
            yield Fetched(self, remote, branch, ref)
        finally:
            self.run("update-ref", "-d", ref)

    def default_branch(self) -> str:
        """Return the name of the branch that is checked out; raises Refused where there is none."""
        try:
            return self.run("symbolic-ref", "--quiet", "--short", "HEAD").strip()
        except CommandFailed as error:
            raise Refused("no branch is checked out", reason="no-branch", hint="say --branch NAME") from error

    def commit_on(self, parent: str, files: Mapping[str, bytes], message: str) -> str:
        """Write a commit with some files' bytes replaced, touching neither work tree nor index."""
        root = self.repo.commit(parent).tree
        tree = self._with({f"{self.prefix}{path}": data for path, data in files.items()}, root)
        sign = ["-S"] if self.repo.config_reader().get_value("commit", "gpgsign", default=False) else []
        return self.run("commit-tree", tree, "-p", parent, *sign, "-m", message).strip()

    def _with(self, files: Mapping[str, bytes], tree: git.Tree) -> str:
        inner: dict[str, dict[str, bytes]] = {}
        for path, data in files.items():
            name, _, rest = path.partition("/")
            inner.setdefault(name, {})[rest] = data
        entries = [[item.binsha, item.mode, item.name] for item in tree]
        for entry in entries:
            below = inner.pop(str(entry[2]), None)
            if below is None:
                continue
            sha = self._store("blob", below[""]) if "" in below else self._with(below, tree[str(entry[2])])
            entry[0] = bytes.fromhex(sha)
        if inner:
            raise RepositoryError("the file is gone", reason="missing-file", path=next(iter(inner)))
        listed = b"".join(
            f"{mode:o} ".encode() + os.fsencode(str(name)) + b"\0" + sha for sha, mode, name in entries
        )
        return self._store("tree", listed)

    def _store(self, kind: str, data: bytes) -> str:
        stream = self.repo.odb.store(IStream(kind.encode(), len(data), BytesIO(data)))
        return str(stream.binsha.hex())

    def log(self, paths: Sequence[str], limit: int) -> list[Logged]:
        """Return the commits that touched these paths, newest first."""
        said = self.run(
            "log", f"--max-count={limit}", "--name-only", "--no-renames", "--format=%x00%H%x01%aI%x01%an%x01%s",
            "--", *self._full(paths),
        )
        return [_logged(entry, self.prefix) for entry in said.split("\0")[1:]]

    def identity(self) -> str:
        """Return who would be the author of a commit; raises CommandFailed where nobody is configured."""
        return self.run("var", "GIT_AUTHOR_IDENT").rpartition(">")[0] + ">"


class Fetched:
    """One remote branch: its head, again and again."""

    def __init__(self, door: Git, remote: str, branch: str, ref: str) -> None:
        self.door, self.remote, self.branch, self.ref = door, remote, branch, ref

    def head(self) -> str:
        """Fetch the branch and return its newest commit."""
        spec = f"+refs/heads/{self.branch}:{self.ref}"
        try:
            self.door.run(
                "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--refmap=",
                "--", self.remote, spec,
            )
        except CommandFailed as error:
            if "couldn't find remote ref" in error.stderr:
                raise Refused(
                    f"the remote has no such branch: {self.branch!a}", reason="unknown-branch", hint="say --branch NAME"
                ) from error
            raise
        return self.door.resolve(self.ref)

    def push(self, sha: str) -> None:
        """Push a commit to the branch.

        Raises LostRace when another writer was faster, Refused when the remote says no, CommandFailed otherwise.
        """
        try:
            self.door.run("push", "--porcelain", "--no-verify", "--", self.remote, f"{sha}:refs/heads/{self.branch}")
        except CommandFailed as error:
            said = error.stderr
            rejected = "\n".join(line for line in said.splitlines() if line.startswith("!"))
            if RACES.search(rejected) and "hook declined" not in rejected:
                raise LostRace from error
            if rejected:
                raise Refused(
                    f"the remote refused the push to {self.branch}: {_reason(said)}",
                    reason="remote-refused",
                    hint="push to a branch that is open to you, with --branch",
                ) from error
            raise


def _reason(said: str) -> str:
    lines = [line.split("\t")[-1] for line in said.splitlines() if line.startswith("!")]
    lines += [line.removeprefix("remote:").strip() for line in said.splitlines() if line.startswith("remote:")]
    return "; ".join(line for line in lines if line)[:600]


def _without_secrets(text: str) -> str:
    """Take user and password out of every URL."""
    return re.sub(r"(\w+://)[^/@\s]+@", r"\1", text)


def _logged(entry: str, prefix: str) -> Logged:
    head, _, names = entry.partition("\n")
    sha, date, author, subject = head.split("\x01")
    paths = tuple(name.removeprefix(prefix) for name in names.split("\n") if name)
    return Logged(sha, date, author, subject, paths)


class Revision:
    """A commit's files as a source: one listing, then blobs as they are asked for."""

    def __init__(self, door: Git, sha: str) -> None:
        self.door = door
        self.sha = sha
        self._blobs: dict[str, bytes] = {}
        self._entries: dict[str, tuple[int, str]] = {}
        self._folders: dict[str, set[str]] = {}
        said = door.run("ls-tree", "-r", "-z", "--full-tree", sha, *([door.prefix] if door.prefix else []))
        for entry in said.split("\0"):
            meta, _, name = entry.partition("\t")
            if meta:
                mode, _, blob = meta.split(" ")
                self._add(name.removeprefix(door.prefix), int(mode, 8), blob)

    def _add(self, path: str, mode: int, blob: str) -> None:
        self._entries[path] = (mode, blob)
        while path:
            folder, _, name = path.rpartition("/")
            known = self._folders.setdefault(folder, set())
            if name in known:
                return
            known.add(name)
            path = folder

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is no such file."""
        if path not in self._entries:
            path = self.real(path)
        mode, blob = self._entries.get(path, (0, ""))
        if stat.S_ISLNK(mode):
            return self.read(self.real(path))
        if not stat.S_ISREG(mode):
            return None
        if blob not in self._blobs:
            self._blobs[blob] = self.door.repo.odb.stream(bytes.fromhex(blob)).read()
        return self._blobs[blob]

    def names(self, folder: str) -> list[str]:
        """Return the sorted names in a folder; an absent folder is empty."""
        return sorted(self._folders.get(folder, set()))

    def real(self, path: str) -> str:
        """Return the path with its symbolic links followed, inside the repository."""
        for _ in range(40):
            link = self._first_link(path)
            if link is None:
                return path
            folder = link.rpartition("/")[0]
            target = self.door.repo.odb.stream(bytes.fromhex(self._entries[link][1])).read().decode("utf-8", "replace")
            path = os.path.normpath(os.path.join(folder, target) + path[len(link) :])
            if path.startswith(("../", "/")) or path == "..":
                raise RepositoryError("a link that leaves the repository", reason="link-outside", path=link)
        raise RepositoryError("links that lead in a circle", reason="link-outside", path=path)

    def _first_link(self, path: str) -> str | None:
        parts = path.split("/")
        for size in range(1, len(parts) + 1):
            head = "/".join(parts[:size])
            if stat.S_ISLNK(self._entries.get(head, (0, ""))[0]):
                return head
        return None

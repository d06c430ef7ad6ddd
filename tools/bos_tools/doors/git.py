"""The door to Git: what changes a repository as a process each, what it holds and held through GitPython."""

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bos_tools.doors import command, files, private, process
from bos_tools.doors.log import FORMAT, LAST, Commit, commits
from bos_tools.doors.near import near
from bos_tools.errors import CommandFailed, OutsideError, RepositoryError, Usage

if TYPE_CHECKING:
    from bos_tools.doors.objects import Objects
    from bos_tools.doors.revision import Revision

HOOKS_TIMEOUT = 1800.0
"""Seconds for a commit: the user's hooks may run a test suite."""
INDEX_PATIENCE = 5.0
"""Seconds to wait for another git, such as an editor's, to let go of the index."""
UNSHALLOW = "fetch more of the history: git fetch --unshallow"
PRIVATE_INDEX = ("-c", "core.splitIndex=false", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false")


class Git:
    """A repository of the user's."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def prefix(self) -> str:
        """Return where the folder lies in its Git repository: empty, or a path that ends with `/`."""
        return self.run("rev-parse", "--show-prefix").rstrip("\n")

    def run(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout: float = process.TIMEOUT,
    ) -> str:
        """Run one git command and return what it printed.

        Raises RepositoryError outside of any Git repository, OutsideError without an identity, else CommandFailed.
        """
        return command.run(self.root, arguments, env=env or {}, stdin=stdin, timeout=timeout)

    def resolve(self, revision: str) -> str:
        """Return a revision's commit id.

        Raises Usage for one that does not exist, RepositoryError for a shallow clone, which may lack it.
        """
        try:
            return self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
        except CommandFailed as error:
            if revision == "HEAD":
                raise RepositoryError("the branch has no commit yet", reason="no-commit", hint="git commit") from error
            what = f"no such revision: {revision!r}"
            if self.is_shallow:
                raise RepositoryError(
                    f"{what}, and this clone has not the whole history", reason="shallow", hint=UNSHALLOW
                ) from error
            known = near(self, revision) or "git branch --all, git tag and git log say some"
            raise Usage(what, reason="unknown-revision", hint=known) from error

    @cached_property
    def is_shallow(self) -> bool:
        """Tell whether the history ends before its beginning."""
        return self.run("rev-parse", "--is-shallow-repository").strip() == "true"

    @property
    def has_commits(self) -> bool:
        """Tell whether the branch that is checked out has a commit."""
        return self._objects.read("HEAD") is not None

    def branch(self) -> str | None:
        """Return the name of the branch that is checked out, None where there is none."""
        try:
            return self.run("symbolic-ref", "--quiet", "--short", "HEAD").strip()
        except CommandFailed:
            return None

    # --- what it holds, and what it held --------------------------------------------------------------

    @cached_property
    def _objects(self) -> "Objects":
        try:
            from bos_tools.doors.objects import Objects
        except ImportError as error:  # so GitPython says that there is no git
            raise OutsideError("program not found: git", reason="program-missing", hint="bos-tools doctor") from error
        return Objects(self.root)

    def close(self) -> None:
        """End the process that answers for objects; it begins again when it is needed."""
        if objects := self.__dict__.pop("_objects", None):
            objects.close()

    def at(self, sha: str) -> "Revision[Git]":
        """Return a commit's files as a source."""
        from bos_tools.doors.revision import Revision

        return Revision(self, sha)

    def listed(self, sha: str) -> str:
        """Return what `git ls-tree` says of all files that a commit has below our root."""
        return self._objects.ask("ls_tree", "-r", "-z", "--full-tree", sha, *([self.prefix] if self.prefix else []))

    def blob(self, sha: str) -> bytes:
        """Return a blob's bytes."""
        data = self._objects.read(sha)
        if data is None:
            raise OutsideError(f"the repository lacks an object: {sha}", reason="object-missing", hint="git fsck")
        return data

    def file(self, revision: str, path: str) -> bytes | None:
        """Return a file's bytes at a revision such as `SHA^`, None where there is no such file or revision."""
        return self._objects.read(f"{revision}:{self.prefix}{path}")

    def log(
        self, *revisions: str, paths: Sequence[str] = (), limit: int | None = None,
        first_parent: bool = False, among_themselves: bool = False,
    ) -> list[Commit]:  # fmt: skip
        """Return the commits that touched these paths, or all, newest first.

        Among themselves, none comes before one that stands on it, and its parents are the nearest of them.
        """
        said = self._objects.ask(
            "log", "--no-show-signature", "--no-color", "--encoding=UTF-8", "--no-follow",
            FORMAT, *([f"--max-count={limit}"] if limit is not None else []),
            *(["--first-parent"] if first_parent else []), *(["--parents", "--topo-order"] if among_themselves else []),
            *revisions, "--", *(f":(top,literal){self.prefix}{path}" for path in paths),
        )  # fmt: skip
        return list(commits(said))

    def commit(self, sha: str) -> Commit:
        """Return one commit."""
        return self.log(sha, limit=1)[0]

    def line(self, sha: str) -> list[tuple[str, int]]:
        """Return the first-parent history of a commit, newest first, each with its committer's date since 1970."""
        said = self._objects.ask("rev_list", "--first-parent", "--timestamp", sha, "--")
        pairs = (entry.split() for entry in said.splitlines())
        return [(commit, min(int(seconds), LAST)) for seconds, commit in pairs]

    def parents(self, sha: str) -> int:
        """Return on how many commits one stands, those too that a shallow clone has left out."""
        return (self._objects.read(sha) or b"").partition(b"\n\n")[0].count(b"\nparent ")

    def is_cut(self, sha: str) -> bool:
        """Tell whether a shallow clone has left out what a commit stands on."""
        return self.parents(sha) > 0 and self._objects.read(f"{sha}^") is None

    def renames(self, sha: str) -> dict[str, str]:
        """Return the files that a commit renamed, the old name by the new one."""
        words = ("-r", "-z", "-M", "--no-commit-id", "--name-status", "--diff-filter=R", "--no-ext-diff")
        said = self._objects.ask("diff_tree", *words, sha).split("\0")
        return {
            new.removeprefix(self.prefix): old.removeprefix(self.prefix)
            for old, new in zip(said[1::3], said[2::3], strict=False)
        }

    def changed(self, *revisions: str) -> list[str]:
        """Return the paths that differ between two revisions, or from the merge base of `one...other`."""
        said = self._objects.ask("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", *revisions, "--")
        return [path.removeprefix(self.prefix) for path in said.split("\0") if path]

    def has(self, sha: str) -> bool:
        """Tell whether this clone has an object."""
        return self._objects.read(sha) is not None

    def is_ancestor(self, old: str, new: str) -> bool:
        """Tell whether the newer commit holds the older one, as far as this clone's history goes."""
        try:
            self._objects.ask("merge_base", "--is-ancestor", old, new)
        except CommandFailed:
            return False
        return True

    def merge_base(self, one: str, other: str) -> str:
        """Return where two commits parted; raises RepositoryError where this clone knows nothing that they share."""
        try:
            return self._objects.ask("merge_base", one, other).strip()
        except CommandFailed as error:
            raise RepositoryError(
                "the two revisions have no common commit" + (", as far as this clone goes" if self.is_shallow else ""),
                reason="unrelated",
                hint=UNSHALLOW if self.is_shallow else "",
            ) from error

    # --- the work tree --------------------------------------------------------------------------------

    def differs_from_head(self, paths: Sequence[str]) -> list[str]:
        """Return those of the paths that have changes which no commit holds."""
        said = self.run("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *_literal(paths))
        changed = {entry[3:].removeprefix(self.prefix) for entry in said.split("\0") if entry}
        return [path for path in paths if path in changed]

    def merging(self) -> list[str] | None:
        """Return the files that a merge has left to be settled, none of a settled one; None without a merge."""
        files = [path for path in self.run("diff", "--name-only", "--diff-filter=U", "-z").split("\0") if path]
        try:
            self.run("rev-parse", "--quiet", "--verify", "MERGE_HEAD")
        except CommandFailed:
            return files or None
        return files

    def committed(self, path: str) -> bytes | None:
        """Return a file's bytes as a checkout of HEAD would write them, None for a file that HEAD has not."""
        try:
            said = self.run("cat-file", "--filters", f"HEAD:{self.prefix}{path}")
        except CommandFailed:
            return None
        return said.encode("utf-8", "surrogateescape")

    def commit_paths(self, paths: Sequence[str], message: str, at: datetime | None = None) -> str:
        """Commit the work tree's version of these paths, and nothing else that is staged; return the commit."""
        deadline = time.monotonic() + INDEX_PATIENCE
        while True:
            try:
                self._commit_only(paths, message, _dated(at))
                return self.resolve("HEAD")
            except CommandFailed as error:
                if "index.lock': File exists" not in error.stderr or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _commit_only(self, paths: Sequence[str], message: str, dated: Mapping[str, str]) -> None:
        """Commit these paths; a new file is named to the index first, for `commit --only` takes what Git knows."""
        if new := self._untracked(paths):
            self.run("add", "--intent-to-add", "--", *_literal(new))
        words = ("commit", "--quiet", "--only", "--file", "-", "--", *_literal(paths))
        try:
            self.run(*words, stdin=message.encode(), env=dated, timeout=HOOKS_TIMEOUT)
        except BaseException:
            if new:
                with suppress(CommandFailed):
                    self.run("rm", "--cached", "--quiet", "--force", "--", *_literal(new))
            raise

    def _untracked(self, paths: Sequence[str]) -> list[str]:
        known = set(self.run("ls-files", "-z", "--", *_literal(paths)).split("\0"))
        return [path for path in paths if path not in known and (self.root / path).exists()]

    # --- commits without a work tree ------------------------------------------------------------------

    def commit_on(
        self, parent: "Revision[Git]", contents: Mapping[str, bytes | None], message: str, at: datetime | None = None
    ) -> str:
        """Write a commit with some files' bytes replaced, touching neither work tree nor index; None takes one away."""
        with private.scratch() as scratch:
            there = {path: data for path, data in contents.items() if data is not None}
            names = {path: f"{number}" for number, path in enumerate(there)}
            files.lay_out(scratch, {names[path]: data for path, data in there.items()})
            listed = "".join(f"{scratch / name}\n" for name in names.values())
            blobs = self.run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=listed.encode()).split()
            made = {**dict.fromkeys(contents), **dict(zip(names, blobs, strict=True))}
            tree = self._tree(parent, made, {"GIT_INDEX_FILE": str(scratch / "index")})
        sign = ["-S"] if self._signs else []
        words = ("-c", "i18n.commitEncoding=UTF-8", "commit-tree", tree, "-p", parent.sha, *sign, "-F", "-")
        return self.run(*words, stdin=message.encode(), env=_dated(at)).strip()

    def _tree(self, parent: "Revision[Git]", blobs: Mapping[str, str | None], env: Mapping[str, str]) -> str:
        """Write the tree of a commit with some blobs replaced, each with the mode that it has."""
        gone = "0" * len(parent.sha)
        entries = "".join(
            f"{parent.mode(path) if blob else 0} {blob or gone}\t{self.prefix}{path}\0" for path, blob in blobs.items()
        )
        update = ("update-index", "-z", "--index-info")
        self.run(*PRIVATE_INDEX, "read-tree", parent.sha, env=env)
        self.run(*PRIVATE_INDEX, *update, env=env, stdin=entries.encode("utf-8", "surrogateescape"))
        # in a partial clone, blobs that nobody touched are rightly absent
        return self.run(*PRIVATE_INDEX, "write-tree", "--missing-ok", env=env).strip()

    @cached_property
    def _signs(self) -> bool:
        """Tell whether the user signs commits: `git commit-tree` does not look by itself."""
        return self.run("config", "--type=bool", "--default=false", "--get", "commit.gpgSign").strip() == "true"


def _dated(at: datetime | None) -> dict[str, str]:
    """Return what gives a commit the moment of its ground, in this machine's zone; budgets count by the committer's.

    A variable that means another commit, or a moment long ago, must not give our own another one.
    """
    if at is None:
        return {}
    said = f"@{int(at.timestamp())} {at.astimezone():%z}"
    return {"GIT_COMMITTER_DATE": said, "GIT_AUTHOR_DATE": os.environ.get("GIT_AUTHOR_DATE") or said}


def _literal(paths: Sequence[str]) -> list[str]:
    """Return paths of our root as pathspecs without magic; git runs in that root."""
    return [f":(literal){path}" for path in paths]

"""The door to Git: commands as processes, objects through GitPython, which no other module imports."""

import os
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bos_tools.doors import files, process
from bos_tools.errors import CommandFailed, OutsideError, Refused, RepositoryError

if TYPE_CHECKING:
    import git

    from bos_tools.doors.revision import Revision

HOOKS_TIMEOUT = 1800.0
"""Seconds for a commit: the user's hooks may run a test suite."""
INDEX_PATIENCE = 5.0
"""Seconds to wait for another git, such as an editor's, to let go of the index."""
REDIRECTIONS = frozenset(
    f"GIT_{name}"
    for name in (
        "DIR", "WORK_TREE", "IMPLICIT_WORK_TREE", "COMMON_DIR", "INDEX_FILE", "OBJECT_DIRECTORY", "PREFIX", "NAMESPACE",
        "ALTERNATE_OBJECT_DIRECTORIES", "QUARANTINE_PATH", "SHALLOW_FILE", "GRAFT_FILE", "REPLACE_REF_BASE",
        "LITERAL_PATHSPECS", "GLOB_PATHSPECS", "NOGLOB_PATHSPECS", "ICASE_PATHSPECS", "EXTERNAL_DIFF",
    )
)  # fmt: skip
"""What git sets for its hooks, or a user for one command: each would make us read or write another repository."""
WORDS = {
    "GIT_TERMINAL_PROMPT": "0",  # a missing password is an error, not a question that nobody hears
    "GIT_OPTIONAL_LOCKS": "0",  # looking at the status does not rewrite the index
}
PRIVATE_INDEX = ("-c", "core.splitIndex=false", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false")


@dataclass(frozen=True)
class Logged:
    """One commit of a log."""

    sha: str
    date: str
    author: str
    subject: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Trailed:
    """What one commit says to programs."""

    sha: str
    date: str
    """When it was committed, ISO 8601."""
    trailers: tuple[tuple[str, str], ...]


class Git:
    """A repository of the user's."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in REDIRECTIONS & os.environ.keys():
            del os.environ[name]  # not only in our calls: GitPython passes all of them on

    @cached_property
    def prefix(self) -> str:
        """Return where the folder lies in its Git repository: empty, or a path that ends with `/`."""
        return self.run("rev-parse", "--show-prefix").rstrip("\n")

    @cached_property
    def _repo(self) -> "git.Repo":
        os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # else the import runs `git version`
        import git

        return git.Repo(self.root, odbt=git.GitCmdObjectDB, search_parent_directories=True)

    def close(self) -> None:
        """End the process that answers for objects; it begins again when it is needed."""
        if repo := self.__dict__.pop("_repo", None):
            repo.close()

    def blob(self, sha: str) -> bytes:
        """Return a blob's bytes."""
        if len(sha) > 40:  # GitPython reads SHA-1 repositories only
            return self.run("cat-file", "blob", sha).encode("utf-8", "surrogateescape")
        data: bytes = self._repo.odb.stream(bytes.fromhex(sha)).read()
        return data

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
        try:
            done = process.run(
                ["git", *arguments], cwd=self.root, env={**WORDS, **(env or {})}, stdin=stdin, timeout=timeout
            )
        except CommandFailed as error:
            raise _translated(error, self.root) from error
        return done.stdout.decode("utf-8", "surrogateescape")

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
        from bos_tools.doors.revision import Revision

        return Revision(self, sha)

    # --- the work tree --------------------------------------------------------------------------------

    def differs_from_head(self, paths: Sequence[str]) -> list[str]:
        """Return those of the paths that have changes which no commit holds."""
        said = self.run("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *_literal(paths))
        changed = {entry[3:].removeprefix(self.prefix) for entry in said.split("\0") if entry}
        return [path for path in paths if path in changed]

    def committed(self, path: str) -> bytes | None:
        """Return a file's bytes as a checkout of HEAD would write them, None for a file that HEAD has not."""
        try:
            said = self.run("cat-file", "--filters", f"HEAD:{self.prefix}{path}")
        except CommandFailed:
            return None
        return said.encode("utf-8", "surrogateescape")

    def commit_paths(self, paths: Sequence[str], message: str) -> str:
        """Commit the work tree's version of these paths, and nothing else that is staged; return the commit."""
        deadline = time.monotonic() + INDEX_PATIENCE
        while True:
            try:
                self._commit_only(paths, message)
                return self.resolve("HEAD")
            except CommandFailed as error:
                if "index.lock': File exists" not in error.stderr or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _commit_only(self, paths: Sequence[str], message: str) -> None:
        """Commit these paths; a new file is named to the index first, for `commit --only` takes what Git knows."""
        if new := self._untracked(paths):
            self.run("add", "--intent-to-add", "--", *_literal(new))
        words = ("commit", "--quiet", "--only", "--file", "-", "--", *_literal(paths))
        try:
            self.run(*words, stdin=message.encode(), timeout=HOOKS_TIMEOUT)
        except BaseException:
            if new:
                with suppress(CommandFailed):
                    self.run("rm", "--cached", "--quiet", "--force", "--", *_literal(new))
            raise

    def _untracked(self, paths: Sequence[str]) -> list[str]:
        known = set(self.run("ls-files", "-z", "--", *_literal(paths)).split("\0"))
        return [path for path in paths if path not in known and (self.root / path).exists()]

    # --- commits without a work tree ------------------------------------------------------------------

    def commit_on(self, parent: "Revision", contents: Mapping[str, bytes | None], message: str) -> str:
        """Write a commit with some files' bytes replaced, touching neither work tree nor index; None takes one away."""
        with files.scratch() as scratch:
            there = {path: data for path, data in contents.items() if data is not None}
            names = {path: f"{number}" for number, path in enumerate(there)}
            files.lay_out(scratch, {names[path]: data for path, data in there.items()})
            listed = "".join(f"{scratch / name}\n" for name in names.values())
            blobs = self.run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=listed.encode()).split()
            made = {**dict.fromkeys(contents), **dict(zip(names, blobs, strict=True))}
            tree = self._tree(parent, made, {"GIT_INDEX_FILE": str(scratch / "index")})
        sign = ["-S"] if self._signs else []
        utf8 = ("-c", "i18n.commitEncoding=UTF-8")
        return self.run(*utf8, "commit-tree", tree, "-p", parent.sha, *sign, "-F", "-", stdin=message.encode()).strip()

    def _tree(self, parent: "Revision", blobs: Mapping[str, str | None], env: Mapping[str, str]) -> str:
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

    # --- who and when ---------------------------------------------------------------------------------

    def default_branch(self) -> str:
        """Return the name of the branch that is checked out; raises Refused where there is none."""
        try:
            return self.run("symbolic-ref", "--quiet", "--short", "HEAD").strip()
        except CommandFailed as error:
            raise Refused("no branch is checked out", reason="no-branch", hint="say --branch NAME") from error

    def log(self, paths: Sequence[str], limit: int) -> list[Logged]:
        """Return the commits that touched these paths, newest first."""
        said = self.run(
            "-c", "core.quotePath=false", "log", f"--max-count={limit}", "--name-only", "--no-renames", "--relative",
            "--no-show-signature", "--no-color", "--format=%x00%H%x01%aI%x01%an%x01%s", "--", *_literal(paths),
        )  # fmt: skip
        return [_logged(entry) for entry in said.split("\0")[1:]]

    def told(self, sha: str) -> tuple[list[str], str]:
        """Return a commit's parents and its message."""
        utf8 = ("-c", "i18n.logOutputEncoding=UTF-8")
        said = self.run(*utf8, "log", "-1", "--no-show-signature", "--no-color", "--format=%P%x00%B", sha)
        parents, _, message = said.partition("\0")
        return parents.split(), message.strip()

    def changed(self, *revisions: str) -> list[str]:
        """Return the paths that differ between two revisions, or from the merge base of `one...other`."""
        said = self.run("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", *revisions, "--")
        return [path.removeprefix(self.prefix) for path in said.split("\0") if path]

    def is_ancestor(self, old: str, new: str) -> bool:
        """Tell whether the newer commit holds the older one, as far as this clone's history goes."""
        try:
            self.run("merge-base", "--is-ancestor", old, new)
        except CommandFailed:
            return False
        return True

    def trailers(self, since: str, revision: str = "HEAD") -> list[Trailed]:
        """Return the commits below a revision since a date (ISO 8601) that have trailers, newest first."""
        said = self.run(
            "log", f"--since={since}", "--no-show-signature", "--no-color",
            "--format=%x00%H%x01%cI%x01%(trailers:only=true,unfold=true,separator=%x02)", revision,
        )  # fmt: skip
        found = [entry.rstrip("\n").split("\x01") for entry in said.split("\0")[1:]]
        return [Trailed(sha, date, _pairs(text)) for sha, date, text in found if text]

    def merge_base(self, one: str, other: str) -> str:
        """Return where two commits parted; raises Refused where they have nothing in common."""
        try:
            return self.run("merge-base", one, other).strip()
        except CommandFailed as error:
            raise Refused(
                "the two revisions have no common commit",
                reason="unrelated",
                hint="fetch more of the history: git fetch --unshallow",
            ) from error

    def identity(self) -> str:
        """Return who would be the author of a commit; raises OutsideError where nobody is configured."""
        return self.run("var", "GIT_AUTHOR_IDENT").rpartition(">")[0] + ">"


def _literal(paths: Sequence[str]) -> list[str]:
    """Return paths of our root as pathspecs without magic; git runs in that root."""
    return [f":(literal){path}" for path in paths]


def _logged(entry: str) -> Logged:
    head, _, names = entry.partition("\n")
    sha, date, author, subject = head.split("\x01")
    return Logged(sha, date, author, subject, tuple(name for name in names.split("\n") if name))


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    cut = [line.partition(":") for line in text.split("\x02")]
    return tuple((name.strip(), value.strip()) for name, _, value in cut)


NO_IDENTITY = re.compile(
    r"Please tell me who you are|empty ident name|unable to auto-detect email|no (name|email) was given"
)


def _translated(error: CommandFailed, root: Path) -> OutsideError | RepositoryError:
    """Return a failure of git in our words, without the secrets of a URL."""
    said = "\n".join(line for line in without_secrets(error.stderr).splitlines() if not line.startswith("hint: "))
    if "not a git repository" in said:
        return RepositoryError("this folder is in no Git repository", reason="not-git", path=str(root), hint="git init")
    if NO_IDENTITY.search(said):
        return OutsideError(
            "git does not know who commits",
            reason="no-identity",
            hint="git config --global user.name NAME && git config --global user.email EMAIL",
        )
    return CommandFailed(error.argv, error.returncode, said)


def without_secrets(text: str) -> str:
    """Take user, password and tokens out of every URL.

    >>> without_secrets("fatal: https://me:p@ss@host/x?private_token=1 is gone")
    'fatal: https://host/x?private_token=… is gone'
    """
    text = re.sub(r"(\w[\w+.-]*://)[^/\s'\"]*@", r"\1", text)
    return re.sub(r"([?&]\w*(?:token|password|secret|key)=)[^&\s'\"]+", r"\1…", text, flags=re.IGNORECASE)

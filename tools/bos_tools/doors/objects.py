"""What a repository holds and held, read by GitPython, which no other module imports."""

import io
from pathlib import Path
from typing import Any

import git

from bos_tools.doors import process
from bos_tools.doors.command import WORDS, not_git, redirected, translated
from bos_tools.doors.files import READ_LIMIT
from bos_tools.errors import CommandFailed, RepositoryError

LARGEST = 32 << 20
"""Bytes of what a reading command of git says: the list of some 300,000 files, or as much of commits' messages."""
BIG = "16m"
"""From which size on git hands an object through instead of keeping it whole."""


class _Bounded(io.BytesIO):
    """Takes so many bytes, and lets the rest go by."""

    is_over = False

    def write(self, part: Any) -> int:
        """Take a part."""
        self.is_over = self.is_over or self.tell() + len(part) > LARGEST
        return len(part) if self.is_over else super().write(part)


class _Missing(ValueError):
    """Raised for a name that no object has."""


class _Commands(git.Git):
    """GitPython's commands, in the repository that is meant and for hashes of every length."""

    def execute(self, command: Any, *arguments: Any, **options: Any) -> Any:
        """Run a command without the variables that lead elsewhere: GitPython can add to a process's own, not take."""
        away = [word for name in redirected() for word in ("-u", name)]
        program, *words = command
        bounded = [program, "-c", f"core.bigFileThreshold={BIG}", *words]
        return super().execute(["env", *away, *bounded] if away else bounded, *arguments, **options)

    def _parse_object_header(self, header_line: Any) -> Any:
        """Return hash, type and size of what `cat-file --batch` answers; GitPython's own knows 40 digits alone."""
        tokens = header_line.decode("ascii", "replace").split()
        if tokens[-1:] == ["missing"]:
            raise _Missing
        if len(tokens) != 3 or len(tokens[0]) not in (40, 64):
            return super()._parse_object_header(header_line)
        return tokens[0], tokens[1], int(tokens[2])


class _Repository(git.Repo):
    GitCommandWrapperType = _Commands


class Objects:
    """The objects and the history of a repository.

    Commits and trees come as git prints them: GitPython's own of them hold hashes of 20 bytes alone.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        try:
            self._repo = _Repository(root, odbt=git.GitCmdObjectDB, search_parent_directories=True, expand_vars=False)
        except (git.InvalidGitRepositoryError, git.NoSuchPathError) as error:
            raise not_git(root) from error
        self._repo.git.update_environment(**WORDS)

    def ask(self, command: str, *arguments: str) -> str:
        """Return what a reading command of git prints; raises CommandFailed, or what it means in our words."""
        said = _Bounded()
        status, _, error = getattr(self._repo.git, command)(
            *arguments, with_extended_output=True, with_exceptions=False, output_stream=said,
            kill_after_timeout=process.TIMEOUT,
        )  # fmt: skip
        if status != 0:
            raise translated(CommandFailed(["git", command.replace("_", "-"), *arguments], status, error), self._root)
        if said.is_over:
            raise RepositoryError(
                f"git says more than {LARGEST >> 20} MiB of this repository's files or history", reason="too-large"
            )
        return said.getvalue().decode("utf-8", "surrogateescape")

    def read(self, name: str) -> bytes | None:
        """Return the bytes of an object by its id or as `COMMIT:PATH`; None for no object, and for a folder.

        All are asked of two processes, which begin with the first: one tells how large it is.
        Raises RepositoryError for one that is larger than any file that is read.
        """
        try:
            _, _, size = self._repo.git.get_object_header(name)
            if size > READ_LIMIT:
                raise RepositoryError(f"larger than {READ_LIMIT} bytes: {name}", reason="too-large")
            _, kind, _, data = self._repo.git.get_object_data(name)
        except _Missing:
            return None
        except (ValueError, OSError) as error:  # its process ended, or said what GitPython can't read
            raise CommandFailed(["git", "cat-file"], 1, str(error)) from error
        return None if kind == "tree" else bytes(data)

    def close(self) -> None:
        """End the process that answers for objects; it begins again when it is needed."""
        self._repo.close()

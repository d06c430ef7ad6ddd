"""Where files come from: a work tree, a revision, or either with edits laid over it."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Source(Protocol):
    """A tree of files; every path is relative to its root, with `/`, and normalised."""

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is no such file."""

    def names(self, folder: str) -> list[str]:
        """Return the sorted names in a folder; an absent folder is empty."""

    def real(self, path: str) -> str:
        """Return the path with its symbolic links followed.

        Raises RepositoryError when a link leaves the repository.
        """


@dataclass(frozen=True)
class Edited:
    """A source with some files' bytes replaced."""

    under: Source
    files: Mapping[str, bytes]

    def read(self, path: str) -> bytes | None:
        """Return the edited bytes, also through a link, or what lies under them."""
        found = self.files.get(path)
        if found is None:
            found = self.files.get(self.under.real(path))
        return self.under.read(path) if found is None else found

    def names(self, folder: str) -> list[str]:
        """Return the names under it: an edit changes files and never adds one."""
        return self.under.names(folder)

    def real(self, path: str) -> str:
        """Return the path with its links followed."""
        return self.under.real(path)


def join(folder: str, reference: str) -> str | None:
    """Return where a reference written in a folder's file points, or None outside of the root.

    >>> join("overlays/dev/web", "../../../base/web")
    'base/web'
    """
    if reference.startswith("/"):
        return None
    path = posixpath.normpath(posixpath.join(folder, reference))
    return None if path == ".." or path.startswith("../") else path

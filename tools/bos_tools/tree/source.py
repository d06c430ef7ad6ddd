"""Where files come from: a work tree, a revision, or either with edits laid over it."""

import posixpath
from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from msgspec import Struct


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


class Edited(Struct, frozen=True):
    """A source with some files' bytes replaced, added, or, with None, taken away."""

    under: Source
    files: Mapping[str, bytes | None]

    def read(self, path: str) -> bytes | None:
        """Return the edited bytes, also through a link, or what lies under them."""
        for name in (path, self.under.real(path)):
            if name in self.files:
                return self.files[name]
        return self.under.read(path)

    def names(self, folder: str) -> list[str]:
        """Return the sorted names in a folder, with those that the edit adds and without those that it takes away."""
        head = f"{folder}/" if folder else ""
        inside = {path.removeprefix(head): data for path, data in self.files.items() if path.startswith(head)}
        added = {path.partition("/")[0] for path, data in inside.items() if data is not None}
        gone = {path for path, data in inside.items() if data is None}
        return sorted((set(self.under.names(folder)) - gone) | added)

    def real(self, path: str) -> str:
        """Return the path with its links followed."""
        return self.under.real(path)


@lru_cache(maxsize=8192)
def join(folder: str, reference: str) -> str | None:
    """Return where a reference written in a folder's file points, or None outside of the root.

    >>> join("overlays/dev/web", "../../../base/web")
    'base/web'
    """
    if reference.startswith("/"):
        return None
    path = posixpath.normpath(posixpath.join(folder, reference))
    return None if path == ".." or path.startswith("../") else path

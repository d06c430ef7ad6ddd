"""A commit's files as a source: one listing, then blobs as they are asked for."""

import os
import stat
from typing import Generic, Protocol, TypeVar

from bos_tools.errors import RepositoryError


class Objects(Protocol):
    """What a revision asks of the repository that it is in."""

    @property
    def prefix(self) -> str:
        """Return where our root is in the repository, with a slash at its end."""

    def listed(self, sha: str) -> str:
        """Return a commit's files as `git ls-tree -rz` writes them."""

    def blob(self, sha: str) -> bytes:
        """Return the bytes of a blob."""


Door = TypeVar("Door", bound=Objects)


class Revision(Generic[Door]):
    """The files that a commit has below our root."""

    def __init__(self, door: Door, sha: str) -> None:
        self.door = door
        self.sha = sha
        self._blobs: dict[str, bytes] = {}
        self._entries: dict[str, tuple[int, str]] = {}
        self._folders: dict[str, set[str]] = {}
        self._modules: list[str] = []
        for entry in door.listed(sha).split("\0"):
            meta, _, name = entry.partition("\t")
            if meta:
                mode, kind, blob = meta.split(" ")
                self._add(path := name.removeprefix(door.prefix), int(mode, 8), blob)
                if kind == "commit":
                    self._modules.append(path)

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
            self._demand_no_module(path)
        mode, blob = self._entries.get(path, (0, ""))
        if stat.S_ISLNK(mode):
            return self.read(self.real(path))
        return self._blob(blob) if stat.S_ISREG(mode) else None

    def _demand_no_module(self, path: str) -> None:
        """Refuse a path in another repository that the commit only names."""
        module = next((module for module in self._modules if path.startswith(f"{module}/")), None)
        if module is not None:
            raise RepositoryError(
                "a submodule, whose files no commit of this repository holds",
                reason="submodule",
                hint="put a copy of the files into this repository, at the version that was read",
                path=module,
            )

    def mode(self, path: str) -> str:
        """Return a file's mode as Git writes it, for a new one that of any text.

        Raises RepositoryError for what is no file.
        """
        mode, _ = self._entries.get(path, (0o100644, ""))
        if not stat.S_ISREG(mode) or path in self._folders:
            raise RepositoryError("not a regular file", reason="unreadable", path=path)
        return f"{mode:o}"

    def _blob(self, blob: str) -> bytes:
        if blob not in self._blobs:
            self._blobs[blob] = self.door.blob(blob)
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
            target = self._blob(self._entries[link][1]).decode("utf-8", "surrogateescape")
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

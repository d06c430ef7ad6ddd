"""The dependency graph: every file that a render reads."""

from bos_tools.errors import RepositoryError
from bos_tools.tree.admission import Reference, plugin
from bos_tools.tree.aliases import weigh
from bos_tools.tree.fields import Takes
from bos_tools.tree.kustomization import Kustomization, load
from bos_tools.tree.source import Source

DEPTH_LIMIT = 64
"""Kustomizations that refer to one another in a row: an overlay has some five."""
VISITS_LIMIT = 20_000
"""Kustomizations that one render reads, each as often as it is referred to: two in each of 30 levels are a billion."""
CLOSURE_LIMIT = 64 * 1024 * 1024
"""Bytes of all files of one render."""


class Graph:
    """The kustomizations of one source, each loaded once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._loaded: dict[str, Kustomization | None] = {}
        self._closures: dict[str, dict[str, bytes]] = {}
        self._folders: dict[str, list[str]] = {}
        self._visits: dict[str, int] = {}

    def kustomization(self, folder: str) -> Kustomization | None:
        """Return a folder's kustomization, or None."""
        if folder not in self._loaded:
            self._loaded[folder] = load(self.source, folder)
        return self._loaded[folder]

    def closure(self, folder: str) -> dict[str, bytes]:
        """Return every file that the render of a folder reads, path to bytes.

        Raises RepositoryError with file and line for a reference that is remote, missing, circular or a link to a
        folder, and for what kustomize might read otherwise than we do.
        """
        return self._closure(folder, (folder,))

    def folders(self, folder: str) -> list[str]:
        """Return the folders of every kustomization that a folder's render reads, itself included."""
        if folder not in self._folders:
            inside = set(map(_folder, self.closure(folder)))
            self._folders[folder] = sorted(k for k in inside if self._loaded.get(k) is not None)
        return self._folders[folder]

    def _closure(self, folder: str, trail: tuple[str, ...]) -> dict[str, bytes]:
        if folder not in self._closures:
            found = self.kustomization(folder)
            if found is None:
                raise RepositoryError(f"no kustomization in this folder: {folder}", reason="missing-file", path=folder)
            if len(trail) > DEPTH_LIMIT:
                raise _refused(f"over {DEPTH_LIMIT} kustomizations in a row", "circular", found, 0)
            files: dict[str, bytes] = {}
            self._add(found, found.path, 0, files)
            self._visits[folder] = 1
            for reference in found.references:
                self._follow(found, reference, files, trail)
            if sum(map(len, files.values())) > CLOSURE_LIMIT:
                raise _refused(f"files of more than {CLOSURE_LIMIT} bytes in one render", "too-large", found, 0)
            self._closures[folder] = files
        return self._closures[folder]

    def _follow(
        self, found: Kustomization, reference: Reference, files: dict[str, bytes], trail: tuple[str, ...]
    ) -> None:
        path = found.local(reference)
        if reference.takes is not Takes.FOLDER and (data := self.source.read(path)) is not None:
            self._add(found, path, reference.line, files)
            if reference.is_manifest:
                weigh(data, path)
            for inner in plugin(data, path) if reference.is_plugin else ():
                self._follow(found, inner, files, trail)
        elif path in trail:
            raise _refused(f"a circle of kustomizations: {path}", "circular", found, reference.line)
        elif reference.takes is not Takes.FILE and self.kustomization(path) is not None:
            files.update(self._closure(path, (*trail, path)))
            self._visits[found.folder] += self._visits[path]
            if self._visits[found.folder] > VISITS_LIMIT:
                raise _refused(f"over {VISITS_LIMIT} kustomizations in one render", "circular", found, reference.line)
        else:
            wanted = "" if reference.takes is Takes.EITHER else f", or is not {reference.takes.value}"
            raise _refused(
                f"`{reference.field}` names what does not exist{wanted}: {reference.text}",
                "missing-file",
                found,
                reference.line,
            )

    def _add(self, found: Kustomization, path: str, line: int, files: dict[str, bytes]) -> None:
        """Take a file, unless a link makes it another one than Argo CD's kustomize would read, or refuse to."""
        real = self.source.real(path)
        if real != path and (_folder(path) != self.source.real(_folder(path)) or not _is_below(real, found.folder)):
            raise _refused(f"a link that kustomize does not follow: {path}", "link-outside", found, line)
        data = self.source.read(path)
        if data is not None:
            files[path] = data


def _refused(message: str, reason: str, found: Kustomization, line: int) -> RepositoryError:
    return RepositoryError(message, reason=reason, path=found.path, line=line)


def _is_below(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]

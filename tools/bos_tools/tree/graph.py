"""The dependency graph: every file that a render reads."""

from bos_tools.errors import RepositoryError
from bos_tools.tree.kustomization import Kustomization, load
from bos_tools.tree.source import Source


class Graph:
    """The kustomizations of one source, each loaded once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._loaded: dict[str, Kustomization | None] = {}
        self._closures: dict[str, dict[str, bytes]] = {}

    def kustomization(self, folder: str) -> Kustomization | None:
        """Return a folder's kustomization, or None."""
        if folder not in self._loaded:
            self._loaded[folder] = load(self.source, folder)
        return self._loaded[folder]

    def closure(self, folder: str) -> dict[str, bytes]:
        """Return every file that the render of a folder reads, path to bytes.

        Raises RepositoryError with file and line for a reference that is remote, missing or circular.
        """
        if folder not in self._closures:
            files: dict[str, bytes] = {}
            self._collect(folder, files, (folder,))
            self._closures[folder] = files
        return self._closures[folder]

    def folders(self, folder: str) -> list[str]:
        """Return the folders of every kustomization that a folder's render reads, itself included."""
        return sorted({k for k in map(_folder, self.closure(folder)) if self._loaded.get(k) is not None})

    def _collect(self, folder: str, files: dict[str, bytes], trail: tuple[str, ...]) -> None:
        found = self.kustomization(folder)
        if found is None:
            raise RepositoryError(f"no kustomization in this folder: {folder}", reason="missing-file", path=folder)
        self._add(found.path, files)
        for reference in found.references:
            path = found.local(reference)
            if reference.field == "configMapGenerator" and path in files:
                continue
            if self.source.read(path) is not None:
                self._add(path, files)
            elif path in trail:
                raise RepositoryError(
                    f"a circle of kustomizations: {path}",
                    reason="circular",
                    path=found.path,
                    line=reference.line,
                )
            elif self.kustomization(path) is not None:
                self._collect(path, files, (*trail, path))
            else:
                raise RepositoryError(
                    f"`{reference.field}` names what does not exist: {reference.text}",
                    reason="missing-file",
                    path=found.path,
                    line=reference.line,
                )

    def _add(self, path: str, files: dict[str, bytes]) -> None:
        data = self.source.read(path)
        if data is not None:
            files[path] = data


def _folder(path: str) -> str:
    return path.rpartition("/")[0]

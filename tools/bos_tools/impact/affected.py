"""Which units a change reaches: those that read another file, or other bytes of one, than before."""

from collections.abc import Iterable
from dataclasses import dataclass

from bos_tools.errors import RepositoryError
from bos_tools.tree import layout
from bos_tools.tree.graph import Graph
from bos_tools.tree.layout import Tree, Unit


@dataclass(frozen=True)
class Affected:
    """The units to render, and of how many they are."""

    units: tuple[Unit, ...]
    of: int
    why: str | None = None
    """Why all of them are rendered: what a unit reads could not be worked out."""

    @property
    def all(self) -> bool:
        """Tell whether nobody knows which units the change reaches."""
        return self.why is not None


def affected(old: Tree, new: Tree, env: str | None = None) -> Affected:
    """Return the units of one environment, or of all, whose files differ between two trees.

    The static graph knows every file that kustomize reads, and refuses what it might read otherwise. What registers an
    environment with Argo CD counts as a unit. A unit that the graph refuses makes all units doubtful.
    """
    units = list(dict.fromkeys([*_units(new, env), *_units(old, env)]))
    reached: list[Unit] = []
    for unit in units:
        try:
            if _files(old.graph, unit.folder) != _files(new.graph, unit.folder):
                reached.append(unit)
        except RepositoryError as error:
            why = f"what {unit.folder} reads can't be worked out: {error.place or unit.folder}"
            return Affected(tuple(units), len(units), why)
    return Affected(tuple(reached), len(units))


def _units(tree: Tree, env: str | None) -> Iterable[Unit]:
    for name in tree.settings.environments if env is None else (env,):
        yield from tree.units(name)
        registration = Unit(name, layout.ARGOCD)
        if tree.graph.kustomization(registration.folder) is not None:
            yield registration


def _files(graph: Graph, folder: str) -> dict[str, bytes] | None:
    return graph.closure(folder) if graph.kustomization(folder) is not None else None

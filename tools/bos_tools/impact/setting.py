"""Where a change arrives: the Applications and storage classes of its environment, before it and after."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bos_tools.delivery import folder
from bos_tools.errors import RepositoryError
from bos_tools.impact.keeper import Keeper
from bos_tools.impact.pods import at
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import identified
from bos_tools.storage.volumes import CLASS, volumes
from bos_tools.tree import layout
from bos_tools.tree.environment import Gates
from bos_tools.tree.identity import Object
from bos_tools.tree.layout import Tree, Unit
from bos_tools.tree.quantity import written


@dataclass(frozen=True)
class StorageClass:
    """What a class does with volumes."""

    retains: bool
    """The volume outlives its claim."""
    expands: bool


@dataclass(frozen=True)
class Side:
    """An environment on one side of a change."""

    keepers: Mapping[str, Keeper] = field(default_factory=dict)
    """The Applications of its units, by the folder that they sync."""
    folders: frozenset[str] = frozenset()
    """The units that are there."""
    classes: Mapping[str, StorageClass] = field(default_factory=dict)
    default_class: str | None = None
    render: Callable[[str], Sequence[Object]] = field(default=lambda _: (), repr=False)
    """What a folder of it renders."""

    def storage(self, name: str | None) -> StorageClass | None:
        """Return a class, the default one for None; None for one that this environment's platform does not make."""
        return self.classes.get(name if name is not None else self.default_class or "")


@dataclass(frozen=True)
class Setting:
    """An environment before a change and after it, and what it demands."""

    old: Side = Side()
    new: Side = Side()
    gates: Gates = field(default_factory=Gates)
    recovered: frozenset[tuple[str, str]] = frozenset()
    """Claims that give an infeasible growth back, each with its size: no other claim can shrink."""


DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def settings(
    old: Tree, new: Tree, renderer: Renderer, envs: Iterable[str], recovered: Collection[tuple[str, str]] = ()
) -> dict[str, Setting]:
    """Return where a change arrives, by environment; with the volumes whose infeasible growth it takes back."""
    return {
        env: Setting(
            _side(old, renderer, env), _side(new, renderer, env), _gates(old, new, env), _claims(new, env, recovered)
        )
        for env in envs
    }


def _claims(tree: Tree, env: str, recovered: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Return the claims of volumes, each with its size."""
    services = {volume.split("/")[1] for volume, _ in recovered if volume.startswith(f"{env}/")}
    return frozenset(
        (size.object.id, written(size.number))
        for service in services
        for volume in volumes(tree.graph, Unit(env, service))
        if (volume.id, written(volume.size)) in recovered
        for size in volume.sizes
    )


def _gates(old: Tree, new: Tree, env: str) -> Gates:
    """Return what an environment demands: a guard that the change itself takes away still holds for it."""
    found = [_said(tree, env) for tree in (old, new)]
    return next((gates for gates in found if gates.holds_pruning), found[-1])


def _said(tree: Tree, env: str) -> Gates:
    try:
        return tree.environment(env).gates
    except RepositoryError:  # a rule has its own finding for it
        return Gates(prune="confirm")


def _side(tree: Tree, renderer: Renderer, env: str) -> Side:
    if env not in tree.settings.environments:
        return Side()

    def render(place: str) -> list[Object]:
        """Return what a folder renders; nothing of one that is not there, or that has its own finding."""
        try:
            if tree.graph.kustomization(place) is not None:
                return renderer.objects(renderer.one(tree.graph, place))
        except RepositoryError:
            pass
        return []

    registered = [*_root(tree, env), *render(layout.argocd(env))]
    folders = [unit.folder for unit in tree.units(env)]
    return side(registered, render(layout.unit(env, layout.PLATFORM)), folders, render)


def _root(tree: Tree, env: str) -> list[Object]:
    """Return the Application that makes the others, which no kustomization lists: the API applies it."""
    try:
        documents = folder.read(tree.source, layout.argocd(env), folder.ROOT)
    except RepositoryError:
        return []
    return [made for one in folder.by_name(documents).values() for made in [identified(one)]]


def side(
    registered: Iterable[Object],
    platform: Iterable[Object],
    folders: Iterable[str],
    render: Callable[[str], Sequence[Object]] = lambda _: (),
) -> Side:
    """Return one side of an environment, from what registers it, what its platform holds, and its units."""
    keepers = (Keeper(one) for one in registered if one.kind == "Application")
    classes = [one for one in platform if one.kind == CLASS]
    made = {
        one.name: StorageClass(at(one, "reclaimPolicy") == "Retain", at(one, "allowVolumeExpansion") is True)
        for one in classes
    }
    default = (one.name for one in classes if (at(one, "metadata", "annotations") or {}).get(DEFAULT_CLASS) == "true")
    kept = {one.folder: one for one in keepers if one.folder}
    return Side(kept, frozenset(folders), made, next(default, None), render)

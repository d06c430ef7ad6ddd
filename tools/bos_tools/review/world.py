"""What the rules look at: the environments, rendered."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from bos_tools.errors import RepositoryError
from bos_tools.render.kustomize import Renderer
from bos_tools.review import blame, schema
from bos_tools.review.locate import locate
from bos_tools.review.registry import Fault
from bos_tools.review.schema import Wrong
from bos_tools.tree import layout
from bos_tools.tree.environment import Environment, Gates, NodeGroup
from bos_tools.tree.identity import Object
from bos_tools.tree.kustomization import Kustomization
from bos_tools.tree.layout import Tree, Unit
from bos_tools.tree.nodes import Path
from bos_tools.tree.secrets import Contract
from bos_tools.tree.service_plan import ServicePlan, Workload

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job"})

FILES_LIMIT = 32 * 1024 * 1024
"""Bytes of all files that are searched below base/ or an overlay; ours have half a megabyte."""


@dataclass(frozen=True)
class Rendered:
    """One object of the render and the unit that it is in."""

    unit: Unit
    object: Object

    @property
    def data(self) -> Any:
        """Return the object itself."""
        return self.object.data

    def get(self, *path: str) -> Any:
        """Return a field's value, None where it is absent."""
        return down(self.object.data, *path)


def down(data: Any, *path: str) -> Any:
    """Return what lies at a path of keys, None where it is absent."""
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def selected(selector: Any, labels: dict[str, Any]) -> bool:
    """Tell whether labels fulfil a selector; an empty one selects all, none selects nothing.

    >>> selected({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}, {"a": "b"})
    True
    """
    if not isinstance(selector, dict):
        return False
    fulfilled = (selector.get("matchLabels") or {}).items() <= labels.items()
    for said in selector.get("matchExpressions") or []:
        value, values = labels.get(said.get("key")), said.get("values") or []
        verdict = {
            "In": value in values, "NotIn": value not in values,
            "Exists": value is not None, "DoesNotExist": value is None,
        }  # fmt: skip
        fulfilled = fulfilled and verdict.get(str(said.get("operator")), False)
    return fulfilled


def tolerates(toleration: Any, taint: str) -> bool:
    """Tell whether a toleration bears a taint `key=value:effect`."""
    said, _, effect = taint.rpartition(":")
    key, _, value = said.partition("=")
    is_same = toleration.get("operator") == "Exists" or str(toleration.get("value") or "") == value
    return toleration.get("key") in (key, None) and is_same and toleration.get("effect") in (effect, None, "")


def line_of(data: bytes, mark: bytes) -> int:
    """Return the line on which a text first stands, else the first."""
    at = data.find(mark)
    return data.count(b"\n", 0, at) + 1 if at >= 0 else 1


@dataclass
class World:
    """One environment as the rules see it: what it says of itself, its units, and every object in it."""

    tree: Tree
    name: str
    facts: Environment | None = None
    """What it says of itself; None where that can't be read, which has its own finding."""
    units: list[tuple[Unit, Kustomization]] = field(default_factory=list)
    objects: list[Rendered] = field(default_factory=list)
    registration: list[Rendered] = field(default_factory=list)
    """What Argo CD is told of the environment, as it renders; it is no unit, and two rules alone judge it."""
    wrong: list[tuple[Rendered, Wrong]] = field(default_factory=list)
    """What no API server takes. A misshapen object is not among `objects`, because a rule could fall over it."""
    rendered: set[str] = field(default_factory=set)
    """The services whose unit renders: only of them can a rule say that something is absent."""
    aggregator: Kustomization | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    """Every file of base/ and of this overlay, used or not."""
    plans: dict[str, ServicePlan] = field(default_factory=dict)
    """What the plan says of each service."""
    contract: Contract = field(default_factory=lambda: Contract({}))
    unread: list[RepositoryError] = field(default_factory=list)
    """Why a file or a unit could not be read or rendered; what is about it is absent from the rest."""

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep the error of what can't be read, and go on."""
        try:
            yield
        except RepositoryError as error:
            self.unread.append(error)

    @property
    def is_whole(self) -> bool:
        """Tell whether every unit renders, so that what is not in `objects` is nowhere."""
        return self.rendered == set(self.tree.services(self.name))

    @property
    def workloads(self) -> dict[str, Workload]:
        """Return the plan's numbers of each service that has some."""
        return {name: plan.workload for name, plan in self.plans.items() if plan.workload is not None}

    @property
    def baseline(self) -> set[str]:
        """Return what runs as root, as its image is shipped."""
        return {name for name, planned in self.workloads.items() if planned.pod_security == "baseline"}

    @property
    def gates(self) -> Gates:
        """Return what the environment demands; nothing where its environment.yaml can't be read."""
        return self.facts.gates if self.facts is not None else Gates()

    def of(self, *kinds: str) -> Iterator[Rendered]:
        """Yield the objects of some kinds."""
        return (made for made in self.objects if made.object.kind in kinds)

    def one(self, kind: str, name: str) -> Rendered | None:
        """Return an object by kind and name."""
        return next((made for made in self.of(kind) if made.object.name == name), None)

    def nodes(self, role: str | None) -> NodeGroup | None:
        """Return the nodes of a role, None where the environment has none."""
        return self.facts.group(role) if self.facts is not None else None

    def pods(self) -> Iterator[tuple[Rendered, Any, Path]]:
        """Yield every workload with its pod spec and the path of that."""
        for made in self.of(*WORKLOADS):
            yield made, made.get("spec", "template", "spec") or {}, ("spec", "template", "spec")
        for made in self.of("CronJob"):
            path = ("spec", "jobTemplate", "spec", "template", "spec")
            yield made, made.get(*path) or {}, path

    def labelled(self) -> Iterator[tuple[Rendered, dict[str, Any]]]:
        """Yield everything that makes pods with the labels that its pods bear; an operator's database among them."""
        for made, _, path in self.pods():
            yield made, down(made.data, *map(str, path[:-1]), "metadata", "labels") or {}
        for made in self.of("Cluster"):
            yield made, {"cnpg.io/cluster": made.object.name, **(made.get("spec", "inheritedMetadata", "labels") or {})}

    def containers(self) -> Iterator[tuple[Rendered, Any, Path]]:
        """Yield every container, init containers too, with its path."""
        for made, pod, path in self.pods():
            for key in ("initContainers", "containers"):
                for index, container in enumerate(pod.get(key) or []):
                    yield made, container, (*path, key, index)

    def at(self, made: Rendered, message: str, path: Path = ()) -> Fault:
        """Return a fault at the source of an object's field."""
        file, line = locate(self.tree.graph, made.unit.folder, made.object, path)
        return Fault(file, line, message, made.object.id)

    def file(self, path: str, line: int, message: str) -> Fault:
        """Return a fault at a place in a file."""
        return Fault(path, line, message)


def environments(tree: Tree, renderer: Renderer, names: list[str]) -> list[World]:
    """Return the environments, rendered at once; each keeps why a unit of it can't be read or rendered."""
    unread: list[RepositoryError] = []
    base = _files(tree, layout.BASE, unread)
    worlds = [_read(tree, name, base) for name in names]
    for world in worlds[:1]:
        world.unread.extend(unread)
    everything: list[tuple[World, Rendered]] = []
    for world, unit, text in _renders(worlds, renderer):
        if unit == _registration(world):
            world.registration = [Rendered(unit, one) for one in renderer.objects(text)]
            continue
        world.rendered.add(unit.service)
        everything += [(world, Rendered(unit, one)) for one in renderer.objects(text)]
    for (world, made), found in zip(everything, schema.wrong(made.object for _, made in everything), strict=True):
        world.wrong += [(made, one) for one in found]
        if not any(one.is_misshapen for one in found):
            world.objects.append(made)
    return worlds


def _read(tree: Tree, name: str, base: dict[str, bytes]) -> World:
    """Return an environment as its files have it, not rendered yet."""
    world = World(tree, name, files=dict(base))
    world.files.update(_files(tree, layout.aggregate(name), world.unread))
    with world.reading():
        world.facts = _facts(tree, name)
    with world.reading():
        world.plans = tree.plans()
        world.contract = tree.contract()
    with world.reading():
        found = tree.graph.kustomization(layout.aggregate(name))
        if found is not None:
            found.sequence("resources")
        world.aggregator = found
    for service in tree.services(name):
        with world.reading():
            unit = Unit(name, service)
            world.units.append((unit, blame.read(tree.graph, unit.folder)))
    return world


def _facts(tree: Tree, name: str) -> Environment | None:
    """Return what an environment says; what its schema refuses is L3's to report.

    Raises RepositoryError for YAML that is broken.
    """
    document = tree.document(layout.environment_file(name))
    if document is None:
        return None
    document.single()
    with suppress(RepositoryError):
        return tree.environment(name)
    return None


def _renders(worlds: list[World], renderer: Renderer) -> Iterator[tuple[World, Unit, bytes]]:
    """Yield every unit's render; when one fails, the rest is rendered one by one."""
    units = [(world, unit) for world in worlds for unit, _ in world.units]
    units += [(world, unit) for world in worlds if _is_there(world, unit := _registration(world))]
    try:
        texts = renderer.render([(world.tree.graph, unit.folder) for world, unit in units])
        yield from ((world, unit, text) for (world, unit), text in zip(units, texts, strict=True))
    except RepositoryError:
        for world, unit in units:
            try:
                yield world, unit, renderer.one(world.tree.graph, unit.folder)
            except RepositoryError as error:
                world.unread.append(blame.place(world.tree.graph, unit.folder, error))


def _registration(world: World) -> Unit:
    return Unit(world.name, layout.ARGOCD)


def _is_there(world: World, unit: Unit) -> bool:
    found = None
    with world.reading():
        found = world.tree.graph.kustomization(unit.folder)
    return found is not None


def _files(tree: Tree, folder: str, unread: list[RepositoryError]) -> dict[str, bytes]:
    """Return every file below a folder, as many as can be searched in some seconds."""
    found: dict[str, bytes] = {}
    total = 0
    for path, data in _walk(tree, folder, unread):
        total += len(data)
        if total > FILES_LIMIT:
            message = f"files of more than {FILES_LIMIT} bytes below {folder}: this one and the rest are not read"
            unread.append(RepositoryError(message, reason="too-large", path=path))
            break
        found[path] = data
    return found


def _walk(tree: Tree, folder: str, unread: list[RepositoryError]) -> Iterator[tuple[str, bytes]]:
    """Yield every file below a folder, through no link to a folder, and keep the error of what can't be read."""
    for name in tree.source.names(folder):
        path = f"{folder}/{name}"
        try:
            data = tree.source.read(path)
            is_link = data is None and tree.source.real(path) != path
        except RepositoryError as error:
            unread.append(error)
            continue
        if data is not None:
            yield path, data
        elif not is_link:
            yield from _walk(tree, path, unread)


Recovered = Collection[tuple[str, str]]
"""Volumes whose infeasible growth a commit takes back, each with the size that the commit gives it."""


@dataclass(frozen=True)
class Pair:
    """One environment before and after a change."""

    old: World
    new: World
    recovered: Recovered = ()

    def same(self, *kinds: str) -> Iterator[tuple[Rendered, Rendered]]:
        """Yield each object of some kinds that is there before and after."""
        before = {made.object.id: made for made in self.old.of(*kinds)}
        for made in self.new.of(*kinds):
            if made.object.id in before:
                yield before[made.object.id], made

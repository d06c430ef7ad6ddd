"""What the rules look at: the environments, rendered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bos_tools.errors import BosError, RepositoryError
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import Object, objects
from bos_tools.review.findings import Finding
from bos_tools.review.locate import locate
from bos_tools.tree.kustomization import Kustomization
from bos_tools.tree.layout import Tree, Unit
from bos_tools.tree.nodes import Path, parse, plain_data

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job"})


@dataclass(frozen=True)
class Made:
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


@dataclass
class Environment:
    """One environment: what it says of itself, its units, and every object in it."""

    tree: Tree
    name: str
    says: dict[str, Any]
    units: list[tuple[Unit, Kustomization]] = field(default_factory=list)
    objects: list[Made] = field(default_factory=list)
    rule: str = ""

    def of(self, *kinds: str) -> Iterator[Made]:
        """Yield the objects of some kinds."""
        return (made for made in self.objects if made.object.kind in kinds)

    def one(self, kind: str, name: str) -> Made | None:
        """Return an object by kind and name."""
        return next((made for made in self.of(kind) if made.object.name == name), None)

    def pods(self) -> Iterator[tuple[Made, Any, Path]]:
        """Yield every workload with its pod spec and the path of that."""
        for made in self.of(*WORKLOADS):
            yield made, made.get("spec", "template", "spec") or {}, ("spec", "template", "spec")
        for made in self.of("CronJob"):
            path = ("spec", "jobTemplate", "spec", "template", "spec")
            yield made, made.get(*path) or {}, path

    def containers(self) -> Iterator[tuple[Made, Any, Path]]:
        """Yield every container, init containers too, with its path."""
        for made, pod, path in self.pods():
            for key in ("initContainers", "containers"):
                for index, container in enumerate(pod.get(key) or []):
                    yield made, container, (*path, key, index)

    def at(self, made: Made, message: str, path: Path = ()) -> Finding:
        """Return a finding at the source of an object's field."""
        file, line = locate(self.tree.graph, made.unit.folder, made.object, path)
        return Finding(file, line, self.rule, message, made.object.id, (self.name,))

    def file(self, path: str, line: int, message: str) -> Finding:
        """Return a finding at a place in a file."""
        return Finding(path, line, self.rule, message, "", (self.name,))


Rule = Callable[[Environment], Iterator[Finding]]


def environments(tree: Tree, renderer: Renderer, names: list[str]) -> tuple[list[Environment], list[Finding]]:
    """Return the environments, rendered at once, and a finding for each unit that can't be read or rendered."""
    made: list[Environment] = []
    broken: list[Finding] = []
    for name in names:
        env = Environment(tree, name, _says(tree, name, broken))
        for service in tree.services(name):
            try:
                unit, found = tree.unit(name, service)
                tree.graph.closure(unit.folder)
                env.units.append((unit, found))
            except RepositoryError as error:
                broken.append(_broken(error, name))
        made.append(env)
    for env in made:
        env.objects = [Made(unit, one) for unit, text in _renders(env, renderer, broken) for one in objects(text)]
    return made, broken


def _renders(env: Environment, renderer: Renderer, broken: list[Finding]) -> Iterator[tuple[Unit, bytes]]:
    """Yield every unit's render; when one fails, the rest is rendered one by one."""
    graph = env.tree.graph
    try:
        texts = renderer.render([(graph, unit.folder) for unit, _ in env.units])
        yield from zip((unit for unit, _ in env.units), texts, strict=True)
    except RepositoryError:
        for unit, _ in env.units:
            try:
                yield unit, renderer.one(graph, unit.folder)
            except RepositoryError as error:
                broken.append(_broken(error, env.name))


def _broken(error: BosError, env: str) -> Finding:
    rule = {"duplicate-key": "K4", "forbidden-source": "K8"}.get(error.reason, "K9")
    return Finding(error.path, error.line, rule, error.message, "", (env,))


def _says(tree: Tree, name: str, broken: list[Finding]) -> dict[str, Any]:
    path = f"overlays/{name}/environment.yaml"
    data = tree.source.read(path)
    try:
        says = plain_data(parse(data, path).single()) if data is not None else {}
    except RepositoryError as error:
        broken.append(_broken(error, name))
        says = {}
    return says if isinstance(says, dict) else {}

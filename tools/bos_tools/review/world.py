"""What the rules look at: the environments, rendered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bos_tools.errors import BosError, RepositoryError
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects
from bos_tools.review import blame, shapes
from bos_tools.review.findings import Finding
from bos_tools.review.locate import locate
from bos_tools.tree.identity import Object
from bos_tools.tree.kustomization import Kustomization
from bos_tools.tree.layout import Gates, Tree, Unit
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
class Environment:
    """One environment: what it says of itself, its units, and every object in it."""

    tree: Tree
    name: str
    says: dict[str, Any]
    units: list[tuple[Unit, Kustomization]] = field(default_factory=list)
    objects: list[Made] = field(default_factory=list)
    misshapen: list[tuple[Made, str, Path]] = field(default_factory=list)
    """Objects that no API server takes, with what is wrong and where; no other rule looks at them."""
    rendered: set[str] = field(default_factory=set)
    """The services whose unit renders: only of them can a rule say that something is absent."""
    aggregator: Kustomization | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    """Every file of base/ and of this overlay, used or not."""
    rule: str = ""

    @property
    def is_whole(self) -> bool:
        """Tell whether every unit renders, so that what is not in `objects` is nowhere."""
        return self.rendered == set(self.tree.services(self.name))

    @property
    def gates(self) -> Gates:
        """Return what the environment demands; an environment.yaml that can't be read has its own finding."""
        try:
            return self.tree.gates(self.name)
        except RepositoryError:
            return Gates(needs_digest=False, undigested=frozenset())

    def of(self, *kinds: str) -> Iterator[Made]:
        """Yield the objects of some kinds."""
        return (made for made in self.objects if made.object.kind in kinds)

    def one(self, kind: str, name: str) -> Made | None:
        """Return an object by kind and name."""
        return next((made for made in self.of(kind) if made.object.name == name), None)

    def nodes(self) -> list[dict[str, Any]]:
        """Return the groups of nodes that environment.yaml names."""
        said = self.says.get("nodes")
        return [node for node in said if isinstance(node, dict)] if isinstance(said, list) else []

    def pods(self) -> Iterator[tuple[Made, Any, Path]]:
        """Yield every workload with its pod spec and the path of that."""
        for made in self.of(*WORKLOADS):
            yield made, made.get("spec", "template", "spec") or {}, ("spec", "template", "spec")
        for made in self.of("CronJob"):
            path = ("spec", "jobTemplate", "spec", "template", "spec")
            yield made, made.get(*path) or {}, path

    def labelled(self) -> Iterator[tuple[Made, dict[str, Any]]]:
        """Yield everything that makes pods with the labels that its pods bear; an operator's database among them."""
        for made, _, path in self.pods():
            yield made, down(made.data, *map(str, path[:-1]), "metadata", "labels") or {}
        for made in self.of("Cluster"):
            yield made, {"cnpg.io/cluster": made.object.name, **(made.get("spec", "inheritedMetadata", "labels") or {})}

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
    base = dict(_walk(tree, "base"))
    for name in names:
        env = Environment(
            tree, name, _says(tree, name, broken), files={**base, **dict(_walk(tree, f"overlays/{name}"))}
        )
        try:
            found = tree.graph.kustomization(f"overlays/{name}")
            if found is not None:
                found.sequence("resources")
            env.aggregator = found
        except RepositoryError as error:
            broken.append(_broken(error, name))
        for service in tree.services(name):
            try:
                env.units.append((Unit(name, service), blame.read(tree.graph, Unit(name, service).folder)))
            except RepositoryError as error:
                broken.append(_broken(error, name))
        made.append(env)
    for env, unit, text in _renders(made, renderer, broken):
        env.rendered.add(unit.service)
        for one in objects(text):
            wrong = shapes.misshapen(one)
            if wrong is None:
                env.objects.append(Made(unit, one))
            else:
                env.misshapen.append((Made(unit, one), *wrong))
    return made, broken


def _renders(
    made: list[Environment], renderer: Renderer, broken: list[Finding]
) -> Iterator[tuple[Environment, Unit, bytes]]:
    """Yield every unit's render; when one fails, the rest is rendered one by one."""
    units = [(env, unit) for env in made for unit, _ in env.units]
    try:
        texts = renderer.render([(env.tree.graph, unit.folder) for env, unit in units])
        yield from ((env, unit, text) for (env, unit), text in zip(units, texts, strict=True))
    except RepositoryError:
        for env, unit in units:
            try:
                yield env, unit, renderer.one(env.tree.graph, unit.folder)
            except RepositoryError as error:
                broken.append(_broken(blame.place(env.tree.graph, unit.folder, error), env.name))


def _broken(error: BosError, env: str) -> Finding:
    rule = {"duplicate-key": "K4", "forbidden-source": "K8"}.get(error.reason, "K9")
    return Finding(error.path, max(error.line, 1), rule, error.message, "", (env,))


def _walk(tree: Tree, folder: str) -> Iterator[tuple[str, bytes]]:
    for name in tree.source.names(folder):
        path = f"{folder}/{name}"
        data = tree.source.read(path)
        if data is not None:
            yield path, data
        else:
            yield from _walk(tree, path)


def _says(tree: Tree, name: str, broken: list[Finding]) -> dict[str, Any]:
    path = f"overlays/{name}/environment.yaml"
    data = tree.source.read(path)
    try:
        says = plain_data(parse(data, path).single()) if data is not None else {}
    except RepositoryError as error:
        broken.append(_broken(error, name))
        says = {}
    return says if isinstance(says, dict) else {}

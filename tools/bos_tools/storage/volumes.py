"""What holds a size: a claim of its own, the claims of a StatefulSet with their template, a database of an operator.

What kustomize would make of the files is worked out here to find the scalar that wins; the proof then holds it against
the render, by kind, namespace and name.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from bos_tools.errors import RepositoryError
from bos_tools.tree.applied import applied, declared
from bos_tools.tree.graph import Graph
from bos_tools.tree.identity import Object
from bos_tools.tree.kustomization import NAMES
from bos_tools.tree.layout import PLATFORM, Tree, Unit
from bos_tools.tree.nodes import Node, Path, down, plain_data
from bos_tools.tree.operations import operations
from bos_tools.tree.quantity import quantity

CLAIM, SET, DATABASE, CLASS = "PersistentVolumeClaim", "StatefulSet", "Cluster", "StorageClass"
KINDS = (CLAIM, SET, DATABASE, CLASS)
DATABASES = "postgresql.cnpg.io"
REQUEST: Path = ("spec", "resources", "requests", "storage")
POD_VOLUMES = ("spec", "template", "spec", "volumes")
OF_DATABASE = "cnpg.io/cluster"
"""The label that CloudNativePG gives the claims of a database."""
PARTS = {"storage": ("data", "PG_DATA"), "walStorage": ("wal", "PG_WAL")}
"""The volumes of a database: how ours is called, and what CloudNativePG says of its claims in `cnpg.io/pvcRole`."""


class Said(Struct, frozen=True):
    """Where the document that wins says a field."""

    path: str
    line: int
    at: Path
    """In the document; a patch of JSON 6902 has it below one of its operations."""
    value: str
    is_inline: bool
    """In the kustomization itself, as a text that is no YAML of its own."""


class Size(Struct, frozen=True):
    """One scalar of the render that holds a size."""

    object: Object
    at: Path
    said: Said

    @property
    def field(self) -> str:
        """Return the leaf's name in the render."""
        text = ".".join(f"[{step}]" if isinstance(step, int) else str(step) for step in self.at)
        return text.replace(".[", "[")

    @property
    def number(self) -> Decimal:
        """Return the size in bytes; raises RepositoryError for what is no size."""
        number = quantity(self.said.value)
        if number is None or number <= 0:
            raise RepositoryError(
                f"not a size: {self.said.value!a}", reason="malformed-size", path=self.said.path, line=self.said.line
            )
        return number


class Volume(Struct, frozen=True):
    """What grows together, under the name that the plan has for it."""

    unit: Unit
    name: str
    kind: str
    """CLAIM, SET or DATABASE: what takes the size."""
    owner: str
    """The claim, the StatefulSet or the database."""
    namespace: str
    storage_class: str | None
    sizes: tuple[Size, ...]
    is_left: bool = False
    """Its operator leaves the claims as they are when the size changes."""

    @property
    def role(self) -> str:
        """Return what the operator of a database calls this part of it."""
        return PARTS.get(str(self.sizes[0].at[1]), ("", ""))[1]

    @property
    def size(self) -> Decimal:
        """Return the size in Git, the largest where they differ."""
        return max(size.number for size in self.sizes)

    @property
    def claims(self) -> tuple[str, ...]:
        """Return the claims that Git declares; those of a database are its operator's, found by their label."""
        return tuple(size.object.name for size in self.sizes if size.object.kind == CLAIM)

    @property
    def id(self) -> str:
        """Return the name by which commits remember it."""
        return f"{self.unit.env}/{self.unit.service}/{self.name}"


def volumes(graph: Graph, unit: Unit) -> list[Volume]:
    """Return a unit's volumes, sorted by name.

    Raises RepositoryError for a unit that can't be read and for a size that is none.
    """
    graph.closure(unit.folder)
    space = _namespace(graph, unit.folder)
    made_of = declared(graph, unit.folder, *KINDS)
    found = {(o.kind, o.name): o for node in made_of if (o := _object(node, space)) is not None}
    made = [volume for one in found.values() for volume in _owned(graph, unit, one, found)]
    taken = {claim for volume in made for claim in volume.claims}
    alone = [one for one in found.values() if one.kind == CLAIM and one.name not in taken]
    made += [
        _volume(graph, unit, one.name, one, ("spec", "storageClassName"), (size,))
        for one in alone
        if (size := _size(graph, unit, one, REQUEST)) is not None
    ]
    return sorted(made, key=lambda volume: volume.name)


def expands(tree: Tree, env: str, storage_class: str | None) -> bool | None:
    """Tell whether an environment's platform lets a class grow its claims; None where it makes no such class."""
    unit = Unit(env, PLATFORM)
    if tree.graph.kustomization(unit.folder) is None:
        return None
    made = (_object(node, "") for node in declared(tree.graph, unit.folder, CLASS))
    for one in made:
        if one is not None and (one.kind, one.name) == (CLASS, storage_class):
            allowed = said(tree.graph, unit, one, ("allowVolumeExpansion",))
            return allowed is not None and allowed.value == "true"
    return None


def holder(graph: Graph, volume: Volume) -> str:
    """Return the workload that mounts a volume, as kubectl names it; the claim itself where none does."""
    if volume.kind != CLAIM:
        return f"{volume.kind.lower()}/{volume.owner}"
    for node in declared(graph, volume.unit.folder):
        kind, name, mounts = down(node, "kind"), down(node, "metadata", "name"), down(node, *POD_VOLUMES)
        for item in mounts.items if mounts is not None and mounts.kind == "seq" else []:
            used = down(item.resolved(), "persistentVolumeClaim", "claimName")
            if kind is not None and name is not None and used is not None and used.value == volume.owner:
                return f"{kind.value.lower()}/{name.value}"
    return f"pvc/{volume.owner}"


def _owned(graph: Graph, unit: Unit, one: Object, found: dict[tuple[str, str], Object]) -> Iterator[Volume]:
    """Yield the volumes of a StatefulSet or a database, unless a patch takes those away."""
    if one.kind == DATABASE and one.group == DATABASES:
        for key, (suffix, _) in PARTS.items():
            size = _size(graph, unit, one, ("spec", key, "size"))
            if size is not None:
                made = _volume(graph, unit, f"{one.name}-{suffix}", one, ("spec", key, "storageClass"), (size,))
                grows = said(graph, unit, one, ("spec", key, "resizeInUseVolumes"))
                yield replace(made, is_left=grows is not None and grows.value == "false")
    for index, template in enumerate(_templates(graph, unit, one) if one.kind == SET else ()):
        at: Path = ("spec", "volumeClaimTemplates", index)
        own = _size(graph, unit, one, (*at, *REQUEST))
        pattern = re.compile(re.escape(f"{template}-{one.name}") + r"-\d+")
        claims = [
            other for kind, name in found if kind == CLAIM and pattern.fullmatch(name) for other in [found[kind, name]]
        ]
        sizes = [
            _size(graph, unit, claim, REQUEST) for claim in sorted(claims, key=lambda c: int(c.name.rpartition("-")[2]))
        ]
        if own is not None:
            there = (*(size for size in sizes if size is not None), own)
            yield _volume(graph, unit, template, one, (*at, "spec", "storageClassName"), there)


def _volume(graph: Graph, unit: Unit, name: str, owner: Object, place: Path, sizes: tuple[Size, ...]) -> Volume:
    named = said(graph, unit, owner, place)
    return Volume(unit, name, owner.kind, owner.name, owner.namespace, named.value if named else None, sizes)


def _templates(graph: Graph, unit: Unit, one: Object) -> list[str]:
    """Return the names of a StatefulSet's templates, as the last document that lists them has it."""
    listed = [
        node for _, _, root in applied(graph, unit.folder, one) if (node := down(root, "spec", "volumeClaimTemplates"))
    ]
    names = [down(item.resolved(), "metadata", "name") for item in listed[-1].items] if listed else []
    return [name.value for name in names if name is not None]


def _size(graph: Graph, unit: Unit, one: Object, at: Path) -> Size | None:
    found = said(graph, unit, one, at)
    return Size(one, at, found) if found is not None else None


def said(graph: Graph, unit: Unit, one: Object, at: Path) -> Said | None:
    """Return where the last document that says a field says it; None where it is absent or taken away."""
    last: Said | None = None
    for path, shift, root in applied(graph, unit.folder, one):
        reached = _operations(root, at) if root.kind == "seq" else _descend(root, at)
        if reached is None:
            continue
        where, node = reached
        is_inline = path.rpartition("/")[2] in NAMES
        last = Said(path, node.line + shift, where, node.value, is_inline) if node.kind == "scalar" else None
    return last


Reached = tuple[Path, Node]
"""Where a document says a field; a node that is no scalar stands for one that it takes away."""


def _descend(root: Node, at: Path) -> Reached | None:
    deleted = root.get("$patch")
    if deleted is not None and deleted.value == "delete":
        return (), root
    node: Node | None = root
    for step in at:
        node = _step(node, step)
    return (at, node) if node is not None and node.kind == "scalar" else None


def _operations(root: Node, at: Path) -> Reached | None:
    """Return what the last operation about the field, or about a part above it, makes of it."""
    found: Reached | None = None
    for op in operations(root, at):
        rest = at[op.depth :]
        node = None if op.removes else op.value
        for step in rest:
            node = _step(node, step)
        found = ((op.index, "value", *rest), node) if node is not None and node.kind == "scalar" else ((), root)
    return found


def _step(node: Node | None, step: str | int) -> Node | None:
    if node is None:
        return None
    if isinstance(step, str):
        return node.get(step)
    node = node.resolved()
    return node.items[step].resolved() if node.kind == "seq" and step < len(node.items) else None


def _object(root: Node, space: str) -> Object | None:
    kind, version, name = down(root, "kind"), down(root, "apiVersion"), down(root, "metadata", "name")
    if kind is None or name is None or kind.value not in KINDS:
        return None
    group = version.value.rpartition("/")[0] if version is not None else ""
    own = down(root, "metadata", "namespace")
    return Object(kind.value, group, space or (own.value if own is not None else ""), name.value, plain_data(root))


def _namespace(graph: Graph, folder: str) -> str:
    """Return the namespace that a folder's kustomizations set; the outermost is the last to do so."""
    found = graph.kustomization(folder)
    if found is None:
        return ""
    own = found.root.get("namespace")
    if own is not None and own.value:
        return own.value
    inner = [found.local(r) for key in ("resources", "components") for r in found.references if r.field == key]
    return next((space for path in reversed(inner) if (space := _namespace(graph, path))), "")

"""From an object's field in the render to the file and line that it comes from."""

import re
from collections.abc import Iterator

from bos_tools.errors import RepositoryError
from bos_tools.render.objects import Object
from bos_tools.tree.graph import Graph
from bos_tools.tree.nodes import Node, Path, parse
from bos_tools.tree.source import join


def locate(graph: Graph, folder: str, made: Object, path: Path = ()) -> tuple[str, int]:
    """Return the file and line of a field: the outermost file that says it, else its nearest ancestor in the base.

    Files come in the order in which kustomize applies them, so the last one that has the whole path wins; a patch with
    a target comes after them, when it says the whole path.
    """
    best: tuple[int, str, int] | None = None
    for file, data in graph.closure(folder).items():
        if not file.endswith((".yaml", ".yml")) or made.name.encode() not in data:
            continue
        for root in _documents(file, data):
            if _is(root, made):
                depth, line = _descend(root, path)
                if best is None or depth > best[0] or depth == len(path):
                    best = (depth, file, line)
    if best is None:
        return _generated(graph, folder, made)
    for file, line in _targeted(graph, folder, made, path):
        best = (len(path), file, line)
    return best[1], best[2]


def _targeted(graph: Graph, folder: str, made: Object, path: Path) -> Iterator[tuple[str, int]]:
    """Yield where patches with a target set exactly this field of the object."""
    for inner in graph.folders(folder):
        found = graph.kustomization(inner)
        for item in found.sequence("patches") if found is not None and path else ():
            target, reference = item.get("target"), item.get("path")
            if found is None or target is None or reference is None or not selects(target, made):
                continue
            file = join(inner, reference.value) or ""
            for root in _documents(file, graph.closure(folder).get(file, b"")):
                pointer = "/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in path)
                for op in root.items if root.kind == "seq" else ():
                    said = op.get("path")
                    if said is not None and said.value == pointer:
                        yield file, op.line
                if root.kind == "map":
                    depth, line = _descend(root, path)
                    if depth == len(path):
                        yield file, line


def selects(target: Node, made: Object) -> bool:
    """Tell whether a selector matches an object; kind and name are anchored expressions, as kustomize has them."""
    for key, value in (("kind", made.kind), ("name", made.name), ("group", made.group), ("namespace", made.namespace)):
        said = target.get(key)
        if said is not None and said.value and not re.fullmatch(said.value, value):
            return False
    labels = (made.data.get("metadata") or {}).get("labels") or {}
    selector = target.get("labelSelector")
    wanted = selector.value.replace("==", "=").split(",") if selector is not None else []
    pairs = [part.split("=", 1) for part in wanted if "=" in part]
    return all(labels.get(key.strip()) == value.strip() for key, value in pairs)


def _documents(file: str, data: bytes) -> tuple[Node, ...]:
    try:
        return parse(data, file).roots
    except RepositoryError:
        return ()


def _is(root: Node, made: Object) -> bool:
    kind, meta = root.get("kind"), root.get("metadata")
    name = meta.get("name") if meta is not None else None
    return kind is not None and name is not None and (kind.value, name.value) == (made.kind, made.name)


def _descend(node: Node, path: Path) -> tuple[int, int]:
    """Return how much of a path a document has, and the line on which that ends."""
    line = node.line
    for depth, step in enumerate(path):
        node = node.resolved()
        if isinstance(step, int):
            if node.kind != "seq" or step >= len(node.items):
                return depth, line
            node = node.items[step]
            line = node.line
        else:
            names = [key.value for key in node.keys]
            if step not in names:
                return depth, line
            line = node.keys[names.index(step)].line
            node = node.fields[step]
    return len(path), line


def _generated(graph: Graph, folder: str, made: Object) -> tuple[str, int]:
    """Return where a generator makes the object; a name suffix of ten characters is its hash."""
    for inner in reversed(graph.folders(folder)):
        found = graph.kustomization(inner)
        for key in ("configMapGenerator", "secretGenerator"):
            for item in found.sequence(key) if found else ():
                name = item.get("name")
                if name is not None and made.name.startswith(name.value):
                    return found.path if found else inner, item.line
    found = graph.kustomization(folder)
    return (found.path, found.root.line) if found else (folder, 0)

"""From an object's field in the render to the file and line that it comes from."""

import re
from typing import Any

from bos_tools.tree.applied import applied
from bos_tools.tree.graph import Graph
from bos_tools.tree.identity import Object
from bos_tools.tree.nodes import Node, Path
from bos_tools.tree.operations import operations

Place = tuple[str, int]
Step = str | int | tuple[str]
"""A key, an index, or the name of a list's item: a patch that adds an item moves the others' indices."""


def locate(graph: Graph, folder: str, made: Object, path: Path = ()) -> Place:
    """Return the file and line of a field: the last one applied that says it, else its nearest ancestor in the first.

    Resources come before components and those before patches, as kustomize applies them. What a patch removes, it says;
    a mapping is merged and not replaced, so it is where it stood first.
    """
    steps = _named(made.data, path)
    best: tuple[int, Place] | None = None
    for file, shift, root in applied(graph, folder, made):
        depth, line, is_merged = _operations(root, path) if root.kind == "seq" else _descend(root, steps)
        if best is None or depth > best[0] or (depth == len(path) and not is_merged):
            best = (depth, (file, line + shift))
    for inner in graph.folders(folder) if path == ("spec", "replicas") else ():
        found = graph.kustomization(inner)
        for item in found.sequence("replicas") if found else ():
            if found and (name := item.get("name")) is not None and name.value == made.name:
                return found.path, item.line
    if best is not None and best[0] > 0:
        return best[1]
    if (generator := _generator(graph, folder, made)) is not None:  # a patch that meets the object did not make it
        return generator
    if best is not None and best[0] == 0:
        return best[1]
    found = graph.kustomization(folder)
    return (found.path, found.root.line) if found else (folder, 1)


def _named(data: Any, path: Path) -> tuple[Step, ...]:
    """Return the path with list items by their name where they have one that is unique."""
    steps: list[Step] = []
    for step in path:
        name: Any = None
        if isinstance(step, int) and isinstance(data, list) and step < len(data):
            names = [item.get("name") if isinstance(item, dict) else None for item in data]
            name = names[step] if names.count(names[step]) == 1 else None
            data = data[step]
        else:
            data = data.get(step) if isinstance(data, dict) else None
        steps.append((name,) if isinstance(name, str) else step)
    return tuple(steps)


Reach = tuple[int, int, bool]
"""How much of a path a document has, the line on which that ends, and whether what is there merges with the rest."""


def _descend(node: Node, steps: tuple[Step, ...]) -> Reach:
    """Return how far a document goes along a path; a null ends it whole."""
    line = node.line
    for depth, step in enumerate(steps):
        node = node.resolved()
        if node.kind == "scalar" and depth and node.is_plain and node.value in ("", "null", "~"):
            return len(steps), line, False
        inner = _item(node, step) if not isinstance(step, str) else node.fields.get(step)
        if inner is None:
            return depth, line, True
        line = next((key.line for key in node.keys if key.value == step), inner.line)
        node = inner
    return len(steps), line, node.resolved().kind == "map"


def _item(node: Node, step: int | tuple[str]) -> Node | None:
    if isinstance(step, int):
        return node.items[step] if node.kind == "seq" and step < len(node.items) else None
    for item in node.items if node.kind == "seq" else []:
        name = item.get("name")
        if name is not None and name.value == step[0]:
            return item
    return None


def _operations(root: Node, path: Path) -> Reach:
    """Return the same for a patch of JSON 6902: its last operation that sets, or removes, the path or a part above."""
    best = (-1, root.line)
    for op in operations(root, path):
        depth, line = op.depth, op.line
        if op.removes:
            depth = len(path)
        elif op.value is not None and len(path) > depth:
            more, line, _ = _descend(op.value, path[depth:])
            depth += more
        best = (depth, line) if depth >= best[0] else best
    return *best, False


def _generator(graph: Graph, folder: str, made: Object) -> Place | None:
    """Return where a generator makes the object; a name suffix of ten characters is its hash."""
    key = {"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}.get(made.kind, "")
    for inner in reversed(graph.folders(folder)):
        found = graph.kustomization(inner)
        for item in found.sequence(key) if found and key else ():
            name = item.get("name")
            if found and name is not None and re.fullmatch(re.escape(name.value) + "(-[a-z0-9]{10})?", made.name):
                return found.path, item.line
    return None

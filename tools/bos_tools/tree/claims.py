"""The sizes of claims, as the files of a unit declare them."""

from functools import lru_cache

from bos_tools.tree.graph import Graph
from bos_tools.tree.nodes import Node, parse


def claims(graph: Graph, folder: str) -> dict[str, str]:
    """Return each PersistentVolumeClaim's size by name; an overlay's patch comes after its base and wins."""
    found: dict[str, str] = {}
    for path, data in graph.closure(folder).items():
        if b"PersistentVolumeClaim" in data and path.endswith((".yaml", ".yml")):
            found.update(_declared(path, data))
    return found


@lru_cache(maxsize=8192)
def _declared(path: str, data: bytes) -> tuple[tuple[str, str], ...]:
    """Return the claims of one file; a base is read once for all environments."""
    found: list[tuple[str, str]] = []
    for root in parse(data, path).roots:
        kind, name = _down(root, "kind"), _down(root, "metadata", "name")
        size = _down(root, "spec", "resources", "requests", "storage")
        if kind is not None and kind.value == "PersistentVolumeClaim" and name is not None and size is not None:
            found.append((name.value, size.value))
    return tuple(found)


def _down(node: Node | None, *path: str) -> Node | None:
    for step in path:
        node = node.get(step) if node is not None else None
    return node

"""The sizes of claims, as the files of a unit declare them."""

from bos_tools.tree.graph import Graph
from bos_tools.tree.nodes import Node, parse


def claims(graph: Graph, folder: str) -> dict[str, str]:
    """Return each PersistentVolumeClaim's size by name; an overlay's patch comes after its base and wins."""
    found: dict[str, str] = {}
    for path, data in graph.closure(folder).items():
        if b"PersistentVolumeClaim" in data and path.endswith((".yaml", ".yml")):
            for root in parse(data, path).roots:
                size = _down(root, "spec", "resources", "requests", "storage")
                name = _down(root, "metadata", "name")
                kind = _down(root, "kind")
                if size is not None and name is not None and kind is not None and kind.value == "PersistentVolumeClaim":
                    found[name.value] = size.value
    return found


def _down(node: Node | None, *path: str) -> Node | None:
    for step in path:
        node = node.get(step) if node is not None else None
    return node

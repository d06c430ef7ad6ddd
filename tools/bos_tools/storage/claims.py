"""The sizes of claims, as the files of a unit declare them."""

from bos_tools.tree.documents import document
from bos_tools.tree.graph import Graph
from bos_tools.tree.nodes import down

CLUSTER = b"postgresql.cnpg.io"


def claims(graph: Graph, folder: str) -> dict[str, str]:
    """Return each claim's size by name; what comes later in the render wins, or deletes it.

    The claims of a CloudNativePG Cluster are the operator's, one an instance, and all of the Cluster's `storage.size`:
    `postgres-data` stands for those of `postgres`, as the plan names what it sizes.
    """
    found: dict[str, str] = {}
    for path, data in graph.closure(folder).items():
        if (b"PersistentVolumeClaim" in data or CLUSTER in data) and path.endswith((".yaml", ".yml")):
            found.update(_declared(path, data))
    return {name: size for name, size in found.items() if size}


def _declared(path: str, data: bytes) -> tuple[tuple[str, str], ...]:
    """Return the claims of one file, with no size where it deletes one."""
    found: list[tuple[str, str]] = []
    for root in document(path, data).roots:
        kind, name, verb = down(root, "kind"), down(root, "metadata", "name"), down(root, "$patch")
        size = down(root, "spec", "resources", "requests", "storage")
        if kind is None or name is None:
            continue
        if verb is not None and verb.value == "delete":
            found += [(name.value, "")] if kind.value == "PersistentVolumeClaim" else []
        elif kind.value == "PersistentVolumeClaim" and size is not None:
            found.append((name.value, size.value))
        size = down(root, "spec", "storage", "size")
        if kind.value == "Cluster" and size is not None:
            found.append((f"{name.value}-data", size.value))
    return tuple(found)

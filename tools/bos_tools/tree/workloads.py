"""The images that the files of a unit name, before any pin is applied."""

from collections.abc import Iterator

from bos_tools.tree.graph import Graph
from bos_tools.tree.nodes import Node, parse

CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


def used_images(graph: Graph, folder: str) -> list[str]:
    """Return every image that the manifests of a folder's render name, an operator's too, sorted, once each."""
    found: set[str] = set()
    for path, data in graph.closure(folder).items():
        if path.endswith((".yaml", ".yml")) and (b"ontainers" in data or b"imageName" in data):
            for root in parse(data, path).roots:
                found.update(_images(root))
    return sorted(found)


def _images(root: Node) -> Iterator[str]:
    spec = root.get("spec")
    named = spec.get("imageName") if spec is not None else None
    if named is not None and named.kind == "scalar" and named.value:
        yield named.value
    stack = [root]
    while stack:
        node = stack.pop()
        for key in CONTAINERS:
            listed = node.get(key)
            for container in listed.items if listed is not None and listed.kind == "seq" else []:
                image = container.resolved().get("image")
                if image is not None and image.kind == "scalar" and image.value:
                    yield image.value
        stack.extend(item for item in node.items if item.kind != "alias")


def untagged(image: str) -> str:
    """Return an image's name without tag and digest: what kustomize compares with `images[].name`.

    >>> untagged("localhost:5000/a/b:v1@sha256:0")
    'localhost:5000/a/b'
    """
    name = image.partition("@")[0]
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(":")[0]

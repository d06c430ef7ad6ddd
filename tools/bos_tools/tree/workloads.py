"""The images that the files of a unit name, before any pin is applied."""

import re
from collections.abc import Iterator

from bos_tools.errors import RepositoryError
from bos_tools.tree.documents import document
from bos_tools.tree.graph import Graph
from bos_tools.tree.image_fields import FieldSpec, named, specs
from bos_tools.tree.nodes import Node

WORDS = frozenset({b"ontainers"})
LARGE = 256 * 1024
SEPARATOR = re.compile(rb"^---[ \t\r]*$", re.MULTILINE)
CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


def used_images(graph: Graph, folder: str) -> list[str]:
    """Return every image that the manifests of a folder's render name, in inline patches too, sorted, once each."""
    found: set[str] = set()
    known = specs(graph, folder)
    words = WORDS | {spec.path[-1].encode() for spec in known}
    for path, data in graph.closure(folder).items():
        if path.endswith((".yaml", ".yml", ".json")) and any(word in data for word in words):
            for part in _parts(data):
                for root in document(path, part).roots:
                    found.update(_images(root, known))
    for inner in graph.folders(folder):
        kustomization = graph.kustomization(inner)
        for item in kustomization.sequence("patches") if kustomization is not None else ():
            text = item.get("patch")
            for root in _documents(text.value, inner) if text is not None else ():
                found.update(_images(root, known))
    return sorted(found)


def _parts(data: bytes) -> list[bytes]:
    """Return a file's text, and of a large one only the documents that can run something."""
    if len(data) < LARGE:
        return [data]
    return [part for part in SEPARATOR.split(data) if b"kind: CustomResourceDefinition" not in part]


def _documents(text: str, path: str) -> tuple[Node, ...]:
    try:
        return document(path, text.encode()).roots
    except RepositoryError:  # kustomize will say what is wrong with it
        return ()


def _images(root: Node, known: tuple[FieldSpec, ...]) -> Iterator[str]:
    for spec in known:
        yield from named(root, spec)
    stack = [root]
    while stack:
        node = stack.pop()
        for key in CONTAINERS:
            listed = node.get(key)
            for container in listed.items if listed is not None and listed.kind == "seq" else []:
                yield from _word(container.resolved().get("image"))
        path = node.get("path")
        if path is not None and path.value.endswith("/image"):  # an operation of a JSON patch
            yield from _word(node.get("value"))
        stack.extend(item for item in node.items if item.kind != "alias")


def _word(node: Node | None) -> Iterator[str]:
    if node is not None and node.kind == "scalar" and node.value:
        yield node.value


def untagged(image: str) -> str:
    """Return an image's name without tag and digest: what kustomize compares with `images[].name`.

    >>> untagged("localhost:5000/a/b:v1@sha256:0")
    'localhost:5000/a/b'
    """
    name = image.partition("@")[0]
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(":")[0]

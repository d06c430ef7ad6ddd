"""The images that the files of a unit name, before any pin is applied."""

import re
from collections.abc import Iterator

from bos_tools.errors import RepositoryError
from bos_tools.tree.documents import document
from bos_tools.tree.graph import Graph
from bos_tools.tree.image_fields import FieldSpec, named, specs
from bos_tools.tree.kustomization import Pin
from bos_tools.tree.nodes import Node

WORDS = frozenset({b"ontainers"})
LARGE = 256 * 1024
SEPARATOR = re.compile(rb"^---[ \t\r]*$", re.MULTILINE)
CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})


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
    inner = [loaded for each in graph.folders(folder) if (loaded := graph.kustomization(each)) is not None]
    for kustomization in inner:
        for item in kustomization.sequence("patches"):
            text = item.get("patch")
            for root in _documents(text.value, kustomization.path) if text is not None else ():
                found.update(_images(root, known))
    pins = [pin for kustomization in inner if kustomization.folder != folder for pin in kustomization.pins]
    return sorted({_pinned(image, pins) for image in found})


def _pinned(image: str, pins: list[Pin]) -> str:
    """Return what the pins of the bases make of an image before the folder's own are applied."""
    left = list(pins)
    while pin := next((pin for pin in left if pin.matches(image)), None):
        left.remove(pin)
        image = pin.applied(image)
    return image


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
        yield from _of_operation(node)
        stack.extend(item for item in node.items if item.kind != "alias")


def _of_operation(node: Node) -> Iterator[str]:
    """Yield the images that an operation of a JSON patch sets."""
    path, value = node.get("path"), node.get("value")
    if path is None or value is None:
        return
    if path.value.endswith("/image"):
        yield from _word(value)
    elif not CONTAINERS.isdisjoint(path.value.split("/")[-2:]):
        for container in value.items if value.kind == "seq" else [value]:
            yield from _word(container.resolved().get("image"))


def _word(node: Node | None) -> Iterator[str]:
    if node is not None and node.kind == "scalar" and node.value:
        yield node.value

"""Which fields `images:` of a kustomization changes, and an operator's own that we know.

Source: kustomize's api v0.21.1, internal/konfig/builtinpluginconsts/images.go and filters/imagetag/legacy.go.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from bos_tools.tree.graph import Graph
from bos_tools.tree.nodes import Document, Node, parse


class FieldSpec(Struct, frozen=True):
    """A field that names an image, in the objects of a kind, group and version; an empty one is any."""

    path: tuple[str, ...]
    kind: str = ""
    group: str = ""
    version: str = ""

    def selects(self, kind: str, api_version: str) -> bool:
        """Tell whether the objects of a kind have the field."""
        group, _, version = api_version.rpartition("/")
        wanted = ((self.kind, kind), (self.group, group), (self.version, version))
        return all(not ours or ours == theirs for ours, theirs in wanted)


KNOWN = (
    FieldSpec(("spec", "volumes", "image", "reference")),
    FieldSpec(("spec", "template", "spec", "volumes", "image", "reference")),
    FieldSpec(("spec", "imageName")),
)
"""Beside `image` of every container at any depth."""
SEGMENT = re.compile(r"(?:\\/|[^/])+")


def specs(graph: Graph, folder: str) -> tuple[FieldSpec, ...]:
    """Return what is known, and what `configurations:` and the plugins of a folder's render add, if it is there."""
    added: dict[FieldSpec, None] = {}
    for inner in graph.folders(folder) if graph.kustomization(folder) is not None else ():
        found = graph.kustomization(inner)
        for reference in found.references if found is not None else ():
            path = found.local(reference) if found is not None else ""
            data = graph.source.read(path) if reference.field == "configurations" or reference.is_plugin else None
            for root in parse(data, path).roots if data is not None else ():
                added |= dict.fromkeys(_told(root))
        for key in ("generators", "transformers", "validators") if found is not None else ():
            for item in found.sequence(key) if found is not None else ():
                if "\n" in item.value or "{" in item.value:
                    document: Document = parse(item.value.encode(), inner)
                    added |= dict.fromkeys(spec for root in document.roots for spec in _told(root))
    return (*KNOWN, *added)


def _told(root: Node) -> Iterator[FieldSpec]:
    kind = root.get("kind")
    listed = root.get("fieldSpecs" if kind is not None and kind.value == "ImageTagTransformer" else "images")
    for item in listed.items if listed is not None else ():
        node = item.resolved()
        path = node.get("path")
        if path is not None:
            words = {key: said.value for key in ("kind", "group", "version") if (said := node.get(key)) is not None}
            yield FieldSpec(segments(path.value), **words)


def segments(path: str) -> tuple[str, ...]:
    r"""Return the keys of a path of kustomize's, `[]` of lists left out.

    >>> segments(r"spec/containers[]/a\/b")
    ('spec', 'containers', 'a/b')
    """
    return tuple(part.replace("\\/", "/").removesuffix("[]") for part in SEGMENT.findall(path))


def named(root: Node, spec: FieldSpec) -> Iterator[str]:
    """Yield the images that a document names in a field."""
    kind, version = root.get("kind"), root.get("apiVersion")
    if spec.selects(kind.value if kind is not None else "", version.value if version is not None else ""):
        yield from (node.value for node in _at(root, spec.path) if node.kind == "scalar" and node.value)


def _at(node: Node, path: tuple[str, ...]) -> Iterator[Node]:
    if node.kind == "seq":
        for item in node.items:
            yield from _at(item.resolved(), path)
    elif not path:
        yield node
    elif (inner := node.get(path[0])) is not None:
        yield from _at(inner, path[1:])

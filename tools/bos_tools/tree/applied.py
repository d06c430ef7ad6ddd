"""Every document about an object, in the order in which kustomize applies them."""

import re
from collections.abc import Iterator
from typing import Any, Protocol

from bos_tools.errors import RepositoryError
from bos_tools.tree import patterns
from bos_tools.tree.documents import document
from bos_tools.tree.graph import Graph
from bos_tools.tree.kustomization import Kustomization
from bos_tools.tree.nodes import Node
from bos_tools.tree.source import join


class Named(Protocol):
    """An object, as far as a patch selects it: rendered, or as its own file declares it."""

    @property
    def kind(self) -> str:
        """Return its kind."""

    @property
    def group(self) -> str:
        """Return its API group."""

    @property
    def namespace(self) -> str:
        """Return its namespace."""

    @property
    def name(self) -> str:
        """Return its name."""

    @property
    def data(self) -> Any:
        """Return the object itself."""


def applied(graph: Graph, folder: str, made: Named) -> Iterator[tuple[str, int, Node]]:
    """Yield every document about the object in the order of application: file, lines before it, and what it says."""
    found = graph.kustomization(folder)
    if found is None:
        return
    for key in ("resources", "bases", "components"):
        for item in found.sequence(key):
            path = join(folder, item.value) or ""
            data = graph.source.read(path)
            if data is None:
                yield from applied(graph, path, made)
            else:
                yield from ((path, 0, root) for root in documents(path, data, made.kind) if _is(root, made))
    for item in found.sequence("patchesStrategicMerge"):
        path = join(folder, item.value) or ""
        data = graph.source.read(path) or b""
        yield from ((path, 0, root) for root in documents(path, data, made.kind) if _is(root, made))
    for item in found.sequence("patches"):
        target = item.get("target")
        if target is None:
            yield from (place for place in patch(graph, found, item, made.kind) if _is(place[2], made))
        elif selects(target, made):
            yield from patch(graph, found, item)


def declared(graph: Graph, folder: str, *kinds: str) -> Iterator[Node]:
    """Yield every document that a folder's resources and components add, before any patch.

    Of some kinds, where these are all that is asked for: not every other document is left out, but most.
    """
    found = graph.kustomization(folder)
    for key in ("resources", "bases", "components") if found is not None else ():
        for item in found.sequence(key) if found is not None else ():
            path = join(folder, item.value) or ""
            data = graph.source.read(path)
            yield from documents(path, data, *kinds) if data is not None else declared(graph, path, *kinds)


def patch(graph: Graph, found: Kustomization, item: Node, *kinds: str) -> Iterator[tuple[str, int, Node]]:
    """Yield the documents of one entry of `patches`, in its file or in the kustomization itself; of kinds as above."""
    reference, inline = item.get("path"), item.get("patch")
    if reference is not None:
        path = join(found.folder, reference.value) or ""
        yield from ((path, 0, root) for root in documents(path, graph.source.read(path) or b"", *kinds))
    elif inline is not None:
        is_block = inline.style in ("|", ">")
        for root in documents(found.path, inline.value.encode()):
            yield found.path, inline.line if is_block else inline.line - 1, root


def selects(target: Node, made: Named) -> bool:
    """Tell whether a selector matches an object; kind and name are anchored expressions, as kustomize has them."""
    for key, value in (("kind", made.kind), ("name", made.name), ("group", made.group), ("namespace", made.namespace)):
        said = target.get(key)
        if said is not None and said.value and not patterns.selects(said.value, value):
            return False
    labels = (made.data.get("metadata") or {}).get("labels") or {}
    selector = target.get("labelSelector")
    wanted = selector.value.replace("==", "=").split(",") if selector is not None else []
    pairs = [part.split("=", 1) for part in wanted if "=" in part and "!=" not in part]
    return isinstance(labels, dict) and all(labels.get(key.strip()) == value.strip() for key, value in pairs)


def documents(file: str, data: bytes, *kinds: str) -> tuple[Node, ...]:
    """Return a file's documents; one that can't be read has none, and is reported where it is rendered.

    A file that says none of the kinds that are asked for has none either, and is not parsed.
    """
    if kinds and not any(may_say(data, kind) for kind in kinds):
        return ()
    try:
        return document(file, data).roots
    except RepositoryError:
        return ()


def may_say(data: bytes, word: str) -> bool:
    r"""Tell whether a file may say a word of letters and digits: by those alone, unless an escape spells them.

    >>> may_say(b"kind: Service", "Service"), may_say(b"type: ClusterIP", "Cluster"), may_say(b'"\\x50od"', "Pod")
    (True, False, True)
    """
    if b"\\" in data or not (word.isascii() and word.isalnum()):
        return True
    return word.encode() in data and re.search(rf"\b{word}\b".encode(), data) is not None


def _is(root: Node, made: Named) -> bool:
    kind, meta = root.get("kind"), root.get("metadata")
    name = meta.get("name") if meta is not None else None
    return kind is not None and name is not None and (kind.value, name.value) == (made.kind, made.name)

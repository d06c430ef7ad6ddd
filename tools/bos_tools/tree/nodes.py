"""YAML as nodes with exact positions, from the events of PyYAML's C parser.

One loop without recursion, so that depth, aliases and duplicate keys are judged before anything walks
the tree: an alias is kept as a reference and never expanded.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from msgspec import Struct

from bos_tools.errors import RepositoryError
from bos_tools.tree.conflicts import unresolved

BOM = "\ufeff"
DEPTH_LIMIT = 64
"""Levels: Kubernetes objects stay below 25."""
EXPANDED_LIMIT = 100_000
"""Nodes that aliases add once they are followed: an alias bomb adds more, an honest file far fewer."""
NODE_LIMIT = 600_000
"""Nodes of one file: the largest bundles of CRDs have 200,000; each takes some 300 bytes of memory."""
SIZE_LIMIT = 8 * 1024 * 1024
"""Bytes of one file: etcd takes objects of up to 1.5 MiB, and the largest bundles of CRDs have 6."""

CORE_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq", "binary", "timestamp")
) | {"!"}

Path = tuple[str | int, ...]

_NOTHING: list["Node"] = []
_NO_FIELDS: dict[str, "Node"] = {}
"""What every scalar shares; nobody adds to them."""


class Node:
    """A scalar, sequence, mapping or alias; offsets are characters of the decoded file.

    Thousands are made for one `status`, so the constructor takes the event and nothing is made that a scalar lacks.
    """

    __slots__ = (
        "anchor", "column", "end", "fields", "flow", "items", "keys", "kind", "line", "start", "style",
        "tag", "target", "value", "weight",
    )  # fmt: skip

    def __init__(self, kind: str, event: Any, shift: int) -> None:
        start, end = event.start_mark, event.end_mark
        self.kind = kind
        self.start: int = start.index + shift
        self.line: int = start.line + 1
        self.column: int = start.column
        self.end: int = end.index + shift
        self.style: str | None = None
        self.flow = False
        self.tag: str | None = None
        self.anchor: str | None = None
        self.value = ""
        self.items: list[Node] = _NOTHING
        self.keys: list[Node] = _NOTHING
        self.fields: dict[str, Node] = _NO_FIELDS
        """A mapping's values by key: as `items`, which has them in the order of `keys`."""
        self.target: Node | None = None
        self.weight = 1

    def resolved(self) -> "Node":
        """Return the node that an alias stands for, else the node itself."""
        return self.target if self.target is not None else self

    def get(self, key: str) -> "Node | None":
        """Return a mapping's value, aliases followed; None when absent or when this is no mapping."""
        value = self.resolved().fields.get(key)
        return None if value is None else value.resolved()

    @property
    def is_plain(self) -> bool:
        """Tell whether YAML may read this scalar as something else than a string."""
        return self.kind == "scalar" and self.style is None and self.tag is None


class Document(Struct, frozen=True):
    """A parsed file of one or more documents."""

    path: str
    text: str
    roots: tuple[Node, ...]

    def single(self) -> Node:
        """Return the only document: kustomize reads the first and silently drops the rest, so the rest is empty."""
        if not self.roots:
            raise malformed("empty file", self.path, 1)
        if second := next((root for root in self.roots[1:] if not root.is_plain or root.value), None):
            raise malformed("more than one YAML document", self.path, second.line)
        return self.roots[0]


def malformed(message: str, path: str, line: int, *, reason: str = "malformed-yaml") -> RepositoryError:
    """Return the error for a file that can't be read."""
    return RepositoryError(message, reason=reason, path=path, line=line)


def decode(data: bytes, path: str) -> str:
    """Return the text of a UTF-8 file; every other encoding is refused."""
    if len(data) > SIZE_LIMIT:
        raise malformed(f"larger than {SIZE_LIMIT} bytes", path, 0)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise malformed("not UTF-8", path, line) from error


def parse(data: bytes, path: str) -> Document:
    """Parse a file into nodes.

    Raises RepositoryError with path and line for broken YAML, duplicate keys, tags of a programming
    language, an alias bomb and a depth of over 64 levels.
    """
    text = decode(data, path)
    shift = 1 if text.startswith(BOM) else 0  # the C parser does not count it
    builder = _Builder(path, shift)
    try:
        loader = yaml.CSafeLoader(text)
        take, following = builder.take, loader.get_event
        while (event := following()) is not None:
            take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        message = f"malformed YAML: {error.problem or error.context}"
        raise (unresolved(text, path) or malformed(message, path, line)) from error
    except yaml.YAMLError as error:
        raise malformed(f"malformed YAML: {' '.join(str(error).split())}", path, 0) from error
    return Document(path, text, tuple(builder.roots))


class _Builder:
    """Turn events into nodes."""

    def __init__(self, path: str, shift: int) -> None:
        self.path = path
        self.shift = shift
        self.roots: list[Node] = []
        self.stack: list[Node] = []
        self.pending: list[Node | None] = []  # for each open mapping, the key that waits for its value
        self.anchors: dict[str, Node] = {}
        self.count = 0

    def take(self, event: Any) -> None:
        """Consume one event."""
        kind = event.__class__
        if kind is yaml.ScalarEvent:
            node = Node("scalar", event, self.shift)
            node.value = event.value
            node.style = event.style or None
            self._attach(self._marked(node, event))
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            node = self._marked(Node("map" if kind is yaml.MappingStartEvent else "seq", event, self.shift), event)
            node.items, node.keys, node.fields = [], [], {}
            node.flow = bool(event.flow_style)
            if len(self.stack) >= DEPTH_LIMIT:
                raise malformed(f"nested over {DEPTH_LIMIT} levels", self.path, node.line)
            self.stack.append(node)
            self.pending.append(None)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            node = self.stack.pop()
            self.pending.pop()
            node.end = event.end_mark.index + self.shift
            self._attach(node)
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent:
            self.anchors = {}

    def _marked(self, node: Node, event: Any) -> Node:
        """Give a node its tag and anchor."""
        if event.tag is not None:
            if event.tag not in CORE_TAGS:
                raise malformed(f"tag that no manifest uses: {event.tag}", self.path, node.line)
            node.tag = event.tag
        if event.anchor is not None:
            node.anchor = event.anchor
            self.anchors[event.anchor] = node
        return node

    def _alias(self, event: Any) -> None:
        node = Node("alias", event, self.shift)
        node.target = self.anchors.get(event.anchor)
        if node.target is None or any(open_ is node.target for open_ in self.stack):
            raise malformed(f"alias that can't be resolved: {event.anchor}", self.path, node.line)
        node.value = event.anchor
        node.weight = node.target.weight
        self._attach(node)

    def _attach(self, node: Node) -> None:
        if not self.stack:
            self.roots.append(node)
            return
        parent = self.stack[-1]
        self.count += 1
        if self.count > NODE_LIMIT:
            raise malformed(f"more than {NODE_LIMIT} values", self.path, node.line)
        parent.weight += node.weight
        if parent.weight > EXPANDED_LIMIT + self.count:
            raise malformed("aliases that expand without end", self.path, node.line)
        if parent.kind == "seq":
            parent.items.append(node)
        elif (key := self.pending[-1]) is None:
            self.pending[-1] = self._key(parent, node)
        else:
            parent.keys.append(key)
            parent.items.append(node)
            parent.fields[key.value] = node
            self.pending[-1] = None

    def _key(self, parent: Node, key: Node) -> Node:
        if key.kind != "scalar":
            raise malformed("mapping key that is not a word", self.path, key.line)
        if key.value in parent.fields:
            raise malformed(f"duplicate key: {key.value}", self.path, key.line, reason="duplicate-key")
        return key


def outline(root: Node) -> Iterator[tuple[Path, tuple[object, ...]]]:
    """Yield every node's path and what it says, without positions; aliases stay references."""
    stack: list[tuple[Path, Node]] = [((), root)]
    while stack:
        path, node = stack.pop()
        keys = tuple(key.value for key in node.keys)
        says = (node.kind, node.flow, node.style, node.tag, node.anchor, node.value)
        yield path, (*says, keys if node.kind == "map" else len(node.items))
        for index, item in enumerate(node.items):
            step: str | int = node.keys[index].value if node.kind == "map" else index
            stack.append(((*path, step), item))


def down(node: Node | None, *path: str) -> Node | None:
    """Return what lies at a path of keys, None where it is absent."""
    for step in path:
        node = node.get(step) if node is not None else None
    return node


def line_at(root: Node, path: Sequence[str | int]) -> int:
    """Return the line of a field, of its nearest ancestor where it is absent."""
    node, line = root, root.line
    for step in path:
        if isinstance(step, int) and step < len(node.items):
            node = node.items[step].resolved()
            line = node.line
        elif (inner := node.get(str(step))) is not None:
            line = next(key.line for key in node.keys if key.value == step)
            node = inner
    return line


def plain_data(node: Node) -> Any:
    """Return a node as Python data, scalars typed as YAML 1.1 has them, merge keys applied.

    Safe for any parsed file: the builder has bounded depth and expansion.
    """
    node = node.resolved()
    if node.kind == "seq":
        return [plain_data(item) for item in node.items]
    if node.kind == "map":
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key, item in zip(node.keys, node.items, strict=True):
            if key.value == "<<" and key.is_plain:
                parts = plain_data(item)
                for part in parts if isinstance(parts, list) else [parts]:
                    merged = {**part, **merged} if isinstance(part, dict) else merged
            else:
                own[key.value] = plain_data(item)
        return {**merged, **own}
    return node.value if not node.is_plain else _typed(node.value)


_RESOLVER = yaml.resolver.Resolver()


def scalar_tag(value: str) -> str:
    """Return the YAML 1.1 tag that a plain scalar of this text resolves to."""
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]  # untyped stub
    return tag.rpartition(":")[2]


_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_MAKERS = {kind: getattr(_CONSTRUCTOR, f"construct_yaml_{kind}") for kind in ("int", "float", "bool", "null")}


def _typed(value: str) -> Any:
    make = _MAKERS.get(scalar_tag(value))
    try:
        return value if make is None else make(yaml.ScalarNode("", value))
    except (yaml.YAMLError, ValueError):
        return value

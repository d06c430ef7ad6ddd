"""Hold a kustomization against the fields that we admit, before any program reads it.

kustomize decodes with readers that fold the case of keys, merge, resolve tags and fetch; ours does none of it.
So whatever the two could read differently is refused here, with its line, and what is left names its paths to both.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from bos_tools.errors import RepositoryError
from bos_tools.tree import paths, patterns
from bos_tools.tree.aliases import weigh
from bos_tools.tree.documents import document as parsed
from bos_tools.tree.fields import (
    HELM,
    KUSTOMIZATION,
    OPENAPI,
    PLUGINS,
    Each,
    Fields,
    Inline,
    Place,
    Shape,
    Takes,
    Word,
    Words,
)
from bos_tools.tree.nodes import BOM, Document, Node, parse, scalar_tag

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029\ufeff]")
"""What some readers take as the end of a line and others do not."""
SEPARATOR = re.compile(r"^(---(?=\S).*|\.\.\.|%).*$", re.MULTILINE)
"""Lines at which kustomize's two readers cut a file differently."""


class Reference(Struct, frozen=True):
    """A path that a kustomization writes, the line on which it stands, and what it may name."""

    text: str
    line: int
    field: str
    takes: Takes = Takes.FILE
    is_manifest: bool = True
    is_plugin: bool = False


def admitted(document: Document, root: Node) -> tuple[Reference, ...]:
    """Return every path that a kustomization names, those of its inline plugins too.

    Raises RepositoryError with file and line for whatever is not admitted.
    """
    return tuple(_Walk(document).kustomization(root))


@lru_cache(maxsize=1024)
def plugin(data: bytes, path: str) -> tuple[Reference, ...]:
    """Return every path that a file of `generators:`, `transformers:` or `validators:` names.

    They count from the folder of the kustomization that names the file.  Raises RepositoryError as `admitted` does.
    """
    return tuple(_Walk(parsed(path, data)).plugins())


class _Walk:
    def __init__(self, document: Document, shift: int = 0) -> None:
        self.document = document
        self.shift = shift
        """Lines of the file before an inline text."""

    def kustomization(self, root: Node) -> Iterator[Reference]:
        self._lines()
        for key in root.keys:
            if key.value in HELM:
                raise self.forbidden(f"{key.value}: Helm is not rendered here", key)
            if key.value == OPENAPI:
                raise self.broken(f"{key.value}: a schema of one unit reaches others: patch by JSON 6902", key)
        yield from self._fields(root, KUSTOMIZATION, "")

    def plugins(self) -> Iterator[Reference]:
        self._lines()
        if cut := SEPARATOR.search(self.document.text):
            line = self.document.text.count("\n", 0, cut.start()) + 1
            raise self._error("a line that ends a document in one reader only", line, "malformed-kustomization")
        for root in self.document.roots:
            if not is_null(root):
                yield from self._plugin(root)

    def _plugin(self, root: Node) -> Iterator[Reference]:
        kind = root.get("kind")
        version = root.get("apiVersion")
        if kind is None or version is None:
            raise self.broken("neither a path nor a plugin's configuration", root)
        shape = PLUGINS.get(kind.value)
        if shape is None or version.value != "builtin":
            raise self.forbidden(f"only kustomize's own plugins are run: {version.value} {kind.value}", kind)
        yield from self._fields(root, shape, kind.value)

    def _lines(self) -> None:
        if found := BREAKS.search(self.document.text.removeprefix(BOM)):
            line = self.document.text.count("\n", 0, found.start()) + 1
            raise self._error("a character that some readers take as a line break", line, "malformed-kustomization")

    def _value(self, node: Node, shape: Shape, name: str, field: str) -> Iterator[Reference]:
        self._untagged(node)
        node = node.resolved()
        self._untagged(node)
        if isinstance(shape, Place):
            yield from self._place(node, shape, name, field)
        elif is_null(node):
            return
        elif isinstance(shape, Word):
            if node.kind != "scalar":
                raise self.broken(f"`{name}` is not a word", node)
            if shape.among and node.value not in shape.among:
                raise self.broken(f"`{name}` is unknown: {node.value}", node)
            if shape.is_pattern and not patterns.is_one(node.value):
                raise self.broken(f"`{name}` is no expression that kustomize can read: {node.value}", node)
            if "\n" in node.value:
                weigh(node.value.encode(), self.document.path, node.line + self.shift)
        elif isinstance(shape, Each):
            if node.kind != "seq":
                raise self.broken(f"`{name}` is not a list", node)
            for item in node.items:
                yield from self._item(item, shape.of, name, field)
        elif isinstance(shape, Words):
            self._words(node, name)
        else:
            yield from self._fields(node, shape, name, field)

    def _item(self, item: Node, shape: Shape, name: str, field: str) -> Iterator[Reference]:
        if is_null(item.resolved()) or (isinstance(shape, Place) and item.resolved().value == ""):
            raise self.broken(f"an entry of `{name}` says nothing", item)
        if isinstance(shape, Fields) and item.resolved().kind != "map":
            raise self.broken(f"an entry of `{name}` is no mapping", item)
        yield from self._value(item, shape, name, field)

    def _fields(self, node: Node, shape: Fields, name: str, field: str = "") -> Iterator[Reference]:
        self._untagged(node)
        if node.kind != "map":
            raise self.broken(f"`{name}` is no mapping" if name else "not a kustomization: no mapping", node)
        for key, item in zip(node.keys, node.items, strict=True):
            self._key(key)
            inner = shape.of.get(key.value)
            if inner is None:
                where = f" in `{name}`" if name else ""
                raise self.broken(f"a field that kustomize does not have, or not so spelled{where}: {key.value}", key)
            yield from self._value(item, inner, key.value, field or key.value)

    def _words(self, node: Node, name: str) -> None:
        if node.kind != "map":
            raise self.broken(f"`{name}` is no mapping", node)
        for key, item in zip(node.keys, node.items, strict=True):
            self._key(key)
            self._untagged(item)
            self._untagged(item.resolved())
            if item.resolved().kind != "scalar":
                raise self.broken(f"`{key.value}` is not a word", item)
            if key.is_plain and scalar_tag(key.value) != "str":
                raise self.broken(f"a key that is not text: quote it: {key.value}", key)

    def _key(self, key: Node) -> None:
        self._untagged(key)
        if key.value == "<<":
            raise self.broken("a merge key, which kustomize's readers apply differently", key)
        if key.style == '"' and "\\" in self.document.text[key.start : key.end]:
            raise self.broken(f"a key with an escape: {key.value}", key)

    def _untagged(self, node: Node) -> None:
        if node.tag is not None:
            raise self.broken(f"a tag, which a kustomization does not need: {node.tag.rpartition(':')[2]}", node)

    def _place(self, node: Node, shape: Place, name: str, field: str) -> Iterator[Reference]:
        if node.kind != "scalar":
            raise self.broken(f"`{name}` is not a path", node)
        if is_null(node) or not node.value:
            return
        text = node.value
        if shape.inline is not Inline.NEVER and ("\n" in text or "{" in text):
            yield from self._inline(node, shape.inline)
            return
        if shape.is_keyed and "=" in text:
            label, _, text = text.partition("=")
            if not label or not text or "=" in text:
                raise self.broken(f"neither PATH nor KEY=PATH: {node.value}", node)
        if found := paths.complaint(text, is_plain=node.is_plain):
            raise self.forbidden(f"{name}: {found}: {node.value}", node)
        is_plugin = shape.inline is Inline.PLUGIN
        yield Reference(text, node.line + self.shift, field, shape.takes, shape.is_manifest, is_plugin)

    def _inline(self, node: Node, inline: Inline) -> Iterator[Reference]:
        if paths.is_remote(node.value):
            raise self.forbidden("only paths inside the repository are rendered", node)
        before = node.line + self.shift - (0 if node.style in ("|", ">") else 1)
        weigh(node.value.encode(), self.document.path, node.line + self.shift)
        try:
            document = parse(node.value.encode(), self.document.path)
        except RepositoryError as error:
            raise self._error(error.message, error.line + before - self.shift, error.reason) from error
        walk = _Walk(document, before)
        if inline is Inline.PLUGIN:
            yield from walk.plugins()
        elif not document.roots or any(root.get("kind") is None for root in document.roots if not is_null(root)):
            raise self.forbidden("neither a path nor a patch", node)

    def broken(self, message: str, node: Node) -> RepositoryError:
        """Return the error for a part that is not as kustomize wants it."""
        return self._error(message, node.line, "malformed-kustomization")

    def forbidden(self, message: str, node: Node) -> RepositoryError:
        """Return the error for what would reach outside of the repository or run a program."""
        return self._error(message, node.line, "forbidden-source")

    def _error(self, message: str, line: int, reason: str) -> RepositoryError:
        return RepositoryError(message, reason=reason, path=self.document.path, line=line + self.shift)


def is_null(node: Node) -> bool:
    """Tell whether a scalar says nothing."""
    return node.is_plain and node.value in NULLS

"""Kustomize's semantics: what a kustomization refers to and which images it pins."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from bos_tools.errors import RepositoryError
from bos_tools.tree.nodes import Document, Node, parse
from bos_tools.tree.source import Source, join

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

FOLDERS_OR_FILES = ("resources", "components", "bases", "generators", "transformers", "validators")
FILES = ("crds", "configurations", "patchesStrategicMerge")
PATHS = ("patches", "patchesJson6902", "replacements")
GENERATORS = ("configMapGenerator", "secretGenerator")
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
FORBIDDEN = frozenset({"helmCharts", "helmGlobals", "helmChartInflationGenerator"})


@dataclass(frozen=True)
class Pin:
    """One entry of `images:`; what it renders is `name[:tag][@digest]`."""

    index: int
    line: int
    name: str
    new_name: str | None
    tag: str | None
    digest: str | None
    node: Node

    @property
    def repository(self) -> str:
        """Return the image's name in the render."""
        return self.new_name or self.name

    def reference(self, tag: str | None, digest: str | None) -> str:
        """Return what kustomize 5.8 renders for this entry with another tag and digest."""
        return self.repository + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")

    @property
    def rendered(self) -> str:
        """Return what the entry renders now."""
        return self.reference(self.tag, self.digest)


@dataclass(frozen=True)
class Reference:
    """A path that a kustomization writes, and the line on which it stands."""

    text: str
    line: int
    field: str


@dataclass(frozen=True)
class Kustomization:
    """A parsed kustomization file."""

    folder: str
    document: Document

    @property
    def path(self) -> str:
        """Return the file's path."""
        return self.document.path

    @cached_property
    def root(self) -> Node:
        """Return its only document, a mapping."""
        root = self.document.single()
        if root.kind != "map":
            raise self.broken("not a kustomization: the top level is no mapping", root)
        return root

    @property
    def is_component(self) -> bool:
        """Tell whether this is a Component, which renders only inside another kustomization."""
        kind = self.root.get("kind")
        return kind is not None and kind.value == "Component"

    def broken(self, message: str, node: Node) -> RepositoryError:
        """Return the error for a part that is not as kustomize wants it."""
        return RepositoryError(message, reason="malformed-kustomization", path=self.path, line=node.line)

    def sequence(self, key: str) -> list[Node]:
        """Return a list's items, aliases followed; an absent list is empty."""
        node = self.root.get(key)
        if node is None or (node.kind == "scalar" and node.value in ("", "null", "~")):
            return []
        if node.kind != "seq":
            raise self.broken(f"`{key}` is not a list", node)
        return [item.resolved() for item in node.items]

    @cached_property
    def pins(self) -> tuple[Pin, ...]:
        """Return the entries of `images:` in their order."""
        return tuple(self._pin(index, node) for index, node in enumerate(self.sequence("images")))

    def _pin(self, index: int, node: Node) -> Pin:
        if node.kind != "map":
            raise self.broken("an entry of `images` is no mapping", node)
        fields = {key: self._text(node, key) for key in ("name", "newName", "newTag", "digest")}
        if not fields["name"]:
            raise self.broken("an entry of `images` has no name", node)
        if fields["newName"] and ("@" in fields["newName"] or ":" in fields["newName"].rpartition("/")[2]):
            raise self.broken(f"`newName` carries a tag: {fields['newName']}", node)
        return Pin(index, node.line, fields["name"], fields["newName"], fields["newTag"], fields["digest"], node)

    def _text(self, node: Node, key: str) -> str | None:
        value = node.get(key)
        if value is None:
            return None
        if value.kind != "scalar":
            raise self.broken(f"`{key}` is not a word", value)
        return None if value.is_plain and value.value in NULLS else value.value or None

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Return every path that the kustomization refers to, as written."""
        return tuple(self._references())

    def _references(self) -> Iterator[Reference]:
        for key in self.root.fields.keys() & FORBIDDEN:
            raise self._forbidden(f"{key}: Helm is not rendered here", self.root.fields[key].line)
        for key in FOLDERS_OR_FILES + FILES:
            for item in self.sequence(key):
                if item.kind == "scalar" and "\n" not in item.value and not item.value.startswith("{"):
                    yield Reference(item.value, item.line, key)
        for key in PATHS:
            for item in self.sequence(key):
                if (path := item.get("path")) is not None and path.value:
                    yield Reference(path.value, path.line, key)
        for key in GENERATORS:
            for item in self.sequence(key):
                yield from _generator(item, key)
        openapi = self.root.get("openapi")
        if openapi is not None and (path := openapi.get("path")) is not None:
            yield Reference(path.value, path.line, "openapi")

    def _forbidden(self, message: str, line: int) -> RepositoryError:
        return RepositoryError(message, reason="forbidden-source", path=self.path, line=line)

    def local(self, reference: Reference) -> str:
        """Return a reference's path inside the repository.

        Raises RepositoryError for a remote one or one that leaves the repository.
        """
        path = join(self.folder, reference.text)
        if path is None or "://" in reference.text or reference.text.startswith(("git@", "github.com/")):
            raise self._forbidden(
                f"{reference.field}: only paths inside the repository are rendered: {reference.text}",
                reference.line,
            )
        return path


def _generator(item: Node, key: str) -> Iterator[Reference]:
    for field in ("files", "envs"):
        listed = item.get(field)
        for entry in listed.items if listed is not None else []:
            text = entry.resolved().value
            name, _, path = text.partition("=") if field == "files" else ("", "", text)
            yield Reference(path or name, entry.line, key)
    if (env := item.get("env")) is not None:
        yield Reference(env.value, env.line, key)


def load(source: Source, folder: str) -> Kustomization | None:
    """Return a folder's kustomization, or None where there is none.

    Raises RepositoryError for two of them, as kustomize does, and for YAML that is broken.
    """
    found = [
        (f"{folder}/{name}".lstrip("/"), data)
        for name in NAMES
        if (data := source.read(f"{folder}/{name}".lstrip("/"))) is not None
    ]
    if len(found) > 1:
        raise RepositoryError(
            f"two kustomization files in one folder: {folder}", reason="malformed-kustomization", path=found[1][0]
        )
    if not found:
        return None
    return _parsed(folder, *found[0])


@lru_cache(maxsize=8192)
def _parsed(folder: str, path: str, data: bytes) -> Kustomization:
    """Parse a file once for all trees of a run: before and after an edit, and again after a lost race."""
    return Kustomization(folder, parse(data, path))

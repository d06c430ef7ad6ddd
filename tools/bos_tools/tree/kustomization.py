"""Kustomize's semantics: what a kustomization refers to and which images it pins."""

from functools import cached_property, lru_cache

from msgspec import Struct

from bos_tools.errors import RepositoryError
from bos_tools.tree import patterns
from bos_tools.tree.admission import Reference, admitted, is_null
from bos_tools.tree.documents import document
from bos_tools.tree.image_names import reference, untagged, version
from bos_tools.tree.nodes import Document, Node
from bos_tools.tree.source import Source, join

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

GENERATORS = ("configMapGenerator", "secretGenerator")


class Pin(Struct, frozen=True):
    """One entry of `images:`; what it renders is `name[:tag][@digest]`.

    Its name is an expression of kustomize's, which may mean several images.
    """

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

    @property
    def rendered(self) -> str:
        """Return what the entry renders now, in words: `renders` tells of an image whether it is that."""
        return reference(self.repository, self.tag, self.digest)

    @property
    def is_versioned(self) -> bool:
        """Tell whether the entry says a version, and does not leave it to the base."""
        return bool(self.tag or self.digest)

    def matches(self, image: str) -> bool:
        """Tell whether the entry is about an image, as the base names it."""
        return patterns.names(self.name, image)

    def applied(self, image: str) -> str:
        """Return what kustomize 5.8 makes of an image that the entry is about."""
        tag, digest = (self.tag, self.digest) if self.is_versioned else version(image)
        return reference(self.new_name or untagged(image), tag, digest)

    def renders(self, image: str) -> bool:
        """Tell whether an image of the render is one that the entry makes."""
        is_named = untagged(image) == self.new_name if self.new_name else self.matches(image)
        said = version(reference("", self.tag, self.digest))  # a tag may hold a digest, as people write them
        return is_named and (not self.is_versioned or version(image) == said)


class Kustomization(Struct, frozen=True, dict=True):
    """A parsed kustomization file."""

    folder: str
    document: Document

    @property
    def path(self) -> str:
        """Return the file's path."""
        return self.document.path

    @cached_property
    def root(self) -> Node:
        """Return its only document, a mapping of nothing but fields that we admit."""
        _ = self.references
        return self._root

    @cached_property
    def _root(self) -> Node:
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
        return [item.resolved() for item in node.items] if node is not None else []

    @cached_property
    def pins(self) -> tuple[Pin, ...]:
        """Return the entries of `images:` in their order."""
        return tuple(self._pin(index, node) for index, node in enumerate(self.sequence("images")))

    def _pin(self, index: int, node: Node) -> Pin:
        fields = {key: _text(node, key) for key in ("name", "newName", "newTag", "digest")}
        if not fields["name"]:
            raise self.broken("an entry of `images` has no name", node)
        if fields["newName"] and ("@" in fields["newName"] or ":" in fields["newName"].rpartition("/")[2]):
            raise self.broken(f"`newName` carries a tag: {fields['newName']}", node)
        return Pin(index, node.line, fields["name"], fields["newName"], fields["newTag"], fields["digest"], node)

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Return every path that the kustomization refers to, as written, those of its inline plugins too.

        Raises RepositoryError for whatever kustomize might read otherwise than we do (tree/admission.py).
        """
        return admitted(self.document, self._root)

    def local(self, reference: Reference) -> str:
        """Return a reference's path inside the repository.

        Raises RepositoryError for one that leaves the repository.
        """
        path = join(self.folder, reference.text)
        if path is None:
            raise RepositoryError(
                f"{reference.field}: only paths inside the repository are rendered: {reference.text}",
                reason="forbidden-source",
                path=self.path,
                line=reference.line,
            )
        return path


def _text(node: Node, key: str) -> str | None:
    value = node.get(key)
    return None if value is None or is_null(value) else value.value or None


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
    """Return one kustomization for all trees of a run: what it refers to is worked out once."""
    return Kustomization(folder, document(path, data))

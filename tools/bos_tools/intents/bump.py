"""Bump: pin services of one environment to other versions."""

from typing import ClassVar

from msgspec import Struct

from bos_tools.errors import Refused, RepositoryError, Usage
from bos_tools.intents.ground import Ground
from bos_tools.intents.plan import Edit, ImageEffect, Plan
from bos_tools.intents.step import allow_data, allow_order, allow_version
from bos_tools.tree import patterns
from bos_tools.tree.edit import Editor
from bos_tools.tree.image_names import is_own, reference, untagged, version
from bos_tools.tree.kustomization import Kustomization, Pin
from bos_tools.tree.layout import Tree, Unit
from bos_tools.tree.nodes import Document, parse
from bos_tools.tree.scheme import USUAL, scheme
from bos_tools.tree.tag import check_digest, check_tag
from bos_tools.tree.workloads import used_images


class Request(Struct, frozen=True):
    """One service's new version."""

    service: str
    tag: str
    digest: str | None = None
    image: str | None = None

    @property
    def name(self) -> str:
        """Return what a person calls what is pinned."""
        return self.image or self.service

    @property
    def words(self) -> str:
        """Return the request as a person writes it."""
        return f"{self.service} {self.tag}" + (f" --image {self.image}" if self.image else "")

    @classmethod
    def read(cls, service: str, version: str, *, digest: str | None = None, image: str | None = None) -> "Request":
        """Read `TAG` or `TAG@DIGEST`.

        Raises Usage for a text that is no tag.
        """
        tag, at, inline = version.partition("@")
        if at and digest and inline != digest:
            raise Usage("two digests for one version", reason="bad-digest")
        chosen = inline if at else digest
        return cls(service, check_tag(tag), check_digest(chosen) if chosen is not None else None, image)


class Bump(Struct, frozen=True):
    """Pin services of one environment to other versions, all in one change."""

    kind: ClassVar[str] = "bump"
    env: str | None
    requests: tuple[Request, ...]
    allow_downgrade: bool = False
    allow_major: bool = False

    def plan(self, ground: Ground) -> Plan:
        """Return one line's edit a pin; requests that are already so give none.

        Raises Usage, Refused or RepositoryError; then nothing is planned at all.
        """
        tree = ground.tree
        env = tree.environment_name(self.env)
        edits: list[Edit] = []
        effects: list[ImageEffect] = []
        texts: dict[str, tuple[bytes, bytes]] = {}
        asked: set[tuple[str, str]] = set()
        for request in self.requests:
            _in_order(tree, env, request)
            unit, found = tree.unit(env, request.service)
            path = tree.source.real(found.path)
            if path in texts:
                found = Kustomization(found.folder, parse(texts[path][1], path))
            name = _image_name(tree, unit, found, request.image)
            if (unit.service, name) in asked:
                raise Usage(f"the same image is named twice: {name}", reason="named-twice")
            asked.add((unit.service, name))
            pin = _pin(found, name)
            self._allow(tree, unit, pin, name, request)
            made, data = _edit(unit, path, found, pin, name, request)
            effects += _effects(tree, unit, path, found, pin, name, request)
            if made:
                before = texts[path][0] if path in texts else found.document.text.encode("utf-8")
                texts[path] = (before, data)
                edits += made
        return Plan(self._title(env), tuple(edits), texts, tuple(effects))

    def _title(self, env: str) -> str:
        if len(self.requests) == 1:
            only = self.requests[0]
            return f"Bump {only.name} to {only.tag} in {env}"
        names = ", ".join(request.name for request in self.requests[:4])
        more = f" and {len(self.requests) - 4} more" if len(self.requests) > 4 else ""
        return f"Bump {names}{more} in {env}"

    def _allow(self, tree: Tree, unit: Unit, pin: Pin | None, name: str, request: Request) -> None:
        """Refuse what is no version, a step that must be meant, and a pin without the digest that a gate needs."""
        environment, plan = tree.environment(unit.env), tree.plan(unit.service)
        gates = environment.gates
        is_planned = request.image is None or is_own(unit.service, name)
        by = scheme(unit.service, environment, plan) if is_planned else USUAL
        allow_version(unit, by, request.tag)
        keeps = pin is not None and pin.tag == request.tag and pin.digest is not None
        if gates.needs_digest and not request.digest and not keeps:
            if f"{name}:{request.tag}" not in gates.undigested:
                raise Refused(
                    f"{unit.env} pins digests, and none was given for {name}: {request.tag}",
                    reason="digest-required",
                    hint=f"bos-tools bump {request.words} --env {unit.env} --digest sha256:…",
                )
        old = pin.tag if pin is not None and pin.tag else _base_tag(tree, unit, pin, name)
        if old and old != request.tag and not self.allow_downgrade:
            allow_order(unit, by, old, request.tag)
        if old and old != request.tag and plan.data_service and not self.allow_major:
            allow_data(unit, by, old, request.tag)


def _in_order(tree: Tree, env: str, request: Request) -> None:
    """Ask back where the version stands before the service, and where an image stands in the service's place."""
    if request.service in (known := tree.services(env)):
        return
    if request.tag in known:
        raise Usage(
            f"the service comes first: {request.service} is none",
            reason="unknown-service",
            hint=f"bos-tools bump {request.tag} {request.service}",
        )
    pinned = {pin.name: name for name in known for pin in tree.unit(env, name)[1].pins}
    if (service := pinned.get(request.service)) is not None:
        raise Usage(
            f"{request.service} is no service, but an image of {service}",
            reason="unknown-service",
            hint=f"bos-tools bump {service} {request.tag} --image {request.service} --env {env}",
        )


def _base_tag(tree: Tree, unit: Unit, pin: Pin | None, name: str) -> str | None:
    """Return the tag that the base itself gives an image, as long as no pin does."""
    tags = {version(image)[0] for image in _meant(tree, unit, pin, name)}
    return tags.pop() if len(tags) == 1 else None


def _meant(tree: Tree, unit: Unit, pin: Pin | None, name: str) -> list[str]:
    """Return the images of the bases that an entry is about: a name may be an expression."""
    used = used_images(tree.graph, unit.folder)
    return [image for image in used if (pin.matches(image) if pin is not None else untagged(image) == name)]


def _pin(found: Kustomization, name: str) -> Pin | None:
    pins = [pin for pin in found.pins if pin.name == name]
    if len(pins) > 1:
        raise RepositoryError(
            f"image pinned twice: {name}",
            reason="pinned-twice",
            hint=f"kustomize lets the last one win; remove the one on line {pins[0].line}",
            path=found.path,
            line=pins[1].line,
        )
    return pins[0] if pins else None


def _image_name(tree: Tree, unit: Unit, found: Kustomization, wanted: str | None) -> str:
    """Return which image is meant: the one named, the service's own, or the only one that the unit has."""
    pinned = list(dict.fromkeys(pin.name for pin in found.pins))
    if wanted in pinned:
        return str(wanted)
    if wanted is not None and (meant := [pin.name for pin in found.pins if pin.matches(wanted)]):
        return meant[0]
    if wanted is None and (own := _own(unit, pinned)):
        return own
    used = {untagged(image) for image in used_images(tree.graph, unit.folder)}
    known = sorted({*pinned, *used})
    if wanted is not None and wanted not in known:
        raise RepositoryError(
            f"{unit.service} in {unit.env} has no such image: {wanted!a}",
            reason="unknown-image",
            hint=f"one of {', '.join(known) or 'none'}",
            path=found.path,
        )
    if not known:
        raise RepositoryError(f"{unit.service} in {unit.env} runs no image", reason="unknown-image", path=found.path)
    if wanted is None and len(pinned) == 1 and pinned[0] not in used:  # misspelt, as the proof will say
        return pinned[0]
    only = pinned if len(pinned) == 1 else known
    name = wanted or _own(unit, known) or (only[0] if len(only) == 1 else None)
    if name is None:
        raise Usage(
            f"{unit.service} in {unit.env} has several images, and none of its own name",
            reason="which-image",
            hint=f"say --image with one of {', '.join(known)}",
        )
    return name


def _own(unit: Unit, names: list[str]) -> str | None:
    """Return the image that bears the service's name, as it is or behind the address of a registry.

    An expression is never taken for it: who means one has no other, or names it.
    """
    found = [name for name in names if is_own(unit.service, name)]
    return unit.service if unit.service in found else found[0] if len(found) == 1 else None


def _digest(pin: Pin | None, request: Request) -> str | None:
    """Return the digest that is pinned: the one asked for, or the one that is there for this very tag."""
    return pin.digest if pin is not None and request.digest is None and pin.tag == request.tag else request.digest


def _effects(
    tree: Tree, unit: Unit, path: str, found: Kustomization, pin: Pin | None, name: str, request: Request
) -> list[ImageEffect]:
    """Return what one request must do in the render: to one image, or to each that the entry's expression means."""
    digest = _digest(pin, request)
    if pin is None:
        return [ImageEffect(unit, name, name, None, reference(name, request.tag, digest), path, found.root.line)]
    called = [pin.repository]
    if pin.new_name is None and not patterns.is_plain(name):
        called = sorted({untagged(image) for image in _meant(tree, unit, pin, name)}) or called
    return [
        ImageEffect(
            unit, name, one, reference(one, pin.tag, pin.digest) if pin.is_versioned else None,
            reference(one, request.tag, digest), path, pin.line,
        )
        for one in called
    ]  # fmt: skip


def _edit(
    unit: Unit, path: str, found: Kustomization, pin: Pin | None, name: str, request: Request
) -> tuple[list[Edit], bytes]:
    """Return the edits and the file's new bytes for one request."""
    editor = Editor(Document(path, found.document.text, found.document.roots))
    edits: list[Edit] = []

    def note(key: str, old: str | None, new: str | None) -> None:
        edits.append(Edit(path, unit.env, unit.service, key, old, new))

    digest = _digest(pin, request)
    if pin is None:
        entry = {"name": name, "newTag": request.tag} | ({"digest": digest} if digest else {})
        editor.append("images", entry)
        for key, value in list(entry.items())[1:]:
            note(key, None, value)
        return edits, editor.result()

    at = ("images", pin.index)
    if pin.tag != request.tag:
        if pin.node.get("newTag") is not None:
            editor.set((*at, "newTag"), request.tag)
        else:
            editor.insert((*at, "newTag"), request.tag, after="newName" if pin.new_name else "name")
        note("newTag", pin.tag, request.tag)
    if pin.digest != digest:
        if pin.node.get("digest") is None:
            editor.insert((*at, "digest"), str(digest), after="newTag" if pin.node.get("newTag") else "name")
        elif digest is None:
            editor.remove((*at, "digest"))
        else:
            editor.set((*at, "digest"), digest)
        note("digest", pin.digest, digest)
    return edits, editor.result() if edits else b""

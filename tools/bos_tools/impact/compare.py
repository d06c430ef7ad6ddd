"""Two trees side by side: every object that differs in the render of any unit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bos_tools.errors import RepositoryError
from bos_tools.impact.affected import Affected, affected
from bos_tools.impact.changes import Difference, Field, Kind
from bos_tools.impact.fields import pairs, same, told
from bos_tools.impact.generated import Couple, coupled
from bos_tools.impact.pods import rolls, template
from bos_tools.render import mask
from bos_tools.render.diff import renders
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import read, split
from bos_tools.tree.identity import Object
from bos_tools.tree.layout import Tree, Unit


@dataclass(frozen=True)
class Compared:
    """How two trees differ in what they render."""

    affected: Affected
    differences: tuple[Difference, ...]
    unread: tuple[tuple[Unit, RepositoryError], ...] = ()
    """The units that could not be rendered on one of the sides, and why; of them nothing is told."""


def compare(old: Tree, new: Tree, renderer: Renderer, env: str | None = None) -> Compared:
    """Return every object that differs in one environment or in all: only what the change reaches is rendered."""
    reached = affected(old, new, env)
    unread: list[tuple[Unit, RepositoryError]] = []
    made: list[Difference] = []
    for unit, before, after in _rendered(old, new, renderer, reached.units, unread):
        made += differences(unit, before, after)
    return Compared(reached, tuple(made), tuple(unread))


def _rendered(
    old: Tree, new: Tree, renderer: Renderer, units: Sequence[Unit], unread: list[tuple[Unit, RepositoryError]]
) -> Iterator[tuple[Unit, bytes, bytes]]:
    """Yield both renders of each unit; when one fails, the rest is rendered one by one."""
    graphs = (old.graph, new.graph)
    try:
        sides = renders(renderer, graphs, [unit.folder for unit in units])
        yield from ((unit, *pair) for unit, pair in zip(units, sides, strict=True))
    except RepositoryError:
        for unit in units:
            try:
                yield unit, *renders(renderer, graphs, [unit.folder])[0]
            except RepositoryError as error:
                unread.append((unit, error))


def differences(unit: Unit, before: bytes, after: bytes) -> list[Difference]:
    """Return the objects in which two renders of a unit differ, in the order of the new one; then what is gone.

    Only documents that differ as text are parsed.
    """
    if before == after:
        return []
    old_texts, new_texts = split(before), split(after)
    equal = set(old_texts) & set(new_texts)
    old = [one for text in old_texts if text not in equal for one in read(text)]
    new = [one for text in new_texts if text not in equal for one in read(text)]
    couples = coupled(old, new)
    held = {text for text in (*old_texts, *new_texts) if b"kind: Secret\n" in text}
    veil = _Veil(couples, mask.values(one for text in held for one in read(text)))
    found = [made for couple in couples if (made := _difference(unit, couple, veil)) is not None]
    return [replace(one, rolls=_rolls(one, found)) for one in found]


def _difference(unit: Unit, couple: Couple, veil: "_Veil") -> Difference | None:
    old, new = couple.old, couple.new
    one = new or old
    assert one is not None
    if old is None or new is None:
        kind = Kind.added if old is None else Kind.removed
    else:
        kind = Kind.changed if old.id == new.id else Kind.renamed
        if same(old.data, new.data):
            return None
    identity = veil.name(one)
    was = veil.name(old) if kind is Kind.renamed and old is not None else None
    fields = tuple(_fields(identity, kind, couple, veil))
    base = replace(one, name=couple.stem).id if couple.stem else None
    return Difference(unit, identity, kind, was, fields, (), base, old, new)


def _fields(identity: str, kind: Kind, couple: Couple, veil: "_Veil") -> Iterator[Field]:
    sides: list[Any] = [{} if one is None else one.data for one in (couple.old, couple.new)]
    for path, old, new in pairs(*sides, whole=not identity.startswith(mask.SECRET)):
        if kind is not Kind.renamed or path != "metadata.name":
            yield veil.field(identity, path, old, new)


class _Veil:
    """What of a unit is not to be seen: Secrets' values wherever they stand, and the hashes that are made of them."""

    def __init__(self, couples: Sequence[Couple], values: set[str]) -> None:
        self._values = sorted(values, key=len, reverse=True)
        self._stems: dict[str, str] = {}
        for couple in couples:
            if couple.stem:
                sides = [one for one in (couple.old, couple.new) if one is not None]
                self._stems |= {one.name: couple.stem for one in sides}
                if sides[0].kind == mask.SECRET.strip():
                    self._values += [one.name for one in sides if one.name != couple.stem]

    def name(self, one: Object) -> str:
        """Return who an object is; of a Secret without the hash of its values."""
        if one.id.startswith(mask.SECRET) and one.name in self._stems:
            return replace(one, name=self._stems[one.name]).id
        return one.id

    def field(self, identity: str, path: str, old: Any, new: Any) -> Field:
        """Return a field as it may be seen."""
        if mask.hides(identity, path):
            return Field(path, None, None, redacted=True)
        plain = told(path, old, new)
        made = Field(path, *(mask.veiled(side, self._values) for side in (plain.old, plain.new)))
        stems = {self._stems.get(side) if isinstance(side, str) else None for side in (old, new)}
        if len(stems) == 1 and (stem := stems.pop()) is not None:
            made = replace(made, generated=stem)
        if same(made.old, made.new) and not same(plain.old, plain.new):
            return replace(made, old=None, new=None, redacted=True)
        return made


def _rolls(one: Difference, found: Sequence[Difference]) -> tuple[str, ...]:
    """Return the workloads whose pods are replaced because of a difference: its own, or those that name it."""
    if one.new is not None and rolls(one.old, one.new):
        return (one.object,)
    if one.kind is not Kind.renamed or one.new is None:
        return ()
    name = one.new.name
    return tuple(
        other.object
        for other in found
        if other.new is not None and rolls(other.old, other.new) and _names(template(other.new), name)
    )


def _names(data: Any, name: str) -> bool:
    """Tell whether a text stands anywhere in some data."""
    if isinstance(data, dict):
        return any(_names(value, name) for value in data.values())
    return any(_names(item, name) for item in data) if isinstance(data, list) else bool(data == name)

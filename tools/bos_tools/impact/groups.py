"""The same change in several environments, told once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bos_tools.impact.changes import Difference, Field


@dataclass(frozen=True)
class Group:
    """One difference, in each of the units that it is in."""

    each: tuple[Difference, ...]

    @property
    def one(self) -> Difference:
        """Return the difference as the first of its environments has it."""
        return self.each[0]

    @property
    def environments(self) -> tuple[str, ...]:
        """Return where it is."""
        return tuple(one.unit.env for one in self.each)


@dataclass(frozen=True)
class Section:
    """What differs in one service, in the same way in some environments."""

    service: str
    environments: tuple[str, ...]
    differences: tuple[Difference, ...]


Also = Callable[[Difference], object]
"""What else must be the same of two differences for them to be one."""


def _nothing(_: Difference) -> None:
    """Ask for nothing else."""


def grouped(differences: Iterable[Difference], also: Also = _nothing) -> list[Group]:
    """Return the differences, those that are the same but for their environment together, in the order of the first.

    Two are the same when a reader would see the same: of a text the lines that differ, of a generated object its name
    without the hash, and of one that comes or goes that it does.
    """
    found: dict[object, list[Difference]] = {}
    for one in differences:
        found.setdefault((_seen(one), also(one)), []).append(one)
    return [Group(tuple(each)) for each in found.values()]


def sections(differences: Iterable[Difference], also: Also = _nothing) -> list[Section]:
    """Return the groups by service and environments: what to read, in the order to read it in.

    What only names another hash of a generator is told where that is made.
    """
    found: dict[str, dict[tuple[str, ...], list[Difference]]] = {}
    for group in grouped((one for one in differences if not one.is_echo), also):
        service = found.setdefault(group.one.unit.service, {})
        service.setdefault(group.environments, []).append(group.one)
    return [Section(name, envs, tuple(each)) for name, parts in found.items() for envs, each in parts.items()]


def _seen(one: Difference) -> object:
    fields = tuple(map(_shown, one.fields)) if one.old is not None and one.new is not None else ()
    return one.unit.service, one.kind, one.name, one.was is None, one.rolls, fields


def _shown(one: Field) -> object:
    if one.generated:
        return one.field, one.generated
    if one.is_text:
        return one.field, one.old is None, one.new is None, tuple(line for line in one.lines if line[0] in "+-")
    return one.field, one.redacted, repr(one.old), repr(one.new)

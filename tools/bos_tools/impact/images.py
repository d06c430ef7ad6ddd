"""Which images an environment runs otherwise."""

from collections.abc import Iterable
from dataclasses import dataclass

from bos_tools.impact.changes import Difference
from bos_tools.render.objects import images
from bos_tools.tree.identity import Object
from bos_tools.tree.image_names import untagged
from bos_tools.tree.layout import Unit


@dataclass(frozen=True)
class Moved:
    """One image of a unit that has another version, or that comes or goes; None stands for an absent side."""

    unit: Unit
    image: str
    """Its name, with its registry."""
    old: str | None
    new: str | None

    @property
    def reference(self) -> str | None:
        """Return what the unit runs now, in full."""
        if self.new is None:
            return None
        return f"{self.image}{'' if self.new.startswith('@') else ':' if self.new else ''}{self.new}"


def moved(differences: Iterable[Difference]) -> list[Moved]:
    """Return the images that units run otherwise, each once, in the order in which they are met."""
    found: dict[Moved, None] = {}
    for one in differences:
        old, new = _fields(one.old), _fields(one.new)
        for field in dict.fromkeys([*new, *old]):
            was, now = old.get(field), new.get(field)
            if was != now:
                found.update(dict.fromkeys(_moves(one.unit, was, now)))
    return list(found)


def _moves(unit: Unit, was: str | None, now: str | None) -> list[Moved]:
    """Return a move: one of another name is one that goes, and one that comes."""
    if was is None or now is None or untagged(was) != untagged(now):
        made = [] if was is None else [Moved(unit, untagged(was), _version(was), None)]
        return made if now is None else [*made, Moved(unit, untagged(now), None, _version(now))]
    return [Moved(unit, untagged(now), _version(was), _version(now))]


def _version(image: str) -> str:
    return image[len(untagged(image)) :].removeprefix(":")


def _fields(one: Object | None) -> dict[str, str]:
    return dict(images(one)) if one is not None else {}

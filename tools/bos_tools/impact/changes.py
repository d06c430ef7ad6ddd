"""What a change is made of: the fields of an object that differ, and the object in its unit."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cached_property
from typing import Any

from bos_tools.tree.identity import Object
from bos_tools.tree.layout import Unit

AROUND = 2
"""Lines that are shown before and after one that changes."""
UNENDED = "\\ no newline at the end"
LINES_LIMIT = 4000
"""Lines, from the first to the last that changes, of which the way from one to the other is looked for."""


class Kind(StrEnum):
    """What happens to an object in the render."""

    added = "added"
    removed = "removed"
    changed = "changed"
    renamed = "renamed"
    """It has a generator's name, which ends with the hash of what it holds."""


@dataclass(frozen=True)
class Field:
    """One field that differs, with its value on each side: None where it is absent, and where it is not to be seen."""

    field: str
    old: Any
    new: Any
    redacted: bool = False
    """Both values are a Secret's, and stay untold."""
    generated: str | None = None
    """The name that a generator has for what the field names: only the hash behind it is another."""

    @property
    def is_text(self) -> bool:
        """Tell whether a text of several lines is among its values: a file in a ConfigMap."""
        sides = [side for side in (self.old, self.new) if side is not None]
        return all(isinstance(side, str) for side in sides) and any("\n" in side.rstrip("\n") for side in sides)

    @cached_property
    def lines(self) -> list[str]:
        """Return a text's lines that differ, as a unified diff has them, each part below its `@@ -1,2 +1,3 @@`."""
        return list(_hunks(_parts(self.old or ""), _parts(self.new or "")))


@dataclass(frozen=True)
class Difference:
    """How one object of a unit differs between two renders."""

    unit: Unit
    object: str
    """Who it is, such as `Deployment.apps buildingos/backend`; a Secret of a generator without its hash."""
    kind: Kind
    was: str | None
    """Who it was, of one that has another name now."""
    fields: tuple[Field, ...]
    rolls: tuple[str, ...] = ()
    """The workloads whose pods are replaced because of it."""
    stem: str | None = None
    """Who it is without the hash of its generator, which is another one in each environment."""
    old: Object | None = field(default=None, repr=False)
    new: Object | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Return who it is in all environments."""
        return self.stem or self.object

    @property
    def is_echo(self) -> bool:
        """Tell whether nothing but names of generators differs: what they hold is told where they are."""
        return self.kind is Kind.changed and all(one.generated for one in self.fields)

    def in_unit(self, unit: Unit) -> "Difference":
        """Return the same difference in another unit."""
        return replace(self, unit=unit)


def _parts(text: str) -> list[str]:
    """Return a text's lines, a return at the end of each kept; and that the last one has no end."""
    *parts, last = text.split("\n")
    return [*parts, last, UNENDED] if last else parts


def _hunks(old: list[str], new: list[str]) -> Iterator[str]:
    """Yield the parts that differ; what both begin and end with is left out first, so that long texts are quick."""
    head = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    most = min(len(old), len(new)) - head
    backwards = zip(reversed(old), reversed(new), strict=False)
    tail = min(next((i for i, (a, b) in enumerate(backwards) if a != b), most), most)
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    if not before and not after:
        return
    shift = max(head - AROUND, 0)
    if len(before) + len(after) > LINES_LIMIT:
        yield f"@@ -{head + 1},{len(before)} +{head + 1},{len(after)} @@ too many lines to compare one by one"
        return
    left, right = old[shift : len(old) - tail + AROUND], new[shift : len(new) - tail + AROUND]
    for group in SequenceMatcher(None, left, right).get_grouped_opcodes(AROUND):
        first, last = group[0], group[-1]
        spans = f"-{first[1] + shift + 1},{last[2] - first[1]} +{first[3] + shift + 1},{last[4] - first[3]}"
        yield f"@@ {spans} @@"
        for tag, a, b, c, d in group:
            if tag == "equal":
                yield from (f" {line}" for line in left[a:b])
                continue
            yield from (f"-{line}" for line in left[a:b])
            yield from (f"+{line}" for line in right[c:d])

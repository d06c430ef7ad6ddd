"""A field that differs as blocks of lines, which a page can put one below the other or side by side."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bos_tools.impact.changes import Field

LINES = 2000
"""Lines of one field that a page shows; the JSON document has all of them."""


@dataclass(frozen=True)
class Block:
    """Lines that are the same on both sides, or what stood there and what stands there now."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    place: str = ""
    """Where it stands in a text, such as `@@ -7,5 +7,5 @@`, at the first block of a part."""

    @property
    def is_same(self) -> bool:
        """Tell whether nothing differs in it."""
        return self.old == self.new


def blocks(field: "Field") -> list[Block]:
    """Return the blocks of a field; none for a Secret's, whose values stay untold."""
    if field.redacted:
        return []
    if not field.is_text:
        return [Block(_value(field.old), _value(field.new))]
    lines = field.lines
    if len(lines) > LINES:
        lines = [*lines[:LINES], f"@@ {len(lines) - LINES} more lines, which --output json has @@"]
    return list(_blocks(lines))


def _value(value: Any) -> tuple[str, ...]:
    """Return a value as lines: what holds others as YAML."""
    if value is None:
        return ()
    if isinstance(value, dict | list) and value:
        import yaml

        text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=4096)
        return _short(text.splitlines())
    return _short((value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).split("\n"))


def _short(lines: Sequence[str]) -> tuple[str, ...]:
    more = len(lines) - LINES
    return tuple(lines) if more <= 0 else (*lines[:LINES], f"… {more} more lines, which --output json has")


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Yield the blocks of a unified diff's lines."""
    place, old, new = "", list[str](), list[str]()
    last = ""
    for line in [*lines, "@@"]:
        mark, text = line[:1], line[1:]
        is_turn = mark != last and not (last == "-" and mark == "+")
        if (old or new) and is_turn:
            yield Block(tuple(old), tuple(new), place)
            place, old, new = "", [], []
        if mark == "@":
            place = line
        if mark in (" ", "-"):
            old.append(text)
        if mark in (" ", "+"):
            new.append(text)
        last = mark

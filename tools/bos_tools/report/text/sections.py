"""The objects of one service that differ, for a terminal: a line each, and below it no more than a reader needs."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bos_tools.report.text.page import GREEN, RED, YELLOW, Page, Painted

if TYPE_CHECKING:
    from bos_tools.impact.changes import Difference, Field
    from bos_tools.impact.groups import Section

MARKS = {"added": ("+", GREEN), "removed": ("-", RED), "changed": ("~", YELLOW), "renamed": ("~", YELLOW)}
WIDTH = 78
"""Columns of a line that is not wrapped."""
LINES = 40
"""Lines of one value or of one file's diff; the JSON document has all of it."""


def write(section: "Section", page: Page, note: "Callable[[Difference], str]" = lambda _: "") -> None:
    """Show the differences of a service, each with a note behind it."""
    for one in section.differences:
        mark, colour = MARKS[one.kind]
        page.data("  ", Painted(f"{mark} {one.name}", colour), _rolls(one), note(one))
        for line in _fields(one):
            page.data("      ", line)


def lines(one: "Difference", note: str, most: int) -> list[str]:
    """Return a difference as plain lines, with so many of each value at most."""
    mark, _ = MARKS[one.kind]
    below = (line.text if isinstance(line, Painted) else line for line in _fields(one, most))
    return [f"{mark} {one.name}{_rolls(one)}{note}", *(f"    {line}" for line in below)]


def _rolls(one: "Difference") -> str:
    others = ", ".join(identity.rpartition("/")[2] for identity in one.rolls if identity != one.object)
    return f"  rolls: {others}" if others else "  rolls" if one.rolls else ""


def _fields(one: "Difference", most: int = LINES) -> Iterator[str | Painted]:
    """Yield the lines of each field; an object that comes or goes as a whole has none."""
    for field in one.fields if one.kind in ("changed", "renamed") else ():
        if not field.generated:
            yield from _field(field, most)


def _field(field: "Field", most: int) -> Iterator[str | Painted]:
    if field.redacted:
        yield f"{field.field}  (hidden)"
        return
    if field.is_text:
        yield field.field
        yield from (_coloured(line) for line in _short(field.lines, most))
        return
    old, new = ("(absent)" if side is None else _inline(side) for side in (field.old, field.new))
    line = f"{field.field}  {old} -> {new}"
    if len(line) + 6 <= WIDTH:
        yield line
        return
    yield field.field
    for mark, side in (("-", field.old), ("+", field.new)):
        if side is not None:
            yield from (_coloured(f"{mark} {text}") for text in _short(_lines(side), most))


def _short(lines: list[str], most: int) -> list[str]:
    if len(lines) <= most:
        return lines
    return [*lines[:most], f"… {len(lines) - most} more lines, which --output json has"]


def _coloured(line: str) -> str | Painted:
    colour = {"+": GREEN, "-": RED}.get(line[:1])
    return Painted(f"  {line}", colour) if colour else f"  {line}"


def _inline(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _lines(value: Any) -> list[str]:
    """Return a value as lines: what holds others as YAML."""
    if not isinstance(value, dict | list) or len(_inline(value)) < WIDTH - 10:
        return _inline(value).splitlines() or [""]
    import yaml

    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=4096)
    return text.splitlines()

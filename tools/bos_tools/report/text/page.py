"""What a report of text is written on: lines of data, words for the human, and bytes as they are, in order."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Stream(Enum):
    """Where a line goes: data to stdout, words to stderr."""

    data = "data"
    words = "words"


RED, GREEN, BOLD = "31", "32", "1"


@dataclass
class Page:
    """An empty page; colours show only where the reader has them."""

    colour: bool = False
    parts: list[tuple[Stream, str | bytes]] = field(default_factory=list)

    def data(self, text: str) -> None:
        """Write a line of data."""
        self.parts.append((Stream.data, f"{text}\n"))

    def raw(self, data: bytes) -> None:
        """Write bytes of data as they are."""
        self.parts.append((Stream.data, data))

    def words(self, text: str) -> None:
        """Write a line for the human."""
        self.parts.append((Stream.words, f"{text}\n"))

    def paint(self, text: str, colour: str) -> str:
        """Return the text in a colour, where colours show."""
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colour else text

    def table(self, rows: Iterable[Sequence[str]], *, head: Sequence[str]) -> None:
        """Write aligned columns under a head."""
        lines = [list(head), *(list(row) for row in rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for number, line in enumerate(lines):
            text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            self.data(self.paint(text, BOLD) if number == 0 else text)

    def fields(self, changes: Iterable[tuple[str, str, Any, Any]]) -> None:
        """Write each field that differs: its object, its path, its value on either side."""
        for name, path, old, new in changes:
            self.data(f"  {name}  {path}")
            self.data(f"    {absent(old)} -> {absent(new)}")


def absent(value: Any) -> str:
    """Return a field's value on one line, `-` for a side on which it is absent."""
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 and "\n" not in text else f"{text.splitlines()[0][:100]}… ({len(text)} characters)"

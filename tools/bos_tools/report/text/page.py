"""What a report of text is written on: lines of data, words for the human, and bytes as they are, in order."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from bos_tools import plain


class Stream(Enum):
    """Where a line goes: data to stdout, words to stderr."""

    data = "data"
    words = "words"


RED, GREEN, YELLOW, BOLD = "31", "32", "33", "1"


class Painted(NamedTuple):
    """Words in a colour."""

    text: str
    colour: str


@dataclass
class Page:
    """An empty page; colours show only where the reader has them, and are all that acts: every word is made plain."""

    colour: bool = False
    parts: list[tuple[Stream, str | bytes]] = field(default_factory=list)

    def data(self, *words: str | Painted) -> None:
        """Write a line of data."""
        self.parts.append((Stream.data, "".join(map(self._shown, words)) + "\n"))

    def text(self, text: str) -> None:
        """Write several lines of data."""
        self.parts.append((Stream.data, f"{plain.lines(text)}\n"))

    def raw(self, data: bytes) -> None:
        """Write bytes of data as they are."""
        self.parts.append((Stream.data, data))

    def words(self, text: str) -> None:
        """Write a line for the human."""
        self.parts.append((Stream.words, f"{plain.line(text)}\n"))

    def _shown(self, word: str | Painted) -> str:
        if isinstance(word, str):
            return plain.line(word)
        text = plain.line(word.text)
        return f"\x1b[{word.colour}m{text}\x1b[0m" if self.colour else text

    def table(self, rows: Iterable[Sequence[str]], *, head: Sequence[str]) -> None:
        """Write aligned columns under a head."""
        lines = [list(head), *([plain.line(cell) for cell in row] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for number, line in enumerate(lines):
            text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            self.data(Painted(text, BOLD) if number == 0 else text)

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

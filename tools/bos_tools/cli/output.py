"""Data to stdout, words to stderr; colour only on a terminal and never with NO_COLOR."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Any

import typer

from bos_tools.errors import BosError


class Format(StrEnum):
    """How data is written."""

    text = "text"
    json = "json"


Output = Annotated[Format, typer.Option("--output", "-o", help="How data is written to stdout.")]
Env = Annotated[
    str | None, typer.Option("--env", "-e", help="The environment; default: the first one.", show_default=False)
]
Envs = Annotated[str | None, typer.Option("--env", "-e", help="One environment only.", show_default=False)]

RED, GREEN, DIM, BOLD = "31", "32", "2", "1"


def data(text: str) -> None:
    """Write a line of data."""
    sys.stdout.write(f"{text}\n")


def words(text: str) -> None:
    """Write a line for the human."""
    with suppress(OSError):  # a full disk or a reader that left: who reads stderr may still be there
        sys.stdout.flush()
    sys.stderr.write(f"{text}\n")


def document(value: Any) -> None:
    """Write a JSON document."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def paint(text: str, colour: str) -> str:
    """Return the text in a colour where a terminal shows stdout."""
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def table(rows: Iterable[Sequence[str]], *, head: Sequence[str]) -> None:
    """Write aligned columns under a head."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for number, line in enumerate(lines):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        data(paint(text, BOLD) if number == 0 else text)


def absent(value: Any) -> str:
    """Return a field's value on one line, `-` for a side on which it is absent."""
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 and "\n" not in text else f"{text.splitlines()[0][:100]}… ({len(text)} characters)"


def failure(error: BosError, *, as_json: bool) -> int:
    """Report an error and return its exit code."""
    if as_json:
        document(error.as_json())
    words(f"bos-tools: {error}")
    if error.hint:
        words(f"hint: {error.hint}")
    return error.exit_code

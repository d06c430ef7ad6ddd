"""What long work tells of itself while it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """Something that was done, which the result says again: a line for who reads text."""

    text: str


@dataclass(frozen=True)
class Progress:
    """How far each of some things is, by its name: redrawn on a terminal, else a line where one changes."""

    lines: Mapping[str, str]
    every: float = 0.0
    """Seconds between two lines of one thing where nothing can be redrawn, for what counts."""

"""Say what the processes of a sandbox said, and go on as they say more."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from bos_tools.verbs.options import Argument, Option
from bos_tools.verbs.result import Result
from bos_tools.verbs.sandbox import Which
from bos_tools.verbs.session import Session

PAUSE = 0.3
"""Seconds between two looks at a log."""


@dataclass(frozen=True)
class Options:
    """Which processes, and how much of each."""

    process: Annotated[str | None, Argument(help="One process; default: all.")] = None
    which: Which = field(default_factory=Which)
    lines: Annotated[int, Option("How many lines from the end.", min=0)] = 100
    follow: Annotated[bool, Option("Go on as more is said.", ("--follow/--no-follow", "-f"))] = False


@dataclass(frozen=True)
class Logs(Result):
    """Lines by process."""

    lines: dict[str, list[str]]
    is_one: bool
    """One process was asked for."""


class Tail:
    """The end of a file that grows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0

    def more(self) -> list[str]:
        """Return the lines that were added since the last look."""
        try:
            with open(self.path, "rb") as file:
                file.seek(self._read)
                data = file.read()
        except OSError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        return whole.decode("utf-8", "replace").splitlines()

    def last(self, lines: int) -> list[str]:
        """Return the last lines that are there."""
        found = self.more()
        return found[-lines:] if lines else []


def run(session: Session, options: Options) -> Iterator[Logs]:
    """Yield the last lines and, to follow, what comes after them, for ever.

    Raises Refused for a process that is none of this sandbox's.
    """
    sandbox = options.which.find(session)
    is_one = options.process is not None
    names = [options.process] if options.process else [program.name for program in sandbox.programs]
    tails = {name: Tail(sandbox.log(name)) for name in names}
    yield Logs({name: tail.last(options.lines) for name, tail in tails.items()}, is_one)
    while options.follow:
        time.sleep(PAUSE)
        yield Logs({name: tail.more() for name, tail in tails.items()}, is_one)

"""The one loop that waits: look, tell, and look again until it is over or the time is up; and what is waited for now.

Whoever may block for seconds says so by `busy`; whoever has a person before it (the command line) reads `waits`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

Seen = TypeVar("Seen")


@dataclass(eq=False)
class Busy:
    """Something that is waited for: what, until when at most, and what is in the way."""

    what: str
    since: float
    """By the clock of `time.monotonic`."""
    until: float
    why: str = ""


@dataclass(frozen=True)
class Deadline:
    """When something ends that began a moment ago."""

    seconds: float
    end: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the end of so many seconds from now on."""
        return cls(seconds, time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Return the seconds that are left."""
        return max(0.0, self.end - time.monotonic())


_waits: list[Busy] = []
_turn = Lock()


@contextmanager
def busy(what: str, seconds: float) -> Iterator[Busy]:
    """Say that the program waits for something from now on, for so many seconds at most: `Argo CD to answer`."""
    now = time.monotonic()
    waits = Busy(what, now, now + seconds)
    with _turn:
        _waits.append(waits)
    try:
        yield waits
    finally:
        with _turn:
            _waits.remove(waits)


def waits() -> list[Busy]:
    """Return what is waited for now, the longest wait first."""
    with _turn:
        return list(_waits)


def watch(
    look: Callable[[], Seen],
    is_over: Callable[[Seen], bool],
    tell: Callable[[Seen], None],
    *,
    timeout: float,
    every: float,
) -> Seen:
    """Return the last look: the first one that is over, or the one after so many seconds.

    `every` is the pause between two looks in seconds; a look that itself waits for something needs none. One look is
    made even without any time. Whoever calls tells from the look itself which of both ended it.
    """
    deadline = time.monotonic() + timeout
    while True:
        seen, now = look(), time.monotonic()
        tell(seen)
        if is_over(seen) or now >= deadline:
            return seen
        time.sleep(min(every, max(0.0, deadline - now)))

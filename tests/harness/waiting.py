"""The one way in which a test waits."""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


def eventually(holds: Callable[[], Seen], what: str = "", patience: float = 90.0) -> Seen:
    """Wait until something holds and return it; fail with its name and what was seen last.

    Seconds of patience are for what never comes, not for what is slow.
    """
    deadline = time.monotonic() + patience
    while not (seen := holds()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience:.0f} s: {what or holds}; last seen: {seen!r}")
        time.sleep(0.1)
    return seen

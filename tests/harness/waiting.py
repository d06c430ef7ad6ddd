"""The one way in which a test waits."""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")
PATIENCE = 240.0
"""Seconds that bound what never comes; a machine under load may be slow."""
PAUSES = (0.02, 0.3)
"""Seconds between two looks, at first and at last."""


def eventually(holds: Callable[[], Seen], what: str = "", patience: float = PATIENCE) -> Seen:
    """Wait until something holds and return it; fail with its name and what was seen last.

    A look that raises has not seen it yet: what a test waits for may not be there to look at.
    """
    deadline, pause = time.monotonic() + patience, PAUSES[0]
    while True:
        last: object
        why: Exception | None = None
        try:
            if seen := holds():
                return seen
            last = seen
        except Exception as error:
            last = why = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience:.0f} s: {what or holds}; last seen: {last!r}") from why
        time.sleep(pause)
        pause = min(pause * 1.5, PAUSES[1])

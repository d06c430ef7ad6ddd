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
        is_late = time.monotonic() > deadline
        try:
            seen = holds()
        except Exception as error:
            # Nothing of the error is kept: its frames would hold sockets and files until some later test.
            if is_late:
                raise AssertionError(f"not within {patience:.0f} s: {what or holds}; last seen: {error!r}") from error
        else:
            if seen:
                return seen
            if is_late:
                raise AssertionError(f"not within {patience:.0f} s: {what or holds}; last seen: {seen!r}")
        time.sleep(pause)
        pause = min(pause * 1.5, PAUSES[1])

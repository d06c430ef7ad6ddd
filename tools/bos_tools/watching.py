"""The one loop that waits: look, tell, and look again until it is over or the time is up."""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


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

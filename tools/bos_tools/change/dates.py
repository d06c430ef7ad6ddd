"""When a commit came onto a line, although its own clock may lie: by the order of the line."""

from collections.abc import Sequence
from itertools import accumulate

SKEW = 3600
"""Seconds by which two honest clocks may differ: far more than NTP leaves, far less than the window of any budget."""


def arrivals(dates: Sequence[int], now: int) -> list[int]:
    """Return when each commit of a first-parent line came onto it, newest first, as its committers' dates tell.

    All in seconds since 1970. No commit is older than one that it stands on, so the dates never rise from a commit to
    the one below. One that contradicts this by more than `SKEW`, or lies after `now`, is of a wrong clock or made up,
    and tells nothing: its commit counts as young as the line lets it be, which is as the next believed one above it.
    Without one above, that is `now`; but a date after `now` is then returned as it is, for who looks back from it.
    """
    floors = list(accumulate(reversed([date if date <= now else 0 for date in dates]), max))
    believed: int | None = None
    found: list[int] = []
    for date, floor in zip(dates, reversed(floors), strict=True):
        if date <= now and date >= floor - SKEW:
            believed = floor
            found.append(floor)
        else:
            found.append(believed if believed is not None else max(date, now))
    return found

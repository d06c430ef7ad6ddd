"""Predict when something fills up: robust slopes of the upper envelope of what was used."""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil
from statistics import median

Point = tuple[float, float]
"""Seconds since 1970, and a value."""

HOUR, DAY = 3600.0, 86400.0
WINDOWS = {"6h": (6 * HOUR, HOUR), "7d": (7 * DAY, DAY)}
"""Name to the window of a slope and the lag of its gains, in seconds; the worse slope counts (decision 14)."""
SEASON = DAY
"""Seconds of the running maximum: a compaction within a day gives back what is used again before the next one."""
FRESH = HOUR
"""Seconds after which a last sample says nothing of now."""
ENOUGH = 8
"""Points that a slope needs: two hours of the quarter hours that are asked for."""
SAME = 0.001
"""The part of a capacity by which it may waver without having changed."""
MOST = 200
"""Points that a slope is made of: their pairs are 19 900, and more would say the same."""


def theil_sen(points: Sequence[Point]) -> float | None:
    """Return the median slope of all pairs of points, in units a second; None where no two differ in time.

    Up to 29 of 100 points may be anything without moving it far (P. K. Sen, 1968). Many are thinned evenly.
    """
    points = points[:: -ceil(len(points) / MOST)] if len(points) > MOST else points
    slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2) if x1 != x2]
    return median(slopes) if slopes else None


def gain(points: Sequence[Point], lag: float) -> float | None:
    """Return the median gain over a lag, in units a second: one step among steady points leaves it as it is."""
    times = [moment for moment, _ in points]
    slopes = []
    for moment, value in points:
        index = bisect_right(times, moment - lag) - 1
        if index >= 0 and moment - times[index] <= 1.5 * lag:
            slopes.append((value - points[index][1]) / (moment - times[index]))
    return median(slopes) if slopes else None


def envelope(points: Sequence[Point], width: float) -> list[Point]:
    """Return the running maximum of the last `width` seconds at every point."""
    waiting: deque[Point] = deque()
    found: list[Point] = []
    for moment, value in points:
        while waiting and waiting[-1][1] <= value:
            waiting.pop()
        waiting.append((moment, value))
        while waiting[0][0] <= moment - width:
            waiting.popleft()
        found.append((moment, waiting[0][1]))
    return found


def settled(limit: Sequence[Point]) -> float | None:
    """Return since when a limit is what it is at its last point; None when it never changed."""
    for index in range(len(limit) - 1, 0, -1):
        if abs(limit[index - 1][1] - limit[-1][1]) > SAME * limit[-1][1]:
            return limit[index][0]
    return None


@dataclass(frozen=True)
class Unknown:
    """Why nothing can be said: never the same as fine."""

    why: str


@dataclass(frozen=True)
class Outlook:
    """How full something is and becomes; `peak` and `limit` in its unit, rates in units a day."""

    peak: float
    """The most that was used within the last day."""
    limit: float
    per_day: dict[str, float | None]
    """By window; None for one with too few points."""
    changed: float | None
    """When the limit changed last: no sample from before counts."""
    has_step: bool
    """A window holds a step that is no trend."""

    @property
    def fill(self) -> float:
        """Return the filled part of the limit."""
        return self.peak / self.limit

    @property
    def rate(self) -> float | None:
        """Return the worse rate; None when no window has enough points."""
        known = [rate for rate in self.per_day.values() if rate is not None]
        return max(known) if known else None

    @property
    def window(self) -> str:
        """Return the name of the window whose rate counts, empty when there is none."""
        return next((name for name, rate in self.per_day.items() if rate is not None and rate == self.rate), "")

    @property
    def days_left(self) -> float | None:
        """Return the days until the limit is reached; None when it is not growing, or not known."""
        if self.rate is None or self.rate <= 0:
            return None
        return max(0.0, self.limit - self.peak) / self.rate

    def after(self, days: float) -> float:
        """Return what is used after some days of growth; shrinking is not counted on."""
        return self.peak + max(0.0, self.rate or 0.0) * days


def outlook(used: Sequence[Point], limit: Sequence[Point], at: float, *, reserved: float = 0.0) -> Outlook | Unknown:
    """Return the outlook at a moment; `reserved` is the part of the limit that nobody may use.

    Unknown without samples, with old ones, or with a limit of nothing.
    """
    if not used or not limit:
        return Unknown("no series")
    if (age := at - min(used[-1][0], limit[-1][0])) > FRESH:
        return Unknown(f"the last sample is {span(age)} old")
    changed = settled(limit)
    usable = limit[-1][1] - reserved
    if usable <= 0:
        return Unknown("the file system reports no capacity")
    points = [point for point in used if changed is None or point[0] >= changed]
    if not points:
        return Unknown("no sample since the capacity changed")
    upper = envelope(points, SEASON)
    rates: dict[str, float | None] = {}
    has_step = False
    for name, (width, lag) in WINDOWS.items():
        inside = _window(upper, at - width)
        slope = theil_sen(inside) if len(inside) >= ENOUGH else None
        lasting = gain(inside, lag)
        if slope is not None and lasting is not None and slope > max(lasting, 0.0):
            has_step = has_step or lasting < slope / 2
            slope = max(lasting, 0.0)
        rates[name] = None if slope is None else slope * DAY
    return Outlook(upper[-1][1], usable, rates, changed, has_step)


def _window(upper: list[Point], start: float) -> list[Point]:
    """Return a window's points; the first day ever has too low an envelope and is left out where it can be."""
    inside = [point for point in upper if point[0] >= start]
    warm = [point for point in inside if point[0] >= upper[0][0] + SEASON]
    return warm if len(warm) >= ENOUGH else inside


def span(seconds: float) -> str:
    """Return a length of time as people say it.

    >>> span(5400), span(200000), span(40)
    ('1.5 h', '2.3 d', '0.7 min')
    """
    for unit, name in ((DAY, "d"), (HOUR, "h")):
        if seconds >= unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds / 60:.1f} min"

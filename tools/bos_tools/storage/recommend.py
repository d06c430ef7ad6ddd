"""Judge whether a claim should grow, to what size, and say why."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil

from bos_tools.storage.budget import Room
from bos_tools.storage.forecast import Outlook, Point, Unknown, outlook
from bos_tools.storage.growth import Growth
from bos_tools.tree.quantity import GIB

ARRIVED = 0.9
"""The part of a claim's size that its file system has at least (decision 14); less is a growth on its way."""
OWN = 1.2
"""The part of a claim's size above which a file system is not the claim's alone, or was grown by hand."""


class Verdict(StrEnum):
    """What to do about a claim."""

    due = "due"
    blocked = "blocked"
    unknown = "unknown"
    fine = "fine"


@dataclass(frozen=True)
class Subject:
    """What is judged: a volume as Git has it; sizes in bytes."""

    service: str
    name: str
    size: int
    storage_class: str
    top: int | None
    """The end of the plan's range; None where the plan has none."""


@dataclass(frozen=True)
class Evidence:
    """What was measured of one claim; empty for a series that is missing."""

    used: Sequence[Point] = ()
    capacity: Sequence[Point] = ()
    available: Sequence[Point] = ()
    inodes: Sequence[Point] = ()
    inodes_used: Sequence[Point] = ()


@dataclass(frozen=True)
class Holds:
    """What keeps a database from letting go of its WAL: a growth would only hide it."""

    reasons: Sequence[str] = ()
    is_known: bool = True


@dataclass(frozen=True)
class Recommendation:
    """The verdict on one claim, and everything that led to it."""

    volume: Subject
    verdict: Verdict
    target: int | None
    """Bytes; also of a blocked growth, unless the plan's range has ended."""
    reasons: tuple[str, ...]
    blocked_by: tuple[str, ...]
    """Slugs: held-wal, in-flight, range, budget."""
    space: Outlook | Unknown
    inodes: Outlook | Unknown
    room: Room


@dataclass
class _Case:
    """The reasons as they are found."""

    due: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    blocked: dict[str, str] = field(default_factory=dict)


def target(wanted: float, size: int, step: int, top: int | None) -> int | None:
    """Return the size to grow to: whole GiB, above the present one, within the step and the plan's range; else None."""
    least = (size // GIB + 1) * GIB
    most = (size + step if top is None else min(size + step, top)) // GIB * GIB
    return max(least, min(ceil(wanted / GIB) * GIB, most)) if most >= least else None


def recommend(
    volume: Subject, seen: Evidence, rules: Growth, room: Room, at: float, holds: Holds | None = None
) -> Recommendation:
    """Judge one claim at a moment (seconds since 1970), by decision 14."""
    space = _space(volume, seen, at)
    inodes = outlook(seen.inodes_used, seen.inodes, at)
    case = _Case()
    for what, one in (("space", space), ("inodes", inodes)):
        _look(case, what, one, rules)
    for reason in holds.reasons if holds else ():
        case.notes.append(reason)
        case.blocked["held-wal"] = "a growth would only hide what holds the WAL"
    if holds and not holds.is_known:
        case.notes.append("whether an archiver or a replication slot is stuck is unknown: no series")
    grown = _grown(case, volume, space, inodes, rules, room.limits.step)
    if not room.is_free:
        case.blocked["budget"] = room.said
    if isinstance(space, Outlook) and seen.capacity[-1][1] < ARRIVED * volume.size:
        at_node = f"the file system has {gib(seen.capacity[-1][1])} of the {gib(volume.size)} in Git"
        case.blocked["in-flight"] = f"{at_node}: a growth is on its way, and a second one would wait for it"
    verdict = _verdict(case, (space, inodes))
    shown = case.blocked if verdict is Verdict.blocked else {}
    reasons = (*case.due, *case.notes, *shown.values())
    return Recommendation(volume, verdict, grown if case.due else None, reasons, tuple(shown), space, inodes, room)


def worst(each: Sequence[Recommendation]) -> Recommendation:
    """Return the most urgent verdict on a volume that several claims of a cluster share the size of."""
    order = (Verdict.fine, Verdict.unknown, Verdict.blocked, Verdict.due)
    return max(each, key=lambda one: (order.index(one.verdict), one.target or 0))


def _space(volume: Subject, seen: Evidence, at: float) -> Outlook | Unknown:
    """Return the outlook of the bytes; what the file system keeps for root nobody may use."""
    reserved = 0.0
    if seen.used and seen.capacity and seen.available:
        at_once = dict(seen.used)
        moment, free = seen.available[-1]
        reserved = max(0.0, seen.capacity[-1][1] - free - at_once.get(moment, seen.used[-1][1]))
    found = outlook(seen.used, seen.capacity, at, reserved=reserved)
    if isinstance(found, Outlook) and seen.capacity[-1][1] > OWN * volume.size:
        return Unknown(
            f"its file system has {gib(seen.capacity[-1][1])} and Git says {gib(volume.size)}:"
            " it is shared with others, or was grown by hand"
        )
    if isinstance(found, Outlook) and not seen.available:
        return Unknown("no series of the available bytes")
    return found


def _look(case: _Case, what: str, one: Outlook | Unknown, rules: Growth) -> None:
    """Note what one outlook says."""
    if isinstance(one, Unknown):
        case.notes.append(f"{what}: unknown: {one.why}")
        return
    filled = f"{what}: {one.fill:.0%} of {_amount(what, one.limit)} was used at the peak of the last day"
    left = one.days_left
    if one.rate is None:
        pace = "too few samples for a slope" + (" since the capacity changed" if one.changed else "")
    elif left is None:
        pace = "it does not grow"
    else:
        pace = f"it is full in {left:.1f} d at {_amount(what, one.rate)} a day, by the last {one.window}"
    is_full, is_soon = one.fill > rules.threshold, left is not None and left < rules.lead_time
    filled += f", over the threshold of {rules.threshold:.0%}" if is_full else ""
    pace += f", within the lead time of {rules.lead_time:.0f} d" if is_soon else ""
    (case.due if is_full or is_soon else case.notes).append(f"{filled}, and {pace}")
    if one.has_step:
        case.notes.append(f"{what}: a step within the window is not taken for a trend")
    if one.changed:
        case.notes.append(f"{what}: only what was measured since the capacity changed counts")


def _grown(
    case: _Case, volume: Subject, space: Outlook | Unknown, inodes: Outlook | Unknown, rules: Growth, step: int
) -> int | None:
    """Return the size that is due: used(now + horizon) / target fill, and inodes by the same measure."""
    wanted = space.after(rules.horizon) / rules.target_fill if isinstance(space, Outlook) else 0.0
    if isinstance(inodes, Outlook):  # a file system gets inodes in proportion to its size
        wanted = max(wanted, volume.size * inodes.after(rules.horizon) / inodes.limit / rules.target_fill)
    if not case.due:
        return None
    grown = target(wanted, volume.size, step, volume.top)
    if grown is None:
        case.blocked["range"] = f"the plan's range ends at {gib(volume.top or 0)}"
    elif grown < wanted:
        ends = "the plan's range" if grown == volume.top else f"the step of {gib(step)}"
        case.notes.append(f"{gib(wanted)} would last for {rules.horizon:.0f} d; {ends} ends at {gib(grown)}")
    else:
        filled = f"{rules.target_fill:.0%} filled in {rules.horizon:.0f} d"
        case.notes.append(f"{gib(grown)} would be at most {filled}")
    return grown


def _verdict(case: _Case, outlooks: Sequence[Outlook | Unknown]) -> Verdict:
    if case.due:
        return Verdict.blocked if case.blocked else Verdict.due
    is_known = all(isinstance(one, Outlook) and one.rate is not None for one in outlooks)
    return Verdict.fine if is_known else Verdict.unknown


def _amount(what: str, value: float) -> str:
    return gib(value) if what == "space" else f"{value:.0f}"


def gib(size: float) -> str:
    """Return bytes in GiB, as short as it is exact enough to read.

    >>> gib(3 * 2**30), gib(1.234 * 2**30), gib(2**20)
    ('3Gi', '1.23Gi', '0.001Gi')
    """
    value = size / GIB
    return f"{value:.0f}Gi" if value == round(value) else f"{value:.2f}Gi" if value >= 0.1 else f"{value:.3f}Gi"

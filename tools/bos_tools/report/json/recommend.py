"""The contract of `bos-tools pvc recommend`.  Sizes are bytes."""

from typing import TYPE_CHECKING, Literal

from typing_extensions import TypedDict

from bos_tools.report.json.change import Change, change
from bos_tools.storage.forecast import Unknown

if TYPE_CHECKING:
    from bos_tools.storage.forecast import Outlook
    from bos_tools.storage.recommend import Recommendation
    from bos_tools.verbs.pvc_recommend import Recommended


class Budget(TypedDict):
    """How many growths of so many hours are used up."""

    used: int
    count: int
    hours: float
    free_at: str | None
    """When the next one is free, where none is."""


class Blind(TypedDict):
    """What the metrics do not know."""

    known: Literal[False]
    why: str


class Forecast(TypedDict):
    """How full a file system is and becomes, in bytes or inodes."""

    known: Literal[True]
    peak: float
    limit: float
    fill: float
    per_day: dict[str, float | None]
    """By window; null for one with too few points."""
    days_left: float | None
    capacity_changed: float | None
    """When the limit changed last, in seconds since 1970."""


Claim = TypedDict(
    "Claim",
    {
        "claim": str,
        "service": str,
        "class": str,
        "size": int,
        "verdict": str,
        "target": int | None,
        "reasons": list[str],
        "blocked_by": list[str],
        "budget": Budget,
        "space": Blind | Forecast,
        "inodes": Blind | Forecast,
    },
)
"""A claim, and what it should do."""


class Recommendations(TypedDict):
    """Every claim of an environment, and the change that was proposed of it, if any."""

    env: str
    at: str
    prometheus: str
    claims: list[Claim]
    change: Change | None


def document(found: "Recommended") -> Recommendations:
    """Return the contract of a judgement and its change."""
    judged = found.judged
    return {
        "env": judged.env,
        "at": judged.at.isoformat(),
        "prometheus": judged.prometheus,
        "claims": [_claim(claim) for claim in judged.claims],
        "change": change(found.outcome) if found.outcome is not None else None,
    }


def _claim(found: "Recommendation") -> Claim:
    return {
        "claim": found.volume.name,
        "service": found.volume.service,
        "class": found.volume.storage_class,
        "size": found.volume.size,
        "verdict": found.verdict.value,
        "target": found.target,
        "reasons": list(found.reasons),
        "blocked_by": list(found.blocked_by),
        "budget": {
            "used": found.room.used,
            "count": found.room.limits.count,
            "hours": found.room.limits.hours,
            "free_at": found.room.free_at.isoformat() if found.room.free_at else None,
        },
        "space": _outlook(found.space),
        "inodes": _outlook(found.inodes),
    }


def _outlook(seen: "Outlook | Unknown") -> Blind | Forecast:
    if isinstance(seen, Unknown):
        return {"known": False, "why": seen.why}
    return {
        "known": True,
        "peak": seen.peak,
        "limit": seen.limit,
        "fill": round(seen.fill, 4),
        "per_day": seen.per_day,
        "days_left": seen.days_left,
        "capacity_changed": seen.changed,
    }

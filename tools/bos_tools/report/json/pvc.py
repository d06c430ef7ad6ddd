"""The contracts of `bos-tools pvc list`, `verify` and `runbook`."""

from typing import TYPE_CHECKING, NotRequired

from typing_extensions import TypedDict

from bos_tools.tree.quantity import written

if TYPE_CHECKING:
    from bos_tools.verbs.pvc_list import Live, Row
    from bos_tools.verbs.pvc_list import Volumes as Found
    from bos_tools.verbs.pvc_runbook import Runbook as Filled
    from bos_tools.verbs.pvc_verify import Arrived

Volume = TypedDict(
    "Volume",
    {
        "volume": str,
        "service": str,
        "env": str,
        "git": str,
        "plan": str | None,
        "class": str | None,
        "claim": NotRequired[str],
        "live": NotRequired[str | None],
        "capacity": NotRequired[str | None],
        "used": NotRequired[str | None],
        "free": NotRequired[str | None],
        "state": NotRequired[str],
    },
)
"""A volume, its size in Git and the plan's range; with --live one for each claim, from `claim` on."""


class Volumes(TypedDict):
    """The volumes that were asked for."""

    volumes: list[Volume]


class Claim(TypedDict):
    """A claim that was waited for."""

    name: str
    state: str
    request: str
    capacity: str


class Growth(TypedDict):
    """A growth that has arrived."""

    volume: str
    env: str
    size: str
    claims: list[Claim]


class Runbook(TypedDict):
    """The way to a smaller claim, with the real names."""

    volume: str
    env: str
    runbook: str


def volumes(found: "Found") -> Volumes:
    """Return the contract of a list of volumes."""
    return {"volumes": [each for row in found.rows for each in rows(row, is_live=found.is_live)]}


def rows(row: "Row", *, is_live: bool) -> list[Volume]:
    """Return a volume as Git has it, or once for each of its claims."""
    volume = row.volume
    git: Volume = {
        "volume": volume.name, "service": volume.unit.service, "env": volume.unit.env, "git": written(volume.size),
        "plan": f"{row.plan[0]}–{row.plan[1]}Gi" if row.plan else None, "class": volume.storage_class,
    }  # fmt: skip
    if not is_live:
        return [git]
    return [_with(git, live) for live in row.live]


def _with(git: Volume, live: "Live") -> Volume:
    claim = live.claim
    return {
        **git,
        "claim": live.name,
        "live": written(claim.request) if claim else None,
        "capacity": written(claim.capacity) if claim and claim.capacity else None,
        "used": _gib(live.used),
        "free": _gib(live.free),
        "state": str(live.stage) if live.stage else "missing",
    }


def _gib(number: float | None) -> str | None:
    return None if number is None else f"{number / 2**30:.1f}Gi"


def growth(arrived: "Arrived") -> Growth:
    """Return the contract of a growth that has arrived."""
    return {
        "volume": arrived.volume.name,
        "env": arrived.volume.unit.env,
        "size": written(arrived.seen.size),
        "claims": [
            {"name": c.name, "state": str(at), "request": written(c.request), "capacity": written(c.capacity)}
            for c, at in arrived.seen.claims.values()
        ],
    }


def runbook(filled: "Filled") -> Runbook:
    """Return the contract of a runbook."""
    return {"volume": filled.volume, "env": filled.env, "runbook": filled.text}

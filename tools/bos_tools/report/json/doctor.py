"""The contract of `bos-tools doctor`."""

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from bos_tools.verbs.doctor import Checkup as Found


class Look(TypedDict):
    """What one look found."""

    name: str
    ok: bool
    found: str
    mend: str
    is_for_all: bool
    """Every command needs it, not the sandbox alone."""


class Checkup(TypedDict):
    """What all looks found."""

    healthy: bool
    """What every command needs is there."""
    looks: list[Look]


def document(checkup: "Found") -> Checkup:
    """Return the contract of a machine's health."""
    looks: list[Look] = [
        {"name": h.name, "ok": h.ok, "found": h.found, "mend": h.mend, "is_for_all": h.is_for_all}
        for h in checkup.looks
    ]
    return {"healthy": not checkup.sick, "looks": looks}

"""The contract of `bos-tools diff`."""

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from bos_tools.report.json.change import Effect

if TYPE_CHECKING:
    from bos_tools.verbs.diff import Compared


class Unit(TypedDict):
    """A service in an environment, and what differs in its render."""

    env: str
    service: str
    changes: list[Effect]


class Diff(TypedDict):
    """The units that differ."""

    units: list[Unit]


def document(compared: "Compared") -> Diff:
    """Return the contract of a comparison."""
    return {
        "units": [
            {
                "env": entry.unit.env, "service": entry.unit.service,
                "changes": [
                    {"object": c.object, "field": c.field, "old": c.old, "new": c.new} for c in entry.changes
                ],
            }
            for entry in compared.units
        ]
    }  # fmt: skip

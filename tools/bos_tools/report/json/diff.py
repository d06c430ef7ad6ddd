"""The contract of `bos-tools diff`, which `review` has too, with its judgement."""

from typing import TYPE_CHECKING, Any, NotRequired

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from bos_tools.impact.affected import Affected
    from bos_tools.impact.changes import Difference
    from bos_tools.impact.changes import Field as Differs
    from bos_tools.verbs.diff import Shown


class Rendered(TypedDict):
    """How many units were rendered, and of how many; all of them only with a reason."""

    units: int
    of: int
    all: bool
    why: str | None


class Field(TypedDict):
    """One field that differs; null on a side on which it is absent, and on both for a Secret's."""

    field: str
    old: Any
    new: Any
    redacted: NotRequired[bool]


class Change(TypedDict):
    """One object that differs in the render of a unit."""

    env: str
    service: str
    unit: str
    object: str
    change: str
    was: str | None
    fields: list[Field]
    rolls: list[str]


class Broken(TypedDict):
    """A unit of which nothing is told, and why."""

    unit: str
    path: str
    line: int | None
    message: str


class Diff(TypedDict):
    """The objects that differ."""

    rendered: Rendered
    changes: list[Change]
    broken: list[Broken]


def document(shown: "Shown") -> Diff:
    """Return the contract of a comparison."""
    compared = shown.compared
    return {
        "rendered": rendered(compared.affected),
        "changes": [change(one) for one in compared.differences],
        "broken": [
            {"unit": unit.folder, "path": error.path, "line": error.line or None, "message": error.message}
            for unit, error in compared.unread
        ],
    }


def rendered(affected: "Affected") -> Rendered:
    """Return which units were rendered."""
    return {"units": len(affected.units), "of": affected.of, "all": affected.all, "why": affected.why}


def change(one: "Difference") -> Change:
    """Return one object that differs."""
    return {
        "env": one.unit.env, "service": one.unit.service, "unit": one.unit.folder, "object": one.object,
        "change": one.kind.value, "was": one.was, "fields": [_field(field) for field in one.fields],
        "rolls": list(one.rolls),
    }  # fmt: skip


def _field(one: "Differs") -> Field:
    made: Field = {"field": one.field, "old": one.old, "new": one.new}
    return made | {"redacted": True} if one.redacted else made

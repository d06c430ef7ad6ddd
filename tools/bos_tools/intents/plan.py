"""A plan: the edits that an intent makes, and the effects that they must have in the render."""

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from bos_tools.intents.ground import Ground
from bos_tools.tree.layout import Unit


class Edit(Struct, frozen=True):
    """One field of a file that changes; None stands for an absent side."""

    path: str
    env: str
    service: str
    field: str
    old: str | None
    new: str | None


class ImageEffect(Struct, frozen=True):
    """Every container of the unit that runs this image must come to run it at this version, and nothing else change."""

    unit: Unit
    name: str
    """As the base writes it and `images:` names it."""
    repository: str
    """As the render names it."""
    old: str | None
    """What the pin renders before, when the pin alone decides that."""
    new: str
    path: str
    line: int


class FieldEffect(Struct, frozen=True):
    """One field of one object must come to have this value, and nothing else change."""

    unit: Unit
    object: str
    """As the render identifies it: `PersistentVolumeClaim buildingos/redis-data`."""
    field: str
    old: Any
    new: Any
    path: str
    line: int


class ObjectEffect(Struct, frozen=True):
    """One object must come, change or go; any of its fields may differ, and no other object."""

    unit: Unit
    object: str
    path: str
    line: int = 0


Effect = ImageEffect | FieldEffect | ObjectEffect


class Resized(Struct, frozen=True):
    """What a commit says to programs of a volume that it gives another size."""

    volume: str
    """Environment, service and name: `dev/redis/redis-data`."""
    old: str
    new: str
    reason: str
    recovers: str | None = None
    """The cluster's word for the infeasible growth that this takes back; None for any other change."""


class Plan(Struct, frozen=True):
    """What would change; nothing has happened yet."""

    title: str
    edits: tuple[Edit, ...]
    files: Mapping[str, tuple[bytes | None, bytes | None]]
    """Path to the bytes before and after; None for a file that is not there."""
    effects: tuple[Effect, ...]
    resized: tuple[Resized, ...] = ()
    """What the commit says to programs of sizes, beside its edits."""
    kept: tuple[str, ...] = ()
    """Files that an intent keeps as a whole, changed by it or not: one that no commit holds yet is committed too."""


class Intent(Protocol):
    """Something that a user wants of a repository."""

    @property
    def kind(self) -> str:
        """Return the word for what is wanted, by which its proposals are named; the same for every one of its class."""

    def plan(self, ground: Ground) -> Plan:
        """Return the edits and effects on a ground, without any side effect and without a clock of its own."""

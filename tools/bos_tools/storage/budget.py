"""How often a volume may grow: its size's own history against its class's budget."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from bos_tools.errors import Refused
from bos_tools.storage.growth import ClassLimits, Growth
from bos_tools.storage.volumes import Volume
from bos_tools.tree.quantity import written


class Grown(Struct, frozen=True):
    """One growth that a commit holds."""

    volume: str
    """Environment, service and name."""
    old: str
    new: str
    at: datetime
    commit: str


class Room(Struct, frozen=True):
    """Whether another growth of a volume is in budget, and since or from when."""

    used: int
    limits: ClassLimits
    free_at: datetime | None
    """When the next growth is in budget; None when it is now."""

    @property
    def is_free(self) -> bool:
        """Tell whether another growth is in budget now."""
        return self.free_at is None

    @property
    def said(self) -> str:
        """Return the state of the budget as a clause."""
        text = f"{self.used} of {self.limits.count} growths in {self.limits.hours} h are used"
        return f"{text}; the next is in budget at {self.free_at:%Y-%m-%d %H:%M %Z}" if self.free_at else text


def room(grown: Iterable[Grown], volume: str, limits: ClassLimits, at: datetime) -> Room:
    """Return a volume's room at a moment; growths after it are not looked at.

    The window rolls: AWS allows four modifications of a volume in 24 hours (decision 13). A growth that happened
    exactly one window ago is out of it.
    """
    window = timedelta(hours=limits.hours)
    inside = sorted(one.at for one in grown if one.volume == volume and at - window < one.at <= at)
    if len(inside) < limits.count:
        return Room(len(inside), limits, None)
    return Room(len(inside), limits, inside[-limits.count] + window)


def refusal(
    rules: Growth, grown: Iterable[Grown], volume: Volume, more: Decimal, at: datetime, *, beyond_step: bool = False
) -> Refused | None:
    """Return why a volume may not grow by so much now: its class's budget, or its step; None where it may."""
    limits = rules.of(volume.storage_class or "")
    left = room(grown, volume.id, limits, at)
    if not left.is_free:
        return Refused(f"{volume.name} has grown too often: {left.said}", reason="budget", hint="run it again then")
    if more > limits.step and not beyond_step:
        return Refused(
            f"{volume.name} grows by {written(Decimal(limits.step))} at most, not by {written(more)}",
            reason="beyond-step",
            hint="grow it in steps, or say --beyond-step",
        )
    return None

"""A claim as a cluster has it, and how far a growth of it is.  Numbers are bytes.

Source: Kubernetes 1.34, `status.allocatedResourceStatuses` and the conditions of a PersistentVolumeClaim.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bos_tools.tree.quantity import GIB

ERRORS = ("ControllerResizeError", "NodeResizeError")
PENDING_IN_POD = "FileSystemResizePending"
USERS = "which pods use a claim"
"""What is unknown to an account that may list no pods."""


class Stage(StrEnum):
    """How far a claim has come towards a size."""

    done = "done"
    deleting = "deleting"
    lost = "lost"
    unbound = "unbound"
    foreign = "foreign"
    not_applied = "not-applied"
    hand_grown = "hand-grown"
    growing = "growing"
    restart_needed = "restart-needed"
    infeasible = "infeasible"


@dataclass(frozen=True)
class Claim:
    """One live claim."""

    name: str
    phase: str
    request: Decimal
    capacity: Decimal
    """0 before it is bound."""
    storage_class: str | None = None
    expands: bool | None = None
    """Of its class; None where the cluster has no such class."""
    resize: str = ""
    """`status.allocatedResourceStatuses.storage`."""
    conditions: Mapping[str, str] = field(default_factory=dict)
    """The true ones: type to message."""
    pods: tuple[str, ...] = ()
    """The pods that mount it, whatever their state."""
    snapshot: datetime | None = None
    """When its newest snapshot that is ready was taken."""
    refused: str = ""
    """What the server said to a dry run of the growth."""
    is_deleted: bool = False
    """Somebody deleted it; it is there until nobody uses it, and nothing takes that back."""
    foreign: str = ""
    """Who else made it or syncs it; nothing for one of ours."""

    @property
    def is_idle(self) -> bool:
        """Tell whether no growth of it is under way."""
        return self.capacity >= self.request and not self.resize and not self.is_resizing

    @property
    def is_infeasible(self) -> bool:
        """Tell whether the storage gave its request up for good."""
        return self.resize.endswith("Infeasible")

    @property
    def is_resizing(self) -> bool:
        """Tell whether a condition says so."""
        return bool({"Resizing", PENDING_IN_POD, *ERRORS} & set(self.conditions))

    @property
    def trouble(self) -> str:
        """Return what the driver complains of, or nothing."""
        return next((self.conditions[kind] or kind for kind in ERRORS if kind in self.conditions), "")


def stage(claim: Claim, size: Decimal) -> Stage:
    """Return how far a claim has come towards the size in Git; drivers round up, so more is done as well."""
    if (unfit := _unfit(claim)) is not None:
        return unfit
    if claim.request != size:
        is_lower = claim.request < size or claim.is_infeasible  # a way out that is in Git and not applied yet
        return Stage.not_applied if is_lower else Stage.hand_grown
    if claim.is_infeasible:
        return Stage.infeasible
    if claim.is_idle:
        return Stage.done
    is_at_node = PENDING_IN_POD in claim.conditions or claim.resize == "NodeResizePending"
    return Stage.restart_needed if is_at_node else Stage.growing


def _unfit(claim: Claim) -> Stage | None:
    """Return why the size of a claim says nothing: it goes away, has no volume, or is somebody else's."""
    if claim.is_deleted:
        return Stage.deleting
    if claim.phase == "Lost":
        return Stage.lost
    if claim.foreign:
        return Stage.foreign
    return Stage.unbound if claim.phase != "Bound" else None


def way_out(claim: Claim) -> int | None:
    """Return a size in GiB between the capacity and an infeasible request, or None where there is none.

    Source: KEP-1790: the request may be lowered to anything above the capacity, and the resize starts anew.
    """
    low, high = int(claim.capacity // GIB) + 1, int(-(-claim.request // GIB)) - 1
    return (low + high) // 2 if low <= high else None

"""What a change does in the cluster, and the words for it."""

from enum import StrEnum
from typing import NamedTuple


class Danger(StrEnum):
    """What happens when a change reaches the cluster, from the least to the worst."""

    safe = "safe"
    """It is applied in place; nothing restarts."""
    rolls = "rolls"
    """Pods are replaced, as their workload's strategy says."""
    recreates = "recreates"
    """The object is deleted and made anew."""
    orphaned = "orphaned"
    """It stays in the cluster, and nobody syncs it any more."""
    pruned = "pruned"
    """Argo CD deletes it."""
    refused = "refused"
    """The API server says no, and the rest of the application does not land either."""
    loses_data = "loses-data"
    """Data is deleted that no commit brings back."""


class Verdict(NamedTuple):
    """What a change of one object does, and why."""

    danger: Danger
    why: str

"""What this room asks of a cluster and of metrics; doors/kubernetes and doors/prometheus give both."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bos_tools.storage.forecast import Point

Data = dict[str, Any]


class Live(Protocol):
    """A cluster, by the objects that a growth is seen in; plain data, as the API server has it.

    What the asker's account may not ask raises MayNot.
    """

    def claims(self, namespace: str) -> Sequence[Data]:
        """Return the claims of a namespace."""

    def pods(self, namespace: str) -> Sequence[Data]:
        """Return the pods of a namespace."""

    def snapshots(self, namespace: str) -> Sequence[Data]:
        """Return the VolumeSnapshots of a namespace; a cluster without snapshots has none."""

    def backups(self, namespace: str) -> Sequence[Data]:
        """Return CloudNativePG's Backups of a namespace; a cluster without that operator has none."""

    def quotas(self, namespace: str) -> Sequence[Data]:
        """Return the ResourceQuotas of a namespace."""

    def database(self, name: str, namespace: str) -> Data | None:
        """Return a database of CloudNativePG, None where there is none."""

    def storage_class(self, name: str) -> Data | None:
        """Return a StorageClass, None where there is none."""

    def applications(self, namespace: str) -> Sequence[Data]:
        """Return Argo CD's Applications; a cluster without Argo CD has none."""

    def refusal(self, claim: str, namespace: str, patch: Data) -> str:
        """Return what the server says against a patch of a claim, nothing where it would take it; nothing changes."""


class Series(Protocol):
    """What one series was, oldest first."""

    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def points(self) -> tuple[Point, ...]: ...


class Metrics(Protocol):
    """Where PromQL is answered; moments and steps are seconds."""

    def where(self, namespace: str) -> str:
        """Return the labels by which a query finds a namespace of this environment."""

    def instant(self, query: str, at: float) -> Sequence[Series]:
        """Return what a query is at a moment."""

    def range(self, query: str, start: float, end: float, step: float) -> Sequence[Series]:
        """Return what a query was from a moment to another."""

"""The objects that a growth is seen in, of one cluster."""

from bos_tools.doors.kubernetes.client import (
    APPLICATION,
    BACKUP,
    CLAIM,
    POD,
    POSTGRES,
    QUOTA,
    SNAPSHOT,
    STORAGE_CLASS,
    Cluster,
    ClusterSaid,
    Data,
)  # fmt: skip


class LiveCluster:
    """A cluster as the room of storage asks for it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def claims(self, namespace: str) -> list[Data]:
        """Return the claims of a namespace."""
        return self._cluster.list(CLAIM, namespace)

    def pods(self, namespace: str) -> list[Data]:
        """Return the pods of a namespace."""
        return self._cluster.list(POD, namespace)

    def snapshots(self, namespace: str) -> list[Data]:
        """Return the VolumeSnapshots of a namespace."""
        return self._cluster.list(SNAPSHOT, namespace)

    def backups(self, namespace: str) -> list[Data]:
        """Return CloudNativePG's Backups of a namespace."""
        return self._cluster.list(BACKUP, namespace)

    def quotas(self, namespace: str) -> list[Data]:
        """Return the ResourceQuotas of a namespace."""
        return self._cluster.list(QUOTA, namespace)

    def database(self, name: str, namespace: str) -> Data | None:
        """Return a database of CloudNativePG, None where there is none."""
        return self._cluster.get(POSTGRES, name, namespace)

    def storage_class(self, name: str) -> Data | None:
        """Return a StorageClass, None where there is none."""
        return self._cluster.get(STORAGE_CLASS, name)

    def applications(self, namespace: str) -> list[Data]:
        """Return Argo CD's Applications."""
        return self._cluster.list(APPLICATION, namespace)

    def refusal(self, claim: str, namespace: str, patch: Data) -> str:
        """Return what the server says against a patch of a claim: quota, class or validation; nothing changes."""
        try:
            self._cluster.merge(CLAIM, claim, namespace, patch, dry_run=True)
        except ClusterSaid as said:
            return said.said
        return ""

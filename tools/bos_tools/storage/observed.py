"""What a cluster says of a volume's claims: live sizes, classes, pods, snapshots, and the answer to a dry run."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from bos_tools.storage.live import Claim
from bos_tools.storage.ports import Data, Live
from bos_tools.storage.volumes import DATABASE, OF_DATABASE, Volume
from bos_tools.tree.quantity import quantity, written


class Claims:
    """The claims of one namespace, read once; ask again for newer ones."""

    def __init__(self, cluster: Live, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self._claims = {_name(one): one for one in cluster.claims(namespace)}
        self._pods: Sequence[Data] | None = None
        self._snapshots: Sequence[Data] | None = None
        self._classes: dict[str, Data | None] = {}

    def of(self, volume: Volume) -> tuple[Claim, ...]:
        """Return the live claims of a volume, as far as there are any."""
        return tuple(self._claim(self._claims[name]) for name in self._named(volume) if name in self._claims)

    def missing(self, volume: Volume) -> tuple[str, ...]:
        """Return the claims that Git declares and the cluster has not; of a database, its label when it has none."""
        names = self._named(volume)
        return tuple(name for name in names or [f"{OF_DATABASE}={volume.owner}"] if name not in self._claims)

    def _named(self, volume: Volume) -> list[str]:
        if volume.kind != DATABASE:
            return list(volume.claims)
        return sorted(name for name, one in self._claims.items() if _holds_data(_labels(one), volume.owner))

    def asked(self, volume: Volume, size: Decimal) -> tuple[Claim, ...]:
        """Return the claims, each with what the server would say to a size for it: quota, class and validation."""
        patch = {"spec": {"resources": {"requests": {"storage": written(size)}}}}
        return tuple(
            replace(claim, refused=self.cluster.refusal(claim.name, self.namespace, patch)) for claim in self.of(volume)
        )

    def _claim(self, data: Data) -> Claim:
        spec, status, name = data.get("spec") or {}, data.get("status") or {}, _name(data)
        named = spec.get("storageClassName")
        return Claim(
            name,
            str(status.get("phase") or "Pending"),
            _bytes(spec.get("resources", {}).get("requests")),
            _bytes(status.get("capacity")),
            named,
            self._expands(named),
            str((status.get("allocatedResourceStatuses") or {}).get("storage") or ""),
            {
                c["type"]: str(c.get("message") or "")
                for c in status.get("conditions") or []
                if c.get("status") == "True"
            },
            tuple(self._users(name)),
            max(self._taken(name), default=None),
        )

    def _expands(self, named: str | None) -> bool | None:
        if named is None:
            return None
        if named not in self._classes:
            self._classes[named] = self.cluster.storage_class(named)
        found = self._classes[named]
        return None if found is None else found.get("allowVolumeExpansion") is True

    def _users(self, claim: str) -> Iterator[str]:
        if self._pods is None:
            self._pods = self.cluster.pods(self.namespace)
        for pod in self._pods:
            mounts = [volume.get("persistentVolumeClaim") for volume in pod.get("spec", {}).get("volumes") or []]
            if claim in [mount.get("claimName") for mount in mounts if mount]:
                yield _name(pod)

    def _taken(self, claim: str) -> Iterator[datetime]:
        """Yield when each ready snapshot of a claim was taken; a cluster without snapshots has none."""
        if self._snapshots is None:
            self._snapshots = self.cluster.snapshots(self.namespace)
        for one in self._snapshots:
            status, source = one.get("status") or {}, (one.get("spec") or {}).get("source") or {}
            if source.get("persistentVolumeClaimName") == claim and status.get("readyToUse") is True:
                yield datetime.fromisoformat(status.get("creationTime") or one["metadata"]["creationTimestamp"])


def _name(data: Data) -> str:
    return str(data["metadata"]["name"])


def _holds_data(labels: dict[str, Any], database: str) -> bool:
    """Tell whether CloudNativePG labels a claim as the data of a database: its WAL and tablespaces have other sizes."""
    return labels.get(OF_DATABASE) == database and labels.get("cnpg.io/pvcRole", "PG_DATA") == "PG_DATA"


def _labels(data: Data) -> dict[str, Any]:
    return data["metadata"].get("labels") or {}


def _bytes(resources: Any) -> Decimal:
    return quantity((resources or {}).get("storage")) or Decimal(0)

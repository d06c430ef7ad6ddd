"""What a cluster says of a volume's claims: live sizes, classes, pods, backups, quotas, and the answer to a dry run.

What the asker's account may not ask is unknown, and listed so; only the claims themselves nobody can do without.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from bos_tools.errors import MayNot
from bos_tools.storage.live import USERS, Claim
from bos_tools.storage.ports import Data, Live
from bos_tools.storage.quotas import Quota, quotas
from bos_tools.storage.volumes import CLAIM, DATABASE, OF_DATABASE, SET, Volume
from bos_tools.tree.layout import Unit
from bos_tools.tree.quantity import quantity, written

TRACKED = "argocd.argoproj.io/tracking-id"
"""`APPLICATION:GROUP/KIND:NAMESPACE/NAME`."""
MAKERS = {CLAIM: (), SET: (SET, "Pod"), DATABASE: (DATABASE,)}
"""Which owners a claim of each kind of volume may have."""
Answer = TypeVar("Answer")


def _nobody(_: Unit) -> str:
    """Expect no Application in particular."""
    return ""


class Claims:
    """The claims of one namespace, read once; ask again for newer ones."""

    def __init__(self, cluster: Live, namespace: str, application: Callable[[Unit], str] = _nobody) -> None:
        """Read them; `application` names the Application that syncs a unit, where Git says so."""
        self.cluster = cluster
        self.namespace = namespace
        self.unknown: dict[str, str] = {}
        """What could not be asked, and the right that it needs."""
        self._application = application
        self._claims = {_name(one): one for one in cluster.claims(namespace)}
        self._kept: dict[str, Any] = {}

    def of(self, volume: Volume) -> tuple[Claim, ...]:
        """Return the live claims of a volume, as far as there are any."""
        return tuple(_claim(self._claims[name], *self._expected(volume)) for name in self._there(volume))

    def used(self, volume: Volume) -> tuple[Claim, ...]:
        """Return the claims, each with the pods that mount it."""
        return tuple(replace(claim, pods=tuple(self._users(claim.name))) for claim in self.of(volume))

    def missing(self, volume: Volume) -> tuple[str, ...]:
        """Return the claims that Git declares and the cluster has not; of a database, its label when it has none."""
        names = self._named(volume)
        return tuple(name for name in names or [f"{OF_DATABASE}={volume.owner}"] if name not in self._claims)

    def asked(self, volume: Volume, size: Decimal) -> tuple[Claim, ...]:
        """Return the claims, each with what the server would say to a size for it: quota, class and validation.

        Raises MayNot where that can't be asked.
        """
        patch = {"spec": {"resources": {"requests": {"storage": written(size)}}}}
        return tuple(
            replace(
                claim,
                refused=self.cluster.refusal(claim.name, self.namespace, patch),
                expands=self._expands(claim.storage_class),
                snapshot=max(self._taken(claim.name), default=None),
            )
            for claim in self.used(volume)
        )

    def quotas(self) -> tuple[Quota, ...]:
        """Return what the namespace's quotas leave; nothing where they can't be asked."""
        found = self._listed("what quotas leave", self.cluster.quotas)
        return tuple(quotas(found))

    def backup(self, volume: Volume) -> datetime | None:
        """Return when the newest backup of a database that its operator made was complete."""
        if volume.kind != DATABASE:
            return None
        found = self._listed("the database's backups", self.cluster.backups)
        ends = (_ended(one) for one in found if _of(one, "spec", "cluster", "name") == volume.owner)
        return max((end for end in ends if end is not None), default=None)

    def _named(self, volume: Volume) -> list[str]:
        if volume.kind != DATABASE:
            return list(volume.claims)
        return sorted(name for name, one in self._claims.items() if _holds(_labels(one), volume))

    def _there(self, volume: Volume) -> list[str]:
        return [name for name in self._named(volume) if name in self._claims]

    def _expected(self, volume: Volume) -> tuple[str, tuple[str, ...]]:
        return self._application(volume.unit), MAKERS[volume.kind]

    def _listed(self, what: str, ask: Callable[[str], Sequence[Data]]) -> Sequence[Data]:
        nothing: Sequence[Data] = ()
        return self._allowed(what, lambda: ask(self.namespace), nothing)

    def _allowed(self, what: str, ask: Callable[[], Answer], unknown: Answer) -> Answer:
        """Return an answer that is asked for once; what is unknown where the account may not ask it."""
        if what not in self._kept:
            try:
                self._kept[what] = ask()
            except MayNot as error:
                self._kept[what] = unknown
                self.unknown[what] = error.needs
        answer: Answer = self._kept[what]
        return answer

    def _expands(self, named: str | None) -> bool | None:
        if named is None:
            return None
        found: Data | None = self._allowed(
            f"whether class {named} can grow", lambda: self.cluster.storage_class(named), None
        )
        return None if found is None else found.get("allowVolumeExpansion") is True

    def _users(self, claim: str) -> Iterator[str]:
        for pod in self._listed(USERS, self.cluster.pods):
            mounts = [volume.get("persistentVolumeClaim") for volume in pod.get("spec", {}).get("volumes") or []]
            if claim in [mount.get("claimName") for mount in mounts if mount]:
                yield _name(pod)

    def _taken(self, claim: str) -> Iterator[datetime]:
        """Yield when each ready snapshot of a claim was taken; a cluster without snapshots has none."""
        found = self._listed("its snapshots", self.cluster.snapshots)
        for one in found:
            status, source = one.get("status") or {}, (one.get("spec") or {}).get("source") or {}
            if source.get("persistentVolumeClaimName") == claim and status.get("readyToUse") is True:
                yield datetime.fromisoformat(status.get("creationTime") or one["metadata"]["creationTimestamp"])


def _claim(data: Data, application: str, makers: tuple[str, ...]) -> Claim:
    spec, status = data.get("spec") or {}, data.get("status") or {}
    return Claim(
        _name(data),
        str(status.get("phase") or "Pending"),
        _bytes(spec.get("resources", {}).get("requests")),
        _bytes(status.get("capacity")),
        spec.get("storageClassName"),
        resize=str((status.get("allocatedResourceStatuses") or {}).get("storage") or ""),
        conditions={
            c["type"]: str(c.get("message") or "") for c in status.get("conditions") or [] if c.get("status") == "True"
        },
        is_deleted=data["metadata"].get("deletionTimestamp") is not None,
        foreign=_foreign(data["metadata"], application, makers),
    )


def _foreign(meta: Data, application: str, makers: tuple[str, ...]) -> str:
    """Return who else has a claim: the Application that tracks it, or the controller that made it."""
    tracked = str((meta.get("annotations") or {}).get(TRACKED) or "").partition(":")[0]
    if application and tracked and tracked != application:
        return f"Application {tracked}"
    owner = next((one for one in meta.get("ownerReferences") or [] if one.get("controller")), None)
    if owner is not None and owner.get("kind") not in makers:
        return f"{owner.get('kind')} {owner.get('name')}"
    return ""


def _ended(backup: Data) -> datetime | None:
    """Return when a backup was complete, None for one that is not."""
    if _of(backup, "status", "phase") != "completed":
        return None
    with suppress(TypeError, ValueError):
        return datetime.fromisoformat(_of(backup, "status", "stoppedAt"))
    return None


def _of(data: Any, *path: str) -> Any:
    for step in path:
        data = (data or {}).get(step)
    return data


def _name(data: Data) -> str:
    return str(data["metadata"]["name"])


def _holds(labels: dict[str, Any], volume: Volume) -> bool:
    """Tell whether CloudNativePG labels a claim as this volume of a database: the data and the WAL differ in size."""
    return labels.get(OF_DATABASE) == volume.owner and labels.get("cnpg.io/pvcRole", "PG_DATA") == volume.role


def _labels(data: Data) -> dict[str, Any]:
    return data["metadata"].get("labels") or {}


def _bytes(resources: Any) -> Decimal:
    return quantity((resources or {}).get("storage")) or Decimal(0)

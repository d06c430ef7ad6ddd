"""What a cluster says of a volume before it grows, and what of that forbids a size."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bos_tools.errors import Refused
from bos_tools.storage.live import Claim, Stage, stage, way_out
from bos_tools.storage.quotas import Quota
from bos_tools.storage.volumes import DATABASE, Volume
from bos_tools.tree.quantity import written

BACKUP_AGE = timedelta(hours=26)
"""How old the last backup of a database may be before a growth: one a day, which takes its time."""


@dataclass(frozen=True)
class Look:
    """What a cluster says of a volume's claims, and of a size for them."""

    size: Decimal
    """That of the dry run."""
    claims: tuple[Claim, ...]
    missing: tuple[str, ...]
    at: datetime
    quotas: tuple[Quota, ...] = ()
    backup: datetime | None = None
    """When a database's operator completed its newest backup."""
    unknown: tuple[str, ...] = ()
    """What the account may not ask, each with the right that it needs."""


def allow(volume: Volume, look: Look, now: Decimal, target: Decimal) -> None:
    """Raise Refused for what the cluster can't do, or must not be asked for now; `now` is the size that has landed."""
    if look.missing:
        raise Refused(
            f"the cluster has no such claim: {', '.join(look.missing)}",
            reason="no-claim",
            hint="sync it first, or grow it before it exists with --no-live",
        )
    if volume.is_left:
        raise Refused(
            f"CloudNativePG leaves the claims of {volume.owner} as they are: resizeInUseVolumes is false",
            reason="resize-off",
            hint="take `resizeInUseVolumes: false` out first, in a commit of its own",
        )
    is_recovery = any(claim.is_infeasible for claim in look.claims)
    for claim in look.claims:
        _allow_claim(volume, claim, now, target, is_recovery=is_recovery)
    for quota in look.quotas:
        asked = quota.asks(look.claims, target)
        if asked > quota.left and asked > 0:
            raise Refused(
                f"{len(look.claims)} claims of {volume.name} ask for {written(asked)} more together, and the quota "
                f"{quota.name} leaves {written(max(quota.left, Decimal(0)))} of {quota.resource}",
                reason="quota",
                hint="raise the ResourceQuota of the namespace first",
            )


def demand_backup(volume: Volume, look: Look) -> None:
    """Raise Refused where nothing young enough could bring the data back."""
    taken = [claim.snapshot for claim in look.claims if claim.snapshot is not None]
    taken += [look.backup] if look.backup is not None else []
    if taken and look.at - max(taken) <= BACKUP_AGE:
        return
    hours = int(BACKUP_AGE.total_seconds()) // 3600
    wanted = "completed Backup or ready VolumeSnapshot" if volume.kind == DATABASE else "ready VolumeSnapshot"
    if hidden := [one for one in look.unknown if "backups" in one or "snapshots" in one]:
        raise Refused(
            f"whether {volume.name} has a {wanted} of the last {hours} hours is not known: {'; '.join(hidden)}",
            reason="no-snapshot",
            hint="let somebody look who may, then say --no-snapshot",
        )
    raise Refused(
        f"{volume.name} has no {wanted} of the last {hours} hours",
        reason="no-snapshot",
        hint=f"take one of {volume.owner if volume.kind == DATABASE else look.claims[0].name}, or say --no-snapshot",
    )


def fixed(name: str, storage_class: str | None) -> Refused:
    """Return why a class forbids a growth."""
    return Refused(
        f"the StorageClass of {name} can't grow a claim: {storage_class}",
        reason="class-fixed",
        hint="allowVolumeExpansion: true, where its driver can; else move the data to another class",
    )


def gone(volume: Volume, claim: Claim, at: Stage) -> Refused | None:
    """Return why a claim is not ours to grow or to wait for: it goes away, has gone, or is somebody else's."""
    where = f"--namespace {volume.namespace} {claim.name}"
    if at is Stage.deleting:
        held = f": {', '.join(claim.pods)}" if claim.pods else ""
        return Refused(
            f"{claim.name} is being deleted, and its data goes with the last pod that uses it{held}",
            reason="deleting",
            hint="nothing takes that back: save the data now, before that pod ends; a sync then makes an empty claim",
        )
    if at is Stage.lost:
        return Refused(
            f"{claim.name} has lost its volume: {claim.phase}",
            reason="lost",
            hint=f"kubectl describe pvc {where}; the data comes back from a backup alone",
        )
    if at is Stage.foreign:
        return Refused(
            f"{claim.name} is not of this environment's {volume.unit.service}: it belongs to {claim.foreign}",
            reason="foreign-claim",
            hint=f"whose it is says kubectl describe pvc {where}; let one of the two have another name",
        )
    return None


def _allow_claim(volume: Volume, claim: Claim, now: Decimal, target: Decimal, *, is_recovery: bool) -> None:
    command = f"bos-tools pvc {{}} {volume.name} --env {volume.unit.env}"
    at = stage(claim, now)
    if (refused := gone(volume, claim, at)) is not None:
        raise refused
    if at is Stage.unbound:
        raise Refused(
            f"only a bound claim can grow: {claim.name} is {claim.phase}",
            reason="unbound",
            hint="let a pod use it, or grow it before that with --no-live",
        )
    if at is Stage.hand_grown:
        raise Refused(
            f"{claim.name} was grown by hand: {written(now)} in Git, {written(claim.request)} in the cluster",
            reason="hand-grown",
            hint=command.format("adopt"),
        )
    if at is Stage.infeasible or (at is Stage.growing and is_recovery):
        _allow_recovery(volume, claim, target)
    elif at is not Stage.done:
        raise Refused(
            f"a growth of {claim.name} is under way: {at}, {written(claim.capacity)} of {written(now)}",
            reason="in-flight",
            hint=command.format("verify"),
        )
    if target <= claim.capacity:
        raise Refused(
            f"{claim.name} has as much already: {written(claim.capacity)}",
            reason="no-gain",
            hint=f"more than {written(claim.capacity)}: drivers round up",
        )
    if claim.expands is False:
        raise fixed(claim.name, claim.storage_class)
    if claim.refused:
        quota = "quota" in claim.refused
        raise Refused(
            f"the cluster would refuse the growth of {claim.name}: {claim.refused}",
            reason="quota" if quota else "dry-run",
            hint="raise the ResourceQuota of the namespace first" if quota else "",
        )


def _allow_recovery(volume: Volume, claim: Claim, target: Decimal) -> None:
    """Let an infeasible growth end forward only: above the capacity, below what can't be had."""
    if claim.capacity < target < claim.request:
        return
    way = way_out(claim)
    hint = f"bos-tools pvc grow {volume.name} {way}Gi --env {volume.unit.env}" if way else "ask who runs the storage"
    raise Refused(
        f"{claim.name} can't have {written(claim.request)}: it needs a size between that and {written(claim.capacity)}",
        reason="infeasible",
        hint=hint,
    )

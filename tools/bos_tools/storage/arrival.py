"""Watch a growth until its end: every claim has its capacity, or we know why not (decision 13)."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bos_tools import watching
from bos_tools.errors import BosError, OutsideError, Refused
from bos_tools.storage.live import USERS, Claim, Stage, stage, way_out
from bos_tools.storage.preflight import gone
from bos_tools.storage.told import Delivery, Operator
from bos_tools.storage.volumes import Volume
from bos_tools.tree.quantity import written

LOOK_EVERY = 1.0
"""Seconds between two looks."""
FULL = Decimal("0.9")
"""The part of a target that a file system has at least, for what it keeps for itself (decision 14)."""
SETTLED = frozenset({Stage.infeasible, Stage.hand_grown, Stage.deleting, Stage.lost, Stage.foreign})
"""What no waiting changes."""
NODE_PATIENCE = 120.0
"""Seconds for a node to grow a file system in use: every growth waits for its node, and only some for a new pod."""


@dataclass(frozen=True)
class Seen:
    """One look: each claim with its stage, and the application where one was asked for."""

    size: Decimal
    claims: Mapping[str, tuple[Claim, Stage]]
    missing: tuple[str, ...]
    delivery: Delivery | None = None
    file_systems: Mapping[str, Decimal] = field(default_factory=dict)
    """The size of each claim's file system, as far as metrics are there."""
    operator: Operator | None = None
    """What the operator of a database was told, where it has not acted."""
    is_landed: bool = True
    """The size stands on the branch that Argo CD reads."""
    unknown: tuple[str, ...] = ()
    """What the account may not ask, each with the right that it needs."""
    silence: BosError | None = None
    """Why nobody answered this look, which is the one before it once more."""

    @property
    def is_done(self) -> bool:
        """Tell whether every claim has arrived, with its file system."""
        arrived = all(at is Stage.done for _, at in self.claims.values())
        return not self.missing and bool(self.claims) and arrived and not self.small

    @property
    def small(self) -> dict[str, Decimal]:
        """Return the file systems that are not as large as their claims."""
        least = self.size * FULL
        return {name: size for name, size in self.file_systems.items() if name in self.claims and size < least}

    @property
    def waits_for_nodes(self) -> bool:
        """Tell whether the volumes have grown, and only file systems are left."""
        stages = {at for _, at in self.claims.values()}
        return Stage.restart_needed in stages and stages <= {Stage.restart_needed, Stage.done}

    @property
    def has_failed(self) -> bool:
        """Tell whether the application failed to bring the size."""
        return self.delivery is not None and self.delivery.has_failed and self.is_untold

    @property
    def is_untold(self) -> bool:
        """Tell whether the cluster was not told of the size of some claim."""
        return any(at is Stage.not_applied for _, at in self.claims.values()) or bool(self.missing)

    @property
    def is_settled(self) -> bool:
        """Tell whether waiting longer is of no use."""
        if self.silence is not None:
            return False
        is_alone = self.is_untold and not self.is_landed
        return self.is_done or self.has_failed or is_alone or any(at in SETTLED for _, at in self.claims.values())


def see(size: Decimal, claims: Sequence[Claim], missing: tuple[str, ...]) -> Seen:
    """Return what one look at the claims shows."""
    return Seen(size, {claim.name: (claim, stage(claim, size)) for claim in claims}, missing)


def watch(look: Callable[[], Seen], timeout: float, tell: Callable[[Seen], None]) -> Seen:
    """Look until the growth is settled or the time in seconds is over, and return the last look."""
    since: float | None = None

    def is_over(seen: Seen) -> bool:
        nonlocal since
        now = time.monotonic()
        since = (since or now) if seen.waits_for_nodes else None
        return seen.is_settled or (since is not None and now - since > NODE_PATIENCE)

    return watching.watch(look, is_over, tell, timeout=timeout, every=LOOK_EVERY)


def outcome(volume: Volume, seen: Seen) -> BosError | None:
    """Return why a growth has not arrived, with the way out; None when it has."""
    if seen.silence is not None or seen.is_done:
        return seen.silence
    env, name = volume.unit.env, volume.name
    by_stage = {at: claim for claim, at in seen.claims.values()}
    for at, one in by_stage.items():
        if (refused := gone(volume, one, at)) is not None:
            return refused
    if (claim := by_stage.get(Stage.infeasible)) is not None:
        way = way_out(claim)
        return OutsideError(
            f"the storage can't give {claim.name} {written(claim.request)}: {claim.trouble or claim.resize}",
            reason="infeasible",
            hint=f"bos-tools pvc grow {name} {way}Gi --env {env}" if way else "ask who runs the storage",
        )
    if (claim := by_stage.get(Stage.hand_grown)) is not None:
        return Refused(
            f"{claim.name} was grown by hand, or its growth was reverted: "
            f"{written(seen.size)} in Git, {written(claim.request)} in the cluster",
            reason="hand-grown",
            hint=f"bos-tools pvc adopt {name} --env {env}",
        )
    if (claim := by_stage.get(Stage.restart_needed)) is not None:
        where = f"--namespace {volume.namespace}"
        return Refused(
            f"the file system of {claim.name} grows when its pod starts anew: {_users(seen, claim)}",
            reason="restart-needed",
            hint=f"at a quiet hour: kubectl delete pod {where} {' '.join(claim.pods)}"
            if claim.pods
            else f"the next pod that uses it ends the growth: kubectl describe pvc {where} {claim.name}",
        )
    return _not_there(volume, seen, by_stage)


def _not_there(volume: Volume, seen: Seen, by_stage: Mapping[Stage, Claim]) -> BosError:
    """Say what holds a growth up that has not reached every claim."""
    env, unit, delivery = volume.unit.env, volume.unit, seen.delivery
    if delivery is not None and seen.has_failed:
        return OutsideError(
            f"the application of {unit.service} failed: {' '.join(delivery.message.split())}",
            reason="application-failed",
            hint="self-heal never tries this commit again: commit what mends it, or sync the application",
        )
    if seen.missing:
        return OutsideError(
            f"the cluster has no such claim: {', '.join(seen.missing)}", reason="no-claim", hint="sync the application"
        )
    if (claim := by_stage.get(Stage.unbound)) is not None:
        return OutsideError(
            f"{claim.name} is not bound: {claim.phase}",
            reason="unbound",
            hint=f"kubectl describe pvc --namespace {volume.namespace} {claim.name}",
        )
    if (claim := by_stage.get(Stage.not_applied)) is not None:
        return _not_applied(volume, seen, claim)
    if (claim := by_stage.get(Stage.growing)) is None:
        return _small(volume, seen)
    said = claim.trouble or claim.resize or "the driver has not said why"
    return OutsideError(
        f"{claim.name} is still at {written(claim.capacity)} of {written(seen.size)}: {said}",
        reason="growth-pending",
        hint=f"wait on with bos-tools pvc verify {volume.name} --env {env}, or ask the driver: "
        f"kubectl describe pvc --namespace {volume.namespace} {claim.name}",
    )


def _not_applied(volume: Volume, seen: Seen, claim: Claim) -> BosError:
    """Say who has not acted yet: a person, Argo CD, or the database's operator."""
    what, said = f"{claim.name} asks for {written(claim.request)} of {written(seen.size)}", seen.delivery
    about = f"{volume.unit.service} --env {volume.unit.env}"
    if not seen.is_landed:
        return OutsideError(
            f"nobody has pushed it to the branch that is delivered: {what}",
            reason="not-pushed",
            hint=f"push the commit, or merge its pull request; then bos-tools argocd wait {about}",
        )
    if said is not None and said.is_behind:
        return OutsideError(
            f"Argo CD has not looked at it yet: {what}, and {said.name} was compared at "
            f"{said.compared[:12] or 'nothing'}",
            reason="not-looked",
            hint=f"make it look: bos-tools argocd wait {about}",
        )
    if said is not None and said.phase == "Running" and said.message:
        return OutsideError(
            f"the application of {volume.unit.service} is at it: {' '.join(said.message.split())}",
            reason="application-tries",
            hint=f"what it complains of is to be mended first: bos-tools argocd status {about}",
        )
    if seen.operator is not None:
        return _operator(volume, seen.operator, what)
    if said is not None and said.sync == "Synced":
        return OutsideError(
            f"the application of {volume.unit.service} says Synced, and {claim.name} has not changed: {what}",
            reason="synced-not-applied",
            hint="refresh it hard; where server-side diff is on, take it off the application (argo-cd #28722)",
        )
    return OutsideError(
        f"the cluster was not told yet: {what}",
        reason="not-applied",
        hint=f"automatic sync is off: bos-tools argocd sync {about}"
        if said is not None and said.is_paused
        else f"sync it or wait for Argo CD: bos-tools argocd wait {about}",
    )


def _operator(volume: Volume, operator: Operator, what: str) -> BosError:
    phase = f"; its phase: {operator.phase}" if operator.phase else ""
    return OutsideError(
        f"CloudNativePG has not acted: Cluster {volume.owner} has {written(operator.size)}, and {what}{phase}",
        reason="operator-late",
        hint="does the operator run, and what does it say: "
        f"kubectl describe cluster.postgresql.cnpg.io --namespace {volume.namespace} {volume.owner}",
    )


def _small(volume: Volume, seen: Seen) -> BosError:
    name, size = next(iter(seen.small.items()))
    return OutsideError(
        f"the volume of {name} has grown, and its file system has {written(size)} of {written(seen.size)}",
        reason="file-system-small",
        hint=f"metrics are minutes old: bos-tools pvc verify {volume.name} --env {volume.unit.env}; if it stays so, "
        f"start its pod anew: {_users(seen, seen.claims[name][0])}",
    )


def _users(seen: Seen, claim: Claim) -> str:
    if not claim.pods and any(USERS in one for one in seen.unknown):
        return "which one is not known"
    return ", ".join(claim.pods) or "none uses it now"

"""Grow: give a volume of one environment more room, by one commit of its own (decision 13)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from bos_tools.errors import Refused, Usage
from bos_tools.intents.ground import Ground
from bos_tools.intents.plan import Plan
from bos_tools.intents.resize import resize
from bos_tools.storage.budget import refusal
from bos_tools.storage.growth import growth
from bos_tools.storage.live import Claim, Stage, stage, way_out
from bos_tools.storage.volumes import Volume, expands, find
from bos_tools.tree.layout import Tree
from bos_tools.tree.quantity import GIB, LIMIT, gibibytes, quantity, written

SNAPSHOT_AGE = timedelta(hours=24)
"""How old the last snapshot of a database may be before a growth."""


@dataclass(frozen=True)
class Wish:
    """A size, or how much more."""

    text: str
    size: Decimal | None = None
    more: Decimal | None = None
    percent: Decimal | None = None

    @classmethod
    def read(cls, text: str) -> "Wish":
        """Read `SIZE`, `+SIZE` or `+PERCENT%`.

        Raises Usage for anything else.
        """
        if (found := re.fullmatch(r"\+(\d{1,4}(?:\.\d+)?)%", text)) and Decimal(found[1]) > 0:
            return cls(text, percent=Decimal(found[1]))
        number = quantity(text.removeprefix("+"))
        if number is None or not 0 < number < LIMIT or text.startswith(("-", "++", "+-")):
            raise Usage(f"not a size: {text!a}", reason="bad-size", hint="60Gi, +20Gi or +25%")
        return cls(text, more=number) if text.startswith("+") else cls(text, size=number)

    def target(self, now: Decimal) -> Decimal:
        """Return the size in bytes that is meant, in whole GiB, for a volume that has `now`."""
        wanted = self.size or now + (self.more or now * (self.percent or Decimal(0)) / 100)
        return Decimal(gibibytes(wanted) * GIB)


@dataclass(frozen=True)
class Look:
    """What a cluster says of a volume's claims, and of a size for them."""

    size: Decimal
    """That of the dry run."""
    claims: tuple[Claim, ...]
    missing: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class Grow:
    """Give a volume more room."""

    kind: ClassVar[str] = "grow"
    env: str | None
    what: str
    wish: Wish
    reason: str = "asked for"
    look: Look | None = None
    """None where no cluster was asked."""
    beyond_plan: bool = False
    beyond_step: bool = False
    needs_snapshot: bool = True

    def plan(self, ground: Ground) -> Plan:
        """Return the edit of every scalar that holds the size; a volume that has it gives none.

        Raises Usage, Refused or RepositoryError; then nothing is planned at all.
        """
        tree = ground.tree
        env = tree.environment_name(self.env)
        volume = find(tree, env, self.what)
        target = self.wish.target(volume.size)
        if any(one.number != target for one in volume.sizes):
            self._allow(ground, volume, target)
        recovers = next((c.resize for c in self._claims if c.is_infeasible), None)
        title = f"Grow {volume.name} to {written(target)} in {env}"
        return resize(tree, volume, target, title, self.reason, recovers)

    @property
    def _claims(self) -> tuple[Claim, ...]:
        return self.look.claims if self.look is not None else ()

    def _allow(self, ground: Ground, volume: Volume, target: Decimal) -> None:
        tree, now = ground.tree, volume.size
        is_recovery = any(claim.is_infeasible for claim in self._claims)
        if target < now and not is_recovery:
            raise _shrink(volume, target)
        if not is_recovery:
            self._within_budget(ground, volume, target)
        self._within_plan(tree, volume, target)
        if expands(tree, volume.unit.env, volume.storage_class) is False:
            raise _fixed(volume.name, volume.storage_class)
        if self.look is None:
            return
        if self.look.size != target:
            raise Refused(
                f"{volume.name} has another size there than in this work tree: {written(now)}",
                reason="moved",
                hint="pull, or say the size itself instead of how much more",
            )
        if self.look.missing:
            raise Refused(
                f"the cluster has no such claim: {', '.join(self.look.missing)}",
                reason="no-claim",
                hint="sync it first, or grow it before it exists with --no-live",
            )
        for claim in self._claims:
            _allow_claim(volume, claim, now, target, is_recovery=is_recovery)
        if self.needs_snapshot and tree.plan(volume.unit.service).data_service:
            self._demand_snapshot(volume, self.look)

    def _within_budget(self, ground: Ground, volume: Volume, target: Decimal) -> None:
        """Refuse what the volume's class does not allow on this ground; an environment may say nothing of growth."""
        env = volume.unit.env
        if ground.tree.environment(env).growth is None:
            return
        rules = growth(ground.tree, env)
        grown = ground.growths(ground.at - timedelta(hours=rules.longest))
        if (said := refusal(rules, grown, volume, target, ground.at, beyond_step=self.beyond_step)) is not None:
            raise said

    def _within_plan(self, tree: Tree, volume: Volume, target: Decimal) -> None:
        sizes = tree.plan(volume.unit.service).range(volume.name)
        if sizes is not None and target > sizes[1] * GIB and not self.beyond_plan:
            raise Refused(
                f"{volume.name} is {sizes[0]}–{sizes[1]}Gi in the plan: {written(target)}",
                reason="beyond-plan",
                hint="say --beyond-plan, and take the new range into the plan, which rule P1 checks",
            )

    def _demand_snapshot(self, volume: Volume, look: Look) -> None:
        taken = [claim.snapshot for claim in look.claims if claim.snapshot is not None]
        if not taken or look.at - max(taken) > SNAPSHOT_AGE:
            raise Refused(
                f"{volume.name} has no ready VolumeSnapshot of the last {SNAPSHOT_AGE.days * 24} hours",
                reason="no-snapshot",
                hint=f"take one of {look.claims[0].name}, or say --no-snapshot",
            )


def _shrink(volume: Volume, target: Decimal) -> Refused:
    env, name = volume.unit.env, volume.name
    return Refused(
        f"a claim never shrinks: {name} in {env} has {written(volume.size)}, not {written(target)}",
        reason="shrink",
        hint=f"it moves to a smaller one: bos-tools pvc runbook {name} --env {env}",
    )


def _fixed(name: str, storage_class: str | None) -> Refused:
    return Refused(
        f"the StorageClass of {name} can't grow a claim: {storage_class}",
        reason="class-fixed",
        hint="allowVolumeExpansion: true, where its driver can; else move the data to another class",
    )


def _allow_claim(volume: Volume, claim: Claim, now: Decimal, target: Decimal, *, is_recovery: bool) -> None:
    """Refuse what the cluster can't do, or must not be asked for now."""
    command = f"bos-tools pvc {{}} {volume.name} --env {volume.unit.env}"
    at = stage(claim, now)
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
        raise _fixed(claim.name, claim.storage_class)
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


@dataclass(frozen=True)
class Adopt:
    """Write the size to Git to which somebody grew a volume by hand."""

    kind: ClassVar[str] = "adopt"
    env: str | None
    what: str
    look: Look
    reason: str = "grown by hand"

    def plan(self, ground: Ground) -> Plan:
        """Return the edit that lets Git say what the cluster has.

        Raises Refused where the cluster has no more than Git.
        """
        tree = ground.tree
        env = tree.environment_name(self.env)
        volume = find(tree, env, self.what)
        if not self.look.claims:
            raise Refused(f"the cluster has no claim of {volume.name}", reason="no-claim")
        now, live = volume.size, max(claim.request for claim in self.look.claims)
        if live < now:
            raise Refused(
                f"{volume.name} is larger in Git than in the cluster: {written(now)}, {written(live)}",
                reason="not-applied",
                hint=f"bos-tools pvc verify {volume.name} --env {env}",
            )
        return resize(tree, volume, live, f"Adopt {volume.name} at {written(live)} in {env}", self.reason)

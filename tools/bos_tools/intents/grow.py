"""Grow: give a volume of one environment more room, by one commit of its own (decision 13)."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from bos_tools.errors import Refused, Usage
from bos_tools.intents.ground import Ground
from bos_tools.intents.plan import Plan
from bos_tools.intents.resize import resize
from bos_tools.storage.budget import refusal
from bos_tools.storage.growth import growth
from bos_tools.storage.live import Claim, stage
from bos_tools.storage.named import find
from bos_tools.storage.preflight import Look, allow, demand_backup, fixed, gone
from bos_tools.storage.volumes import Volume, expands, volumes
from bos_tools.tree.layout import Tree
from bos_tools.tree.quantity import GIB, LIMIT, gibibytes, quantity, written

SIZES = "60Gi, +20Gi or +25%"


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
        sign = "+" if text.startswith("+") else ""
        said = text.removeprefix("+").strip()
        if (bytes_ := re.fullmatch(r"(.*[KMGTPE]i?)B", said)) is not None:
            said = bytes_[1]
        number = quantity(said)
        if number is None or not 0 < number < LIMIT or said.startswith(("-", "+")):
            raise Usage(f"not a size: {text!a}", reason="bad-size", hint=_meant(sign, said) or SIZES)
        if number < GIB and not said.endswith(tuple("KMi")):
            raise Usage(f"a size without a unit: {text!a}", reason="bad-size", hint=_meant(sign, said) or SIZES)
        return cls(text, more=number) if sign else cls(text, size=number)

    def target(self, now: Decimal) -> Decimal:
        """Return the size in bytes that is meant, in whole GiB, for a volume that has `now`."""
        wanted = self.size or now + (self.more or now * (self.percent or Decimal(0)) / 100)
        return Decimal(gibibytes(wanted) * GIB)


def _meant(sign: str, said: str) -> str:
    """Return what somebody may have meant who wrote no unit, or another spelling of one."""
    found = re.fullmatch(r"([1-9]\d*(?:\.\d+)?) ?([kmgtpe]?)i?b?", said, re.IGNORECASE)
    return f"did you mean {sign}{found[1]}{found[2].upper() or 'G'}i?" if found is not None else ""


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
        now = _landed(ground, volume)
        target = self.wish.target(now)
        if any(one.number != target for one in volume.sizes):
            self._allow(ground, volume, now, target)
        recovers = next((c.resize for c in self._claims if c.is_infeasible), None)
        title = f"Grow {volume.name} to {written(target)} in {env}"
        return resize(tree, volume, target, title, self.reason, recovers)

    @property
    def _claims(self) -> tuple[Claim, ...]:
        return self.look.claims if self.look is not None else ()

    def _allow(self, ground: Ground, volume: Volume, now: Decimal, target: Decimal) -> None:
        """Raise Refused for what must not grow; `now` is the size that has landed, whatever a proposal says."""
        tree, env = ground.tree, volume.unit.env
        is_recovery = any(claim.is_infeasible for claim in self._claims)
        if target < volume.size and not is_recovery:
            raise _shrink(volume, now, target)
        if not is_recovery:
            self._within_budget(ground, volume, now, target)
        self._within_plan(tree, volume, target)
        if expands(tree, env, volume.storage_class) is False:
            raise fixed(volume.name, volume.storage_class)
        if self.look is None:
            return
        if self.look.size != target:
            raise Refused(
                f"{volume.name} has another size there than in this work tree: {written(now)}",
                reason="moved",
                hint="pull, or say the size itself instead of how much more",
            )
        allow(volume, self.look, now, target)
        if self.needs_snapshot and tree.plan(volume.unit.service).data_service:
            demand_backup(volume, self.look)

    def _within_budget(self, ground: Ground, volume: Volume, now: Decimal, target: Decimal) -> None:
        """Refuse what the volume's class does not allow on this ground; an environment may say nothing of growth."""
        env, service = volume.unit.env, volume.unit.service
        if ground.tree.environment(env).growth is None:
            return
        rules = growth(ground.tree, env)
        grown = ground.growths(env, service, ground.at - timedelta(hours=rules.longest))
        if (said := refusal(rules, grown, volume, target - now, ground.at, beyond_step=self.beyond_step)) is not None:
            raise said

    def _within_plan(self, tree: Tree, volume: Volume, target: Decimal) -> None:
        sizes = tree.plan(volume.unit.service).range(volume.name)
        if sizes is not None and target > sizes[1] * GIB and not self.beyond_plan:
            raise Refused(
                f"{volume.name} is {sizes[0]}–{sizes[1]}Gi in the plan: {written(target)}",
                reason="beyond-plan",
                hint="say --beyond-plan, and take the new range into the plan, which rule P1 checks",
            )


def _landed(ground: Ground, volume: Volume) -> Decimal:
    """Return the size of a volume on the line itself, of which a proposal may have another."""
    if ground.landed is ground.tree:
        return volume.size
    there = [one for one in volumes(ground.landed.graph, volume.unit) if one.id == volume.id]
    return there[0].size if there else volume.size


def _shrink(volume: Volume, now: Decimal, target: Decimal) -> Refused:
    env, name = volume.unit.env, volume.name
    if target > now:  # of what has landed it is a growth
        return Refused(f"{name} is to have {written(volume.size)}, and not {written(target)}", reason="shrink")
    return Refused(
        f"a claim never shrinks: {name} in {env} has {written(volume.size)}, not {written(target)}",
        reason="shrink",
        hint=f"it moves to a smaller one: bos-tools pvc runbook {name} --env {env}",
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

        Raises Refused where the cluster has no more than Git, and for a claim that goes away or is somebody else's.
        """
        tree = ground.tree
        env = tree.environment_name(self.env)
        volume = find(tree, env, self.what)
        if not self.look.claims:
            raise Refused(f"the cluster has no claim of {volume.name}", reason="no-claim")
        for claim in self.look.claims:
            if (refused := gone(volume, claim, stage(claim, claim.request))) is not None:
                raise refused
        now, live = volume.size, max(claim.request for claim in self.look.claims)
        if live < now:
            raise Refused(
                f"{volume.name} is larger in Git than in the cluster: {written(now)}, {written(live)}",
                reason="not-applied",
                hint=f"bos-tools pvc verify {volume.name} --env {env}",
            )
        return resize(tree, volume, live, f"Adopt {volume.name} at {written(live)} in {env}", self.reason)

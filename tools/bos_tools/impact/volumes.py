"""What a change of a size or of a count of replicas does to data."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from bos_tools.impact.danger import Verdict
from bos_tools.impact.pods import at
from bos_tools.impact.removal import claims_of, retention
from bos_tools.impact.setting import Setting
from bos_tools.storage.volumes import CLAIM, DATABASE, DATABASES, REQUEST, SET
from bos_tools.tree.identity import Object
from bos_tools.tree.quantity import quantity, written

CLOUD_NATIVE_PG = ("storage", "walStorage")


def refusals(old: Object, new: Object, setting: Setting) -> Iterator[str]:
    """Yield why a size can't be the new one."""
    if (new.kind, new.group) == (CLAIM, ""):
        before, after = (_size(at(one, *map(str, REQUEST))) for one in (old, new))
        if after is None or (new.id, written(after)) not in setting.recovered:
            yield from _resized(before, after, at(old, "spec", "storageClassName"), setting)
    if (new.kind, new.group) == (DATABASE, DATABASES):
        for part in CLOUD_NATIVE_PG:
            before, after = (_size(at(one, "spec", part, "size")) for one in (old, new))
            if before is not None and after is not None and after < before:
                yield f"{part} can't shrink"
            elif before is not None and after is None:
                yield f"{part} can't be taken away"


def _resized(before: Decimal | None, after: Decimal | None, name: str | None, setting: Setting) -> Iterator[str]:
    if before is None or after is None or before == after:
        return
    if after < before:
        yield "a claim can't shrink below the capacity that it has"
        return
    found = setting.new.storage(name) or setting.old.storage(name)
    if found is None or not found.expands:
        yield f"{f'class {name}' if name else 'its class'} does not let a claim grow" + (
            "" if found is not None else ", as far as this environment says"
        )


def losses(old: Object, new: Object, setting: Setting) -> Iterator[Verdict]:
    """Yield which data goes with replicas that go."""
    if (new.kind, new.group) != (SET, "apps") or retention(new, "whenScaled") != "Delete":
        return
    before, after = (_count(at(one, "spec", "replicas")) for one in (old, new))
    if after < before and at(new, "spec", "volumeClaimTemplates"):
        verdict = claims_of(new, setting, f"the claims of {before - after} replicas, as whenScaled says")
        yield Verdict(verdict.danger, f"it is scaled from {before} to {after}: {verdict.why}")


def _count(said: Any) -> int:
    return said if isinstance(said, int) else 1


def _size(said: Any) -> Decimal | None:
    return quantity(str(said)) if said is not None else None

"""What a change of one object does when it reaches the cluster: the danger gate."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bos_tools.impact import applications, volumes
from bos_tools.impact.changes import Difference
from bos_tools.impact.danger import Danger, Verdict
from bos_tools.impact.fields import same
from bos_tools.impact.immutable import touched
from bos_tools.impact.keeper import AFTER_SUCCESS, ANEW, Keeper, hook_policies, option
from bos_tools.impact.pods import at, is_database, template
from bos_tools.impact.removal import lost, removed
from bos_tools.impact.setting import Setting
from bos_tools.tree.identity import Object


@dataclass(frozen=True)
class ObjectChange:
    """One difference, and what it does."""

    difference: Difference
    danger: Danger
    why: str

    @property
    def is_notable(self) -> bool:
        """Tell whether somebody should look: a hook is made anew by each sync anyway."""
        one = self.difference.new or self.difference.old
        is_hook = one is not None and hook_policies(one) is not None
        return self.danger not in (Danger.safe, Danger.rolls) and not is_hook


def judged(one: Difference, setting: Setting) -> ObjectChange:
    """Return a difference with what it does in its environment."""
    return ObjectChange(one, *_verdict(one, setting))


def _verdict(one: Difference, setting: Setting) -> Verdict:
    if one.new is None:
        assert one.old is not None
        gone = applications.removed(one.old, setting) if applications.is_application(one.old) else None
        return gone or removed(one.old, one.unit, setting)
    if one.old is None:
        return Verdict(Danger.safe, "new")
    if one.old.id != one.new.id:
        if one.rolls:
            return Verdict(Danger.rolls, "its name is the hash of what it holds: pods that name it are replaced")
        return Verdict(Danger.safe, "its name is the hash of what it holds, and no pod names it")
    return changed(one.old, one.new, setting, setting.new.keepers.get(one.unit.folder))


def changed(old: Object, new: Object, setting: Setting, keeper: Keeper | None = None) -> Verdict:
    """Return what it does that one state of an object becomes another; the worst of all that it does."""
    old, new = _compared(old, new, keeper)
    if same(old.data, new.data):
        return Verdict(Danger.safe, "its Application leaves these fields alone")
    policies = hook_policies(new)
    if policies is not None and ANEW in policies:
        return Verdict(Danger.recreates, "a hook: each sync deletes it and makes it anew")
    if policies is not None and AFTER_SUCCESS in policies:
        return Verdict(Danger.safe, "a hook that is deleted when it has succeeded: the next sync makes it anew")
    order = list(Danger)
    found = [*_refusals(old, new, setting, keeper), *_effects(old, new, setting)]
    return max(found, key=lambda verdict: order.index(verdict.danger), default=Verdict(Danger.safe, "applied in place"))


def _refusals(old: Object, new: Object, setting: Setting, keeper: Keeper | None) -> Iterator[Verdict]:
    """Yield what the API server says no to, or with Force what Argo CD deletes and makes anew for it."""
    said = [f"{row.field} can't be changed" for row in touched(old, new)]
    said += [*volumes.refusals(old, new, setting), *_selector(new)]
    if not said:
        return
    if "true" not in (option(new, "Force", keeper), option(old, "Force", keeper)):
        yield Verdict(Danger.refused, "; ".join(said))
        return
    verdict = lost(old, setting)
    anew = f"{'; '.join(said)}: Force=true deletes it and makes it anew"
    if verdict.danger is Danger.loses_data:
        yield Verdict(Danger.loses_data, f"{anew}, and {verdict.why}")
    else:
        yield Verdict(Danger.recreates, anew)


def _selector(new: Object) -> Iterator[str]:
    """Yield that a workload no longer selects its own pods."""
    wanted = at(new, "spec", "selector", "matchLabels")
    if template(new) is not None and not is_database(new) and isinstance(wanted, dict):
        labels = at(new, "spec", "template", "metadata", "labels") or {}
        if not wanted.items() <= labels.items():
            yield "the labels of its pods are not those that it selects"


def _effects(old: Object, new: Object, setting: Setting) -> Iterator[Verdict]:
    """Yield what a change does that is accepted."""
    if applications.is_application(new):
        yield from applications.changed(old, new, setting)
    yield from volumes.losses(old, new, setting)
    if template(new) is None or same(template(old), template(new)):
        return
    if at(new, "spec", "updateStrategy", "type") == "OnDelete":
        yield Verdict(Danger.safe, "updateStrategy OnDelete: pods stay as they are until somebody deletes them")
    elif at(new, "spec", "paused") is True:
        yield Verdict(Danger.safe, "it is paused: pods stay as they are")
    elif at(new, "spec", "strategy", "type") == "Recreate":
        yield Verdict(Danger.rolls, "strategy Recreate: all its pods end before the first new one starts")
    elif is_database(new):
        yield Verdict(Danger.rolls, "its operator restarts the instances, one after the other")
    else:
        yield Verdict(Danger.rolls, "its pods are replaced")


def _compared(old: Object, new: Object, keeper: Keeper | None) -> tuple[Object, Object]:
    """Return both states without what the Application does not touch."""
    left = keeper.left_alone(new) if keeper is not None else []
    if not left:
        return old, new
    sides = []
    for one in (old, new):
        data = one.data
        for pointer in left:
            data = _without(data, [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]])
        sides.append(Object(one.kind, one.group, one.namespace, one.name, data))
    return sides[0], sides[1]


def _without(data: Any, steps: list[str]) -> Any:
    if isinstance(data, dict) and steps and steps[0] in data:
        rest = {key: value for key, value in data.items() if key != steps[0]}
        return rest if len(steps) == 1 else {**rest, steps[0]: _without(data[steps[0]], steps[1:])}
    if isinstance(data, list) and steps and steps[0].isdigit() and int(steps[0]) < len(data):
        place = int(steps[0])
        inner = [] if len(steps) == 1 else [_without(data[place], steps[1:])]
        return [*data[:place], *inner, *data[place + 1 :]]
    return data

"""What may change between two revisions: rules that one revision alone can't break (decision 13)."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bos_tools.review.registry import Fault, rule
from bos_tools.review.rendered import down
from bos_tools.review.world import Pair, World
from bos_tools.storage.volumes import CLAIM, DATABASE, DATABASES, REQUEST, SET, volumes
from bos_tools.tree.identity import Object
from bos_tools.tree.kustomization import NAMES
from bos_tools.tree.layout import Unit
from bos_tools.tree.leaves import leaves
from bos_tools.tree.nodes import Path
from bos_tools.tree.quantity import quantity, written

Key = tuple[str, str]
"""An object, and a field as a leaf of its render."""


@dataclass(frozen=True)
class Sized:
    """One field that holds a size."""

    path: Path
    text: str

    @property
    def number(self) -> Decimal | None:
        """Return it in bytes, None for what is no size."""
        return quantity(self.text)


def sizes(made: Object) -> dict[str, Sized]:
    """Return the sizes that an object holds, by what tells them apart within it: a template by its name."""
    data = made.data
    found: dict[str, tuple[Path, Any]] = {}
    if made.kind == CLAIM:
        found[""] = (REQUEST, down(data, *map(str, REQUEST)))
    elif made.kind == DATABASE and made.group == DATABASES:
        for key in ("storage", "walStorage"):
            found[key] = (("spec", key, "size"), down(data, "spec", key, "size"))
    elif made.kind == SET:
        for index, template in enumerate(_templates(data)):
            at: Path = ("spec", "volumeClaimTemplates", index, *REQUEST)
            found[str(down(template, "metadata", "name"))] = (at, down(template, *map(str, REQUEST)))
    return {name: Sized(path, str(value)) for name, (path, value) in found.items() if value is not None}


@rule(
    "G1",
    title="A size in Git only grows, but for the way out of a growth that the storage can't give",
    remedy="take the change back; `bos-tools pvc runbook VOLUME` says how to move to a smaller claim",
    source=".github/decisions/0013-growth.md",
    scope="change",
)
def shrinks(pair: Pair) -> Iterator[Fault]:
    """A request at or below the capacity is refused and blocks the application, so a finished growth is never undone,
    not by `git revert` either. `bos-tools pvc grow` marks the way out by the trailer `Bos-Recover`.
    """
    ids = _volumes(pair.new)
    for before, made in pair.same(CLAIM, SET, DATABASE):
        was = sizes(before.object)
        for name, now in sizes(made.object).items():
            old = was[name].number if name in was else None
            if old is None or now.number is None or now.number >= old:
                continue
            volume = ids.get((made.object.id, _leaf(now.path)), "")
            taken_back = pair.recovered.get((volume, written(now.number)))
            if taken_back:
                continue
            said = f"{made.object.name} would shrink: {was[name].text} to {now.text}"
            if taken_back is False:
                said += "; that it takes an infeasible growth back is said by a commit, but not shown by this history"
            yield pair.new.at(made, said, now.path)


@rule(
    "G2",
    title="Of a claim that exists nothing changes but its request",
    remedy="make another claim and move the data, by `.github/runbooks/shrink-a-claim.md`",
    source="base/README.md#rule-1",
    scope="change",
)
def fields(pair: Pair) -> Iterator[Fault]:
    """Every other field of a bound claim is immutable, and the refusal blocks the application."""
    for before, made in pair.same(CLAIM):
        was, now = _but_size(before.data), _but_size(made.data)
        changed = {
            field.partition(".")[0].partition("[")[0] for field in {*was, *now} if was.get(field) != now.get(field)
        }
        for key in sorted(changed):
            yield pair.new.at(made, f"claim {made.object.name} can't change its {key}", ("spec", key))


@rule(
    "G3",
    title="A storage change is alone in its environment",
    remedy="make two commits, and two pull requests",
    source=".github/decisions/0013-growth.md",
    scope="change",
)
def alone(pair: Pair) -> Iterator[Fault]:
    """One refused claim blocks the whole application, and what came with it does not land either."""
    resized = [
        (made, now)
        for before, made in pair.same(CLAIM, SET, DATABASE)
        for name, now in sizes(made.object).items()
        if (old := sizes(before.object).get(name)) is not None and old.number != now.number
    ]
    others = _others(pair) if resized else []
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        for made, now in resized[:1]:
            said = f"the size of {made.object.name} changes together with {others[0]}{more}"
            yield pair.new.at(made, said, now.path)


@rule(
    "G4",
    title="A StatefulSet that exists neither gains nor loses a volumeClaimTemplate, and only its size may change",
    remedy="take the change back; a new template needs a new StatefulSet",
    source=".github/decisions/0013-growth.md",
    scope="change",
)
def claim_templates(pair: Pair) -> Iterator[Fault]:
    """Templates are immutable, Argo CD does not compare them, and to make the StatefulSet anew with another entry
    wedges its pods for ever.
    """
    for before, made in pair.same(SET):
        was, now = _by_name(before.data), _by_name(made.data)
        place: Path = ("spec", "volumeClaimTemplates")
        for name in sorted(was.keys() ^ now.keys()):
            what = "gains" if name in now else "loses"
            yield pair.new.at(made, f"{made.object.name} {what} the template {name}", place if now else ("spec",))
        for name in sorted(was.keys() & now.keys()):
            if _but_size(was[name]) != _but_size(now[name]):
                yield pair.new.at(made, f"the template {name} of {made.object.name} changes more than its size", place)


@rule(
    "G5",
    title="What a change is judged against can be read",
    remedy="mend it in a change of its own, without a size; or judge against a commit where it renders",
    source=".github/decisions/0013-growth.md",
    scope="change",
)
def readable(pair: Pair) -> Iterator[Fault]:
    """Of a unit that does not render before the change nobody knows which of its sizes shrink, or what else becomes of
    its claims; to pass it would be a guess.
    """
    sized = list(pair.new.of(CLAIM, SET, DATABASE))
    there = set(pair.new.tree.services(pair.new.name))
    lost = sorted(set(pair.old.tree.services(pair.old.name)) - pair.old.rendered)
    for service in lost:
        folder = Unit(pair.new.name, service).folder
        why = next((f": {error}" for error in pair.old.unread if error.path.startswith(f"{folder}/")), "")
        said = f"{service} could not be rendered before the change{why}"
        if service in {made.unit.service for made in sized} or service in there - pair.new.rendered:
            yield pair.new.file(f"{folder}/{NAMES[0]}", 1, said)
        elif service not in there:  # gone, or by another name
            unknown = [made for made in sized if pair.old.one(made.object.kind, made.object.name) is None]
            yield from (pair.new.at(made, f"{made.object.name} may have been there, for {said}") for made in unknown)
    for made, wrong in pair.old.wrong:
        now = pair.new.one(made.object.kind, made.object.name)
        if wrong.is_misshapen and made.object.kind in (CLAIM, SET, DATABASE) and now is not None:
            said = f"what {made.object.name} was before the change is none that can be compared"
            yield pair.new.at(now, said)


def _others(pair: Pair) -> list[str]:
    """Return what else changes in the render: fields that hold no size of an object that was there before."""
    before = {made.object.id: made.object for made in pair.old.objects}
    after = {made.object.id: made.object for made in pair.new.objects}
    found: list[str] = []
    for identity in [*after, *(one for one in before if one not in after)]:
        was, now = _rest(before.get(identity)), _rest(after.get(identity))
        found += [f"{identity}, {field}" for field in {**was, **now} if was.get(field) != now.get(field)][:1]
    return found


def _rest(made: Object | None) -> dict[str, Any]:
    """Return the leaves of an object without its sizes."""
    if made is None:
        return {}
    held = {_leaf(size.path) for size in sizes(made).values()}
    return {field: value for field, value in leaves(made.data) if field not in held}


def _volumes(env: World) -> dict[Key, str]:
    """Return the volume that each size belongs to, by the object and its field."""
    found = [volume for unit, _ in env.units for volume in volumes(env.tree.graph, unit)]
    return {(size.object.id, size.field): volume.id for volume in found for size in volume.sizes}


def _leaf(path: Path) -> str:
    return ".".join(f"[{step}]" if isinstance(step, int) else str(step) for step in path).replace(".[", "[")


def _templates(data: Any) -> list[Any]:
    listed = down(data, "spec", "volumeClaimTemplates")
    return listed if isinstance(listed, list) else []


def _by_name(data: Any) -> dict[str, Any]:
    return {str(down(template, "metadata", "name")): template for template in _templates(data)}


def _but_size(template: Any) -> dict[str, Any]:
    return {f: v for f, v in leaves(down(template, "spec") or {}) if f != "resources.requests.storage"}

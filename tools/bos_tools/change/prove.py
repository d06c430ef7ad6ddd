"""The proof of effect: the render changes in exactly the fields that the plan declares, or nothing is written."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from bos_tools.change import overrides
from bos_tools.errors import BosError, Refused, RepositoryError
from bos_tools.intents.plan import Effect, FieldEffect, ImageEffect, ObjectEffect, Plan
from bos_tools.render.diff import Change, differences, renders
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import images, objects
from bos_tools.tree import layout
from bos_tools.tree.graph import Graph
from bos_tools.tree.image_fields import specs
from bos_tools.tree.image_names import untagged
from bos_tools.tree.kustomization import Kustomization, Pin
from bos_tools.tree.layout import Tree
from bos_tools.tree.leaves import leaves
from bos_tools.tree.source import Edited

LISTING = frozenset({"apiVersion", "kind", "metadata", "resources"})
"""An aggregator with these keys alone adds nothing to what it lists, so its parts are its proof."""


class Proof(Struct, frozen=True):
    """The leaf fields that the render was seen to change, in the order of units and objects."""

    changes: tuple[Change, ...]
    folders: tuple[str, ...]
    """What was rendered before and after."""


def prove(tree: Tree, plan: Plan, renderer: Renderer) -> Proof:
    """Render what the plan touches, before and after, and compare the difference with the declared effects.

    Raises Refused with the reason when an effect is missing or something else changes.
    """
    after = Tree(Edited(tree.source, {path: new for path, (_, new) in plan.files.items()}))
    for effect in {effect.unit: effect for effect in plan.effects}.values():
        overrides.refuse(tree, effect, renderer)
    targets = list(dict.fromkeys(effect.unit.folder for effect in plan.effects))
    others = [folder for folder in _touched(tree, plan) if folder not in targets] if plan.files else []
    folders = [*targets, *others]
    graphs = (tree.graph, after.graph if plan.files else tree.graph)
    changes: list[Change] = []
    for folder, (old, new) in zip(folders, renders(renderer, graphs, folders), strict=True):
        found = differences(old, new)
        effects = [e for e in plan.effects if e.unit.folder == folder]
        if effects:
            _judge(after.graph, folder, effects, found, new)
            changes += found
        else:
            _judge_other(folder, found, plan.effects)
    return Proof(tuple(changes), tuple(folders))


def compared(before: Tree, after: Tree, folders: Sequence[str], renderer: Renderer) -> Proof:
    """Return what differs in the render of some folders between two trees, whatever was meant to."""
    sides = renders(renderer, (before.graph, after.graph), folders)
    changes = [change for pair in sides for change in differences(*pair)]
    return Proof(tuple(changes), tuple(folders))


def _touched(tree: Tree, plan: Plan) -> Iterator[str]:
    """Yield every root below overlays whose render reads an edited file; an aggregator that only lists is not one."""
    for env in tree.settings.environments:
        folders = [layout.aggregate(env), *(layout.unit(env, n) for n in tree.source.names(layout.aggregate(env)))]
        for folder in folders:
            try:
                found = tree.graph.kustomization(folder)
                if found is None or found.is_component or not _reads(tree, folder, plan.files):
                    continue
            except RepositoryError:
                continue  # broken already, and no render of ours reaches it: `check` reports it
            if folder != layout.aggregate(env) or not found.root.fields.keys() <= LISTING or _lists_others(env, found):
                yield folder


def _lists_others(env: str, aggregator: Kustomization) -> bool:
    """Tell whether an aggregator takes in something that is no unit of its own environment."""
    folder = f"{layout.aggregate(env)}/"
    return not all((aggregator.local(r) or "").startswith(folder) for r in aggregator.references)


def _reads(tree: Tree, folder: str, edited: Mapping[str, object]) -> bool:
    closure = tree.graph.closure(folder)
    return any(path in closure or any(tree.source.real(read) == path for read in closure) for path in edited)


def _judge(graph: Graph, folder: str, effects: list[Effect], found: list[Change], render: bytes) -> None:
    """Hold the changes of one unit against its effects, both ways."""
    made = objects(render)
    fields_of_images = specs(graph, folder)
    now = [(o.id, field, image) for o in made for field, image in images(o, fields_of_images)]
    fields = {(who, field) for who, field, _ in now}
    for change in found:
        is_image = (change.object, change.field) in fields
        if not any(_admits(e, change) and (is_image or not isinstance(e, ImageEffect)) for e in effects):
            raise _refused(
                effects[0],
                f"the edit would also change {change.object}, {change.field}: {change.old} to {change.new}",
                "overreach",
            )
    for effect in effects:
        if isinstance(effect, ObjectEffect):
            continue
        if isinstance(effect, FieldEffect):
            says = next((dict(leaves(o.data)).get(effect.field) for o in made if o.id == effect.object), None)
            if says != effect.new:
                what = f"{effect.object}, {effect.field}"
                message = f"the edit has no effect in {folder}: {what} stays {says}"
                raise _refused(effect, message, "no-effect", hint="a patch that comes later sets this field again")
            continue
        running = [image for _, _, image in now]
        if effect.new not in running or (_is_edit(effect) and not any(_admits(effect, c) for c in found)):
            raise _no_effect(graph, folder, effect, running)
        for who, field, image in now:
            if image != effect.new and untagged(image) == effect.repository and not _other_pin(graph, effect, image):
                raise _refused(
                    effect,
                    f"{who} would stay at another version, in {field}: {image}",
                    "partly-effective",
                    hint="this field is set by something other than the pin: remove its tag there",
                )


def _is_edit(effect: Effect) -> bool:
    return isinstance(effect, ObjectEffect) or effect.old != effect.new


def _admits(effect: Effect, change: Change) -> bool:
    """Tell whether a change is what the effect declares: the same image, from the old version to the new."""
    if isinstance(effect, ObjectEffect):
        return change.object == effect.object
    if isinstance(effect, FieldEffect):
        who = (effect.object, effect.field, effect.old, effect.new)
        return (change.object, change.field, change.old, change.new) == who
    is_old = change.old == effect.old or (
        effect.old is None and isinstance(change.old, str) and untagged(change.old) == effect.repository
    )
    return is_old and change.new == effect.new


def _other_pin(graph: Graph, effect: ImageEffect, image: str) -> bool:
    found = graph.kustomization(effect.unit.folder)
    pins: tuple[Pin, ...] = found.pins if found else ()
    return any(pin.name != effect.name and pin.renders(image) for pin in pins)


def _judge_other(folder: str, found: list[Change], effects: tuple[Effect, ...]) -> None:
    """Refuse a change that reaches another service or environment; an aggregator may show its own unit's."""
    envs = {effect.unit.env for effect in effects}
    inside = folder in set(map(layout.aggregate, envs))
    for change in found:
        if not inside or not any(_admits(effect, change) for effect in effects):
            raise _refused(
                effects[0],
                f"the edit would reach {folder} too: {change.object}, {change.field}: {change.old} to {change.new}",
                "reaches-another",
            )
    if inside:
        for effect in effects:
            if _is_edit(effect) and not any(_admits(effect, change) for change in found):
                raise _refused(effect, f"{folder} would hide the edit: it sets the field again", "shadowed")


def _no_effect(graph: Graph, folder: str, effect: ImageEffect, running: list[str]) -> BosError:
    """Say why a pin has no effect, by what the render and the files show."""
    for inner in graph.folders(folder):
        found: Kustomization | None = graph.kustomization(inner)
        for pin in found.pins if found and inner != folder else ():
            if pin.matches(effect.name) or untagged(pin.repository) == effect.name:
                place = f"{found.path if found else inner}:{pin.line}"
                return _refused(
                    effect,
                    f"the pin of {effect.name} is shadowed: {place} sets the image first",
                    "shadowed",
                    hint="pins live only in overlays: remove that entry",
                )
    own = graph.kustomization(folder)
    for pin in own.pins if own is not None else ():
        if pin.name != effect.name and pin.matches(effect.new):
            return _refused(
                effect,
                f"the pin of {effect.name} has no effect in {folder}: line {pin.line} sets the image again",
                "no-effect",
                hint=f"keep one of the two entries: kustomize applies {pin.name} to what this one makes",
            )
    shown = ", ".join(sorted(set(running))) or "no image at all"
    return _refused(
        effect,
        f"the pin of {effect.name} has no effect in {folder}: it runs {shown}",
        "no-effect",
        hint="a replacement sets the field again: change what it copies"
        if any(found.sequence("replacements") for k in graph.folders(folder) if (found := graph.kustomization(k)))
        else "`name:` must be the image as the base writes it, without tag",
    )


def _refused(effect: Effect, message: str, reason: str, hint: str = "") -> Refused:
    return Refused(message, reason=reason, hint=hint, path=effect.path, line=effect.line)

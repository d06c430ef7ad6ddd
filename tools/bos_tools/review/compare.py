"""The semantic diff: the leaf fields in which the renders of two trees differ."""

from dataclasses import dataclass

from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import Change, differences
from bos_tools.tree.layout import Tree, Unit


@dataclass(frozen=True)
class UnitDiff:
    """How one unit's render changes."""

    unit: Unit
    changes: tuple[Change, ...]


def compare(old: Tree, new: Tree, renderer: Renderer, env: str | None = None) -> list[UnitDiff]:
    """Render the units whose files differ, on both sides, and return the differences that are left.

    A unit that is absent on one side renders nothing there.
    """
    before, after = set(old.units(env)), set(new.units(env))
    touched = [
        unit
        for unit in [*new.units(env), *(u for u in old.units(env) if u not in after)]
        if unit not in before or unit not in after or _files(old, unit) != _files(new, unit)
    ]
    left = [(old.graph, unit.folder) for unit in touched if unit in before]
    right = [(new.graph, unit.folder) for unit in touched if unit in after]
    renders = iter(renderer.render([*left, *right]))
    was = {folder: next(renders) for _, folder in left}
    now = {folder: next(renders) for _, folder in right}
    diffs = [
        UnitDiff(unit, tuple(differences(was.get(unit.folder, b""), now.get(unit.folder, b"")))) for unit in touched
    ]
    return [diff for diff in diffs if diff.changes]


def _files(tree: Tree, unit: Unit) -> dict[str, bytes]:
    return tree.graph.closure(unit.folder)

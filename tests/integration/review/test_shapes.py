"""Whatever stands in an object, the rules do not fall over it: it is misshapen by its schema, or they bear it."""

import copy
import dataclasses
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.review.engine import of
from bos_tools.review.reading import environments
from bos_tools.review.registry import Scope
from bos_tools.review.rendered import Rendered
from bos_tools.review.schema import wrong
from bos_tools.review.world import Pair, World
from bos_tools.tree.layout import Tree

VALUES: tuple[Any, ...] = (5, None, "x", True, [{}], [None], {"a": 1}, [], {})
TRIES = 60
"""Objects that are spoilt in each environment; each is judged by every rule."""


def places(data: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        yield (*before, key)
        yield from places(value, (*before, key))


def spoilt(made: Rendered, place: tuple[Any, ...], value: Any) -> Rendered:
    data = copy.deepcopy(made.data)
    inner = data
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return dataclasses.replace(made, object=dataclasses.replace(made.object, data=data))


def judged(world: World, before: World) -> int:
    faults = [fault for rule in of(Scope.environment) for fault in rule.judge(world)]
    faults += [fault for rule in of(Scope.change) for fault in rule.judge(Pair(before, world))]
    return len(faults)


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_no_shape_of_an_object_makes_a_rule_fall_over(good: Path, env: str) -> None:
    [world] = environments(Tree(WorkTree(good)), Renderer(), [env])
    chosen = random.Random(env)
    known = [(index, place) for index, made in enumerate(world.objects) for place in places(made.data)]
    borne = 0

    for _ in range(10 * TRIES):
        index, place = chosen.choice(known)
        made = spoilt(world.objects[index], place, chosen.choice(VALUES))
        if any(fault.is_misshapen for fault in wrong([made.object])[0]):
            continue
        others = [made if number == index else one for number, one in enumerate(world.objects)]
        judged(dataclasses.replace(world, objects=others), world)
        borne += 1
        if borne == TRIES:
            break

    assert borne == TRIES

"""The HPAs' rules, played through: a burst is met soon, and a load that swings does not make the replicas swing."""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from harness.scheduler import world


def recommendations(behavior: dict[str, Any], load: Iterator[float], target: float = 60) -> list[int]:
    """Return the replicas that the HPA's rules give over time, one value each 15 s (Kubernetes, "HPA", "Algorithm details")."""
    now, past, made = 3, [3], [3]
    window = behavior["scaleDown"]["stabilizationWindowSeconds"] // 15
    down, up = behavior["scaleDown"]["policies"][0]["value"], behavior["scaleUp"]["policies"][0]["value"]
    for used in load:
        ratio = used / now / target
        wanted = now if abs(ratio - 1) <= 0.1 else math.ceil(now * ratio)
        past.append(min(max(wanted, 2), 6))
        steady = max(past[-(window or 1) :]) if past[-1] < now else past[-1]
        before = made[-4] if len(made) >= 4 else made[0]  # both policies look a minute back
        now = max(min(steady, before + up), before - down)
        made.append(now)
    return made


def turns(counted: list[int]) -> int:
    steps = [b - a for a, b in pairwise(counted) if b != a]
    return sum(a * b < 0 for a, b in pairwise(steps))


@pytest.mark.parametrize("name", ["web", "backend"])
def test_a_load_that_swings_does_not_make_the_replicas_swing(name):
    here = world("prod")
    scaler = here.hpa(name)
    assert scaler is not None
    behavior = scaler["behavior"]
    swinging = [200 + 60 * math.sin(2 * math.pi * second / 120) for second in range(0, 7200, 15)]
    hasty = {**behavior, "scaleDown": {**behavior["scaleDown"], "stabilizationWindowSeconds": 0}}

    assert turns(recommendations(behavior, iter(swinging))) <= 1
    assert turns(recommendations(hasty, iter(swinging))) > 10
    rising = recommendations(behavior, iter([200.0] * 8 + [500.0] * 40))
    assert max(rising) == 6
    assert rising.index(6) - 8 <= 12  # three minutes of a burst

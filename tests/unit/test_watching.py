"""The one loop that waits."""

import itertools

import pytest

from bos_tools.watching import watch
from harness.clock import Clock


def run(*looks: str, timeout: float, every: float = 0.0) -> tuple[str, list[str]]:
    told: list[str] = []
    left = itertools.chain(looks, itertools.repeat(looks[-1]))
    return watch(lambda: next(left), lambda seen: seen == "over", told.append, timeout=timeout, every=every), told


def test_each_look_is_told_until_one_is_over():
    assert run("begun", "half", "over", "never", timeout=60) == ("over", ["begun", "half", "over"])


def test_without_time_there_is_one_look():
    assert run("begun", timeout=0) == ("begun", ["begun"])


def test_the_pause_is_never_longer_than_the_time_that_is_left(monkeypatch):
    monkeypatch.setattr("bos_tools.watching.time", clock := Clock())

    last, told = run("begun", timeout=60, every=3600)

    assert last == "begun"
    assert len(told) == 2
    assert clock.pauses == [60]


def test_what_a_look_raises_ends_the_wait():
    def look() -> str:
        raise LookupError("gone")

    with pytest.raises(LookupError):
        watch(look, lambda _: False, lambda _: None, timeout=60, every=0)

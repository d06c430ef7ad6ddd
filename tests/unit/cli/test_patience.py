"""No silence: what is waited for is said after two seconds, and until when."""

import re

import pytest

from bos_tools import watching
from bos_tools.cli import patience
from bos_tools.cli.patience import REMINDER, Patience
from harness.clock import Clock


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(watching, "time", made)
    monkeypatch.setattr(patience, "time", made)
    monkeypatch.setattr(patience, "SILENCE", 2.0)
    return made


def test_what_is_over_at_once_is_never_said(clock):
    said: list[str] = []
    waits = Patience(said.append)

    with watching.busy("Argo CD to answer", 30):
        clock.sleep(1.9)
        waits.look()
    clock.sleep(10)
    waits.look()

    assert said == []


def test_after_two_seconds_it_is_said_once_with_its_end_and_again_when_something_is_in_the_way(clock):
    said: list[str] = []
    waits = Patience(said.append)

    with watching.busy("Argo CD to answer", 30) as waiting:
        clock.sleep(2)
        for _ in range(3):
            waits.look()
        waiting.why = "connection refused"
        waits.look()
        waits.look()
        clock.sleep(REMINDER)
        waits.look()

    assert [re.sub(r"\d\d:\d\d:\d\d", "TIME", line) for line in said] == [
        "waiting for Argo CD to answer, until TIME at most",
        "waiting for Argo CD to answer, until TIME at most: connection refused",
        "waiting for Argo CD to answer, until TIME at most: connection refused",
    ]


def test_the_same_wait_of_many_is_said_once(clock):
    said: list[str] = []
    waits = Patience(said.append)

    with watching.busy("Argo CD to look at Git", 30), watching.busy("Argo CD to look at Git", 30):
        clock.sleep(2)
        waits.look()

    assert len(said) == 1


def test_what_ended_with_an_error_is_waited_for_no_more(clock):
    with pytest.raises(LookupError), watching.busy("git push", 30):
        raise LookupError

    assert watching.waits() == []

"""The harness itself: how a test waits, and that its map names all of it."""

import re

import pytest

from bos_tools.sandbox import ports
from harness import ROOT, lanes
from harness.clock import Clock
from harness.servers import free_port
from harness.waiting import eventually

TESTS = ROOT / "tests"


def test_what_is_not_there_yet_is_waited_for():
    answers = iter([KeyError("status"), OSError("refused"), None, "there"])

    def look() -> str | None:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert eventually(look) == "there"


def test_what_never_comes_fails_with_its_name_and_what_was_seen_last():
    def look() -> None:
        raise KeyError("status")

    with pytest.raises(AssertionError, match=r"not within 0 s: it is bound; last seen: KeyError\('status'\)"):
        eventually(look, "it is bound", patience=0.0)


def test_a_clock_goes_on_by_its_pauses_alone():
    clock = Clock()
    before = clock.monotonic()

    clock.sleep(30)

    assert (clock.monotonic() - before, clock.pauses) == (30, [30])


def test_a_port_is_none_that_connections_or_sandboxes_or_other_workers_are_given(monkeypatch):
    seen: dict[str, set[int]] = {}
    for worker in ("gw0", "gw1"):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        seen[worker] = {free_port() for _ in range(50)}

    assert seen["gw0"].isdisjoint(seen["gw1"])
    assert max(seen["gw1"]) < min(ports.choose([f"p{n}" for n in range(50)]).values())


@pytest.mark.parametrize(
    ("test", "lane"),
    [
        ("cluster/test_growth.py::test_one", "dev"), ("cluster/test_faults.py::test_one", "prod-eu"),
        ("cluster/test_delivery.py::test_one[prod-eu]", "prod-eu"), ("cluster/test_delivery.py::test_one[dev]", "dev"),
        ("cluster/test_secrets.py::test_one", "bare"), ("cluster/test_demo.py::test_one", "tests/cluster/test_demo.py"),
        ("unit/test_harness.py::test_one[dev]", "tests/unit/test_harness.py"),
    ],
)  # fmt: skip
def test_what_shares_a_sandbox_is_one_lane_and_else_a_file_is(test: str, lane: str):
    assert lanes.lane(f"tests/{test}") == lane


def test_the_map_names_every_module_and_nothing_else():
    text = (TESTS / "README.md").read_text().partition("## The harness")[2].partition("## Add")[0]
    rows = "".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))

    modules = {path.stem for path in (TESTS / "harness").glob("*.py")} - {"__init__"}
    assert set(re.findall(r"`(\w+)`", rows)) == modules

"""How a run is shared out to workers: what shares something dear stays on one of them, and what waits most begins first.

A lane is what one worker does one after the other. Tests that share a sandbox are one, so that it is brought up once; else a
file is one, whose fixtures are made once.
"""

from collections.abc import Iterable

import pytest
from xdist.scheduler import LoadGroupScheduling

KINDS = ("cluster", "e2e", "manifests", "integration", "unit")
"""The folders in the order of their longest lanes: with the short ones left for the end all workers end together."""
BETWEEN = 4
"""Other lanes before one more sandbox begins: they would all come up at once, and fill the machine."""
SHARED = {"dev": "dev", "disturbed": "prod-eu", "bare": "bare"}
"""The fixtures that lend a sandbox to many files, and the lanes of these, the longest first."""
ENVIRONMENTS = {"delivered": "{}", "env": "nodes of {}"}
"""The fixtures of one file that are made for one environment after the other, and their sandboxes."""


def kind(item: pytest.Item) -> str:
    """Return the folder of tests/ that a test lies in."""
    return item.path.relative_to(item.config.rootpath / "tests").parts[0]


def sandbox(item: pytest.Item) -> str:
    """Return the sandbox that a test shares with others, empty for none."""
    names: list[str] = getattr(item, "fixturenames", [])
    params: dict[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    lent = [lane for name, lane in SHARED.items() if name in names]
    lent += [lane.format(params[name]) for name, lane in ENVIRONMENTS.items() if name in params]
    return lent[0] if kind(item) == "cluster" and lent else ""


def lane(item: pytest.Item) -> str:
    """Return what a test is run together with."""
    return sandbox(item) or item.nodeid.partition("::")[0]


def begins(item: pytest.Item) -> tuple[int, int]:
    """Return when a test's lane begins among all: the smaller, the earlier."""
    return KINDS.index(kind(item)), [*SHARED.values(), lane(item)].index(lane(item))


def shared_out(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return tests in the order in which their lanes begin: two sandboxes at first, another one after some other lanes."""
    lanes: dict[str, list[pytest.Item]] = {}
    for item in sorted(items, key=begins):
        lanes.setdefault(lane(item), []).append(item)
    boxes = [tests for tests in lanes.values() if kind(tests[0]) == "cluster"]
    others = [tests for tests in lanes.values() if kind(tests[0]) != "cluster"]
    order, boxes = boxes[:2], boxes[2:]
    for start in range(0, max(len(others), len(boxes) * BETWEEN), BETWEEN):
        order += [*others[start : start + BETWEEN], *boxes[start // BETWEEN :][:1]]
    return [test for tests in order for test in tests]


class Lanes(LoadGroupScheduling):
    """Hand out lane by lane, in the order in which the tests stand."""

    def _split_scope(self, nodeid: str) -> str:
        lane = super()._split_scope(nodeid)
        return lane if lane != nodeid else nodeid.partition("::")[0]

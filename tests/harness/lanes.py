"""How a run is shared out to workers: what shares something dear stays on one of them, and what waits most begins first.

A lane is what one worker does one after the other. Files that share a sandbox are one, so that it is brought up once; else a
file is one, whose fixtures are made once. All of it is told from where a test stands and what its file asks for: workers name
tests to who shares them out, and no more. (The groups of pytest-xdist 3.8 have no effect with pytest 9.2.)
"""

import ast
import re
from collections.abc import Iterable
from functools import cache

import pytest
from xdist.scheduler import LoadScopeScheduling

from harness import ROOT

KINDS = ("cluster", "e2e", "manifests", "integration", "unit")
"""The folders in the order of their longest lanes: with the short ones left for the end all workers end together."""
SHARED = {"dev": "dev", "disturbed": "prod-eu", "bare": "bare"}
"""The fixtures that lend a sandbox to many files, and the lanes of these, the longest first."""
BY_PARAMETER = "kept"
"""What a file asks for that lends itself the sandboxes of several lanes: the parameter of a test is the lane."""
BETWEEN = 4
"""Other lanes before one more sandbox begins: they would all come up at once, and fill the machine."""


def kind(nodeid: str) -> str:
    """Return the folder of tests/ that a test lies in."""
    return nodeid.split("/")[1]


@cache
def _asked(file: str) -> frozenset[str]:
    """Return what the functions of a file ask for."""
    functions = [node for node in ast.walk(ast.parse((ROOT / file).read_bytes())) if isinstance(node, ast.FunctionDef)]
    return frozenset(argument.arg for function in functions for argument in function.args.args)


def sandbox(nodeid: str) -> str:
    """Return the lane of the sandbox that a test shares with others, empty for none."""
    if kind(nodeid) != "cluster":
        return ""
    asked = _asked(nodeid.partition("::")[0])
    if BY_PARAMETER in asked:
        return "".join(re.findall(r"\[([\w-]+)\]$", nodeid))
    return next((lane for fixture, lane in SHARED.items() if fixture in asked), "")


def lane(nodeid: str) -> str:
    """Return what a test is run together with."""
    return sandbox(nodeid) or nodeid.partition("::")[0]


def _begins(item: pytest.Item) -> tuple[int, int]:
    mine = lane(item.nodeid)
    return KINDS.index(kind(item.nodeid)), [*SHARED.values(), mine].index(mine)


def shared_out(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return tests in the order in which their lanes begin: two sandboxes at first, another one after some other lanes."""
    lanes: dict[str, list[pytest.Item]] = {}
    for item in sorted(items, key=_begins):
        lanes.setdefault(lane(item.nodeid), []).append(item)
    boxes = [tests for tests in lanes.values() if kind(tests[0].nodeid) == "cluster"]
    others = [tests for tests in lanes.values() if kind(tests[0].nodeid) != "cluster"]
    order, boxes = boxes[:2], boxes[2:]
    for start in range(0, max(len(others), len(boxes) * BETWEEN), BETWEEN):
        order += [*others[start : start + BETWEEN], *boxes[start // BETWEEN :][:1]]
    return [test for tests in order for test in tests]


class Lanes(LoadScopeScheduling):
    """Hand out lane by lane, in the order in which the tests stand."""

    def _split_scope(self, nodeid: str) -> str:
        return lane(nodeid)

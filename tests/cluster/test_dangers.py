"""What the danger gate says of a change, and what a real API server says when the change is applied over what runs."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from bos_tools.errors import CommandFailed
from bos_tools.impact.judge import changed
from bos_tools.impact.setting import Setting, Side, side
from bos_tools.render.objects import identified
from bos_tools.sandbox import Sandbox
from harness.dangers import CLASSES, ROWS
from harness.kinds import NAMESPACE, Data
from harness.waiting import eventually

SPACE: Data = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
HERE: Side = side([], [identified(one) for one in CLASSES], [])
PLAYED = [(number, row) for number, row in enumerate(ROWS) if row.played]


def own(one: Data, number: int) -> Data:
    """Return an object under a name of its own; a definition's name says what it defines."""
    if one["kind"] == "CustomResourceDefinition":
        return one
    return {**one, "metadata": {**one["metadata"], "name": f"{one['metadata']['name']}-{number}"}}


def put(box: Sandbox, documents: list[Data], *words: str) -> None:
    text = yaml.safe_dump_all(documents).encode()
    box.box.ask("apply", "--server-side", "--force-conflicts", *words, "-f", "-", stdin=text)


@pytest.fixture(scope="module")
def running(bare: Sandbox, read: Any) -> Iterator[Sandbox]:
    """Lend a sandbox in which the objects of all rows are as they were before their change."""
    put(bare, [SPACE, *CLASSES])
    put(bare, [own(row.old, number) for number, row in PLAYED])

    def phases() -> set[str]:
        return {claim["status"].get("phase") for claim in read(bare, "pvc", "-n", NAMESPACE)["items"]}

    eventually(lambda: phases() == {"Bound"}, "all claims are bound")
    yield bare
    bare.box.ask("delete", "namespace", NAMESPACE, "--wait=false")


def test_nothing_called_safe_is_refused_and_nothing_called_refused_is_accepted(running: Sandbox) -> None:
    wrong = []
    for number, row in PLAYED:
        old, new = own(row.old, number), own(row.new, number)
        said = changed(identified(old), identified(new), Setting(HERE, HERE)).danger
        try:
            put(running, [new], "--dry-run=server")
            answer = "accepted"
        except CommandFailed as error:
            answer = "refused"
            assert "Invalid" in error.stderr or "invalid" in error.stderr or "forbidden" in error.stderr, error.stderr
        if (said == "refused") != (answer == "refused"):
            wrong.append(f"{row.name}: called {said}, and {answer}")

    assert len(PLAYED) >= 60
    assert wrong == []

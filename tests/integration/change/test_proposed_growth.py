"""A growth over an open proposal of another one: what is proposed has not happened, in the cluster or in the budget."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bos_tools.change.pipeline import Outcome
from bos_tools.errors import Refused
from bos_tools.intents.grow import Grow, Wish
from bos_tools.storage.preflight import Look
from harness.proposals import Place, proposed
from harness.volumes import GIB, contents, live

SIZE = "overlays/dev/web/web-data.yaml"
GROWTH = """\
growth:
  threshold: 80
  leadTime: 7d
  horizon: 30d
  targetFill: 70
  classes:
    disk:
      step: 2Gi
      budget:
        count: 1
        hours: 24
"""


@pytest.fixture
def place(tmp_path, forge_token) -> Place:
    made = contents()
    made["overlays/dev/environment.yaml"] = GROWTH
    return Place(tmp_path, "gitea", {path: text.encode() for path, text in made.items()})


def grow(place: Place, size: str, meant: int) -> Outcome:
    """Propose a size of a claim that has 5Gi, idle, in the cluster; `meant` is that of its dry run."""
    look = Look(Decimal(meant * GIB), (live(),), (), datetime.now(UTC))
    return place.propose(Grow("dev", "web-data", Wish.read(size), look=look))


def test_a_larger_size_edits_the_open_proposal(place):
    grow(place, "6Gi", 6)

    done = grow(place, "7Gi", 7)

    assert (proposed(done).number, proposed(done).action) == (1, "updated")
    assert "storage: 7Gi" in place.file(proposed(done).branch, SIZE)


def test_a_relative_size_means_that_of_what_has_landed(place):
    first = grow(place, "+1Gi", 6)

    assert proposed(grow(place, "+1Gi", 6)).action == "unchanged"
    assert "storage: 6Gi" in place.file(proposed(first).branch, SIZE)


def test_a_smaller_size_than_the_proposed_one_is_refused_with_its_number(place):
    grow(place, "7Gi", 7)

    with pytest.raises(Refused) as refused:
        grow(place, "6Gi", 6)

    assert refused.value.message == "web-data is to have 7Gi, and not 6Gi, as pull request #1 proposes"
    assert "close " in refused.value.hint
    assert "runbook" not in refused.value.hint


def test_the_step_counts_from_what_has_landed(place):
    grow(place, "7Gi", 7)

    with pytest.raises(Refused, match="grows by 2Gi at most, not by 3Gi"):
        grow(place, "8Gi", 8)

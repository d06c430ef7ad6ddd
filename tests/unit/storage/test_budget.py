"""How often a volume may grow, and the rules of growth in environment.yaml."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bos_tools.doors.files import WorkTree
from bos_tools.errors import RepositoryError
from bos_tools.storage.budget import Grown, refusal, room
from bos_tools.storage.growth import ClassLimits, growth
from bos_tools.storage.named import find
from bos_tools.tree.layout import Tree
from harness.repositories import files, write

AT = datetime(2026, 1, 10, 12, tzinfo=UTC)
FOUR = ClassLimits(2**30, 4, 24)
GROWTH = """\
growth:
  threshold: 80
  leadTime: 7d
  horizon: 30d
  targetFill: 70
  classes:
    block:
      step: 50Gi
      budget:
        count: 4
        hours: 24
"""


def grown(*hours_ago: float, volume: str = "a") -> list[Grown]:
    return [Grown(volume, "1Gi", "2Gi", AT - timedelta(hours=hours), "0" * 40) for hours in hours_ago]


def test_a_volume_that_never_grew_is_free():
    assert room([], "a", FOUR, AT).said == "0 of 4 growths in 24 h are used"


def test_the_fourth_growth_is_in_budget_and_the_fifth_waits_for_the_first_to_leave_the_window():
    assert room(grown(20, 10, 5), "a", FOUR, AT).is_free

    full = room(grown(20, 10, 5, 1), "a", FOUR, AT)

    assert not full.is_free
    assert full.free_at == AT + timedelta(hours=4)
    assert full.said == "4 of 4 growths in 24 h are used; the next is in budget at 2026-01-10 16:00 UTC"


def test_a_growth_of_exactly_one_window_ago_is_out_of_it():
    assert room(grown(24, 10, 5, 1), "a", FOUR, AT).used == 3


def test_other_volumes_and_later_growths_do_not_count():
    assert room([*grown(1, 2, 3, 4, volume="b"), *grown(-1)], "a", FOUR, AT).used == 0


@given(st.lists(st.floats(0, 100), max_size=12), st.integers(1, 5), st.integers(1, 48))
def test_the_budget_is_free_when_it_says_so_and_not_a_moment_before(hours_ago, count, hours):
    limits = ClassLimits(2**30, count, hours)
    found = room(grown(*hours_ago), "a", limits, AT)

    if found.free_at is not None:
        assert found.free_at > AT
        assert room(grown(*hours_ago), "a", limits, found.free_at).is_free
        assert not room(grown(*hours_ago), "a", limits, found.free_at - timedelta(seconds=1)).is_free


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return write(tmp_path, files(["web"], ["dev"]))


def volume(work: Path):
    write(work, {
        "base/web/pvc.yaml": "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\nspec:\n"
        "  storageClassName: block\n  resources:\n    requests:\n      storage: 20Gi\n",
        "base/web/kustomization.yaml": "resources:\n- deployment.yaml\n- pvc.yaml\n",
    })  # fmt: skip
    return find(Tree(WorkTree(work)), "dev", "data")


@pytest.mark.parametrize(
    ("hours_ago", "to", "beyond", "said"),
    [
        ((1, 2, 3), 70, False, None),
        ((1, 2, 3, 4), 21, True, "data has grown too often: 4 of 4 growths in 24 h are used"),
        ((), 71, False, "data grows by 50Gi at most, not by 51Gi"),
        ((), 71, True, None),
    ],
)
def test_a_growth_by_hand_is_held_by_the_budget_and_the_step(work, hours_ago, to, beyond, said):
    rules = read(work, GROWTH)
    told = grown(*hours_ago, volume="dev/web/data")

    refused = refusal(rules, told, volume(work), Decimal((to - 20) * 2**30), AT, beyond_step=beyond)

    assert (refused is None) == (said is None)
    assert refused is None or refused.message.startswith(str(said))


def read(work: Path, text: str):
    write(work, {"overlays/dev/environment.yaml": text})
    return growth(Tree(WorkTree(work)), "dev")


def test_the_rules_of_growth_are_read(work):
    found = read(work, GROWTH)

    assert (found.threshold, found.lead_time, found.horizon, found.target_fill) == (0.8, 7, 30, 0.7)
    assert found.of("block") == ClassLimits(50 * 2**30, 4, 24)


def test_an_environment_without_rules_of_growth_is_refused(work):
    with pytest.raises(RepositoryError, match="dev does not say when a claim grows") as refused:
        read(work, "namespace: buildingos\n")

    assert (refused.value.reason, refused.value.path) == ("no-growth", "overlays/dev/environment.yaml")


def test_a_class_without_limits_is_refused(work):
    with pytest.raises(RepositoryError, match="no limits for this StorageClass: shared"):
        read(work, GROWTH).of("shared")

"""One claim's verdict, where nothing but the evidence differs."""

from datetime import UTC, datetime

import pytest

from bos_tools.storage.budget import Room
from bos_tools.storage.growth import ClassLimits, Growth
from bos_tools.storage.recommend import Evidence, Holds, Recommendation, Subject, Verdict, gib, recommend, worst

GIB = 2**30
AT = 1_768_046_400.0
LIMITS = ClassLimits(50 * GIB, 4, 24)
RULES = Growth(0.8, 7, 30, 0.7, {"block": LIMITS}, "overlays/dev/environment.yaml")
FREE = Room(0, LIMITS, None)
FULL = Room(4, LIMITS, datetime(2026, 1, 11, tzinfo=UTC))


def always(value: float) -> tuple[tuple[float, float], ...]:
    return tuple((AT - age * 900.0, value) for age in range(8 * 96, -1, -1))


def seen(full: float, of: float = 20, /, **other) -> Evidence:
    series = {
        "used": always(full * GIB), "capacity": always(of * GIB), "available": always((of - full) * GIB),
        "inodes": always(1000), "inodes_used": always(100),
    }  # fmt: skip
    return Evidence(**{**series, **other})


def judged(
    evidence: Evidence, *, size: float = 20, top: int | None = None, room: Room = FREE, holds=None
) -> Recommendation:
    return recommend(Subject("postgres", "data", int(size * GIB), "block", top), evidence, RULES, room, AT, holds)


def test_what_is_measured_and_does_not_grow_is_fine():
    assert (judged(seen(5)).verdict, judged(seen(5)).target) == (Verdict.fine, None)


@pytest.mark.parametrize("missing", ["used", "capacity", "available", "inodes", "inodes_used"])
def test_whatever_series_is_missing_the_claim_is_not_fine(missing):
    one = judged(seen(5, **{missing: ()}))

    assert one.verdict is Verdict.unknown
    assert any("no series" in reason for reason in one.reasons)


def test_a_full_claim_without_inodes_is_due_all_the_same():
    assert judged(seen(19, inodes=())).verdict is Verdict.due


def test_inodes_run_out_where_the_space_is_not_known():
    one = judged(seen(5, used=(), inodes_used=always(900)))

    assert (one.verdict, one.target) == (Verdict.due, 26 * GIB)  # 20 · 0.9 / 0.7 is 25.7


def test_what_holds_the_wal_is_said_even_where_no_growth_is_due():
    holds = Holds(["slot a has held 3Gi"])

    assert (judged(seen(5), holds=holds).verdict, judged(seen(5), holds=holds).blocked_by) == (Verdict.fine, ())
    assert "slot a has held 3Gi" in judged(seen(5), holds=holds).reasons
    assert judged(seen(19), holds=holds).blocked_by == ("held-wal",)


def test_a_database_without_an_exporter_may_grow_and_the_doubt_is_said():
    one = judged(seen(19), holds=Holds(is_known=False))

    assert one.verdict is Verdict.due
    assert "whether an archiver or a replication slot is stuck is unknown: no series" in one.reasons


def test_every_hindrance_is_named_at_once():
    one = judged(seen(17, 17.5), top=20 * GIB, room=FULL, holds=Holds(["slot a"]))

    assert one.blocked_by == ("held-wal", "range", "budget", "in-flight")
    assert (one.verdict, one.target) == (Verdict.blocked, None)
    assert "4 of 4 growths in 24 h are used; the next is in budget at 2026-01-11 00:00 UTC" in one.reasons


def test_a_size_of_no_whole_gib_grows_to_one():
    assert judged(seen(0.45, 0.5), size=0.5).target == GIB


def test_a_file_system_that_is_a_little_smaller_than_its_claim_is_no_growth_on_its_way():
    assert judged(seen(17, 18.2)).verdict is Verdict.due


def test_the_most_urgent_of_several_claims_speaks_for_the_volume():
    each = [judged(seen(5)), judged(seen(5, used=())), judged(seen(19)), judged(seen(20))]

    assert worst(each[:1]).verdict is Verdict.fine
    assert worst(each[:2]).verdict is Verdict.unknown
    assert worst(each) is each[3]


@pytest.mark.parametrize(("size", "said"), [(3 * GIB, "3Gi"), (1.234 * GIB, "1.23Gi"), (2**20, "0.001Gi"), (0, "0Gi")])
def test_sizes_are_shown_in_gib(size, said):
    assert gib(size) == said

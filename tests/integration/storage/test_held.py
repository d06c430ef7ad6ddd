"""What holds a database's WAL, by the series of CloudNativePG and of postgres_exporter, on a real Prometheus."""

import pytest

from bos_tools.doors.prometheus import Prometheus
from bos_tools.storage.usage import held
from harness.prometheus import GIB, HOUR, Value, prometheus, samples

NOW = 1_768_046_400
SLOT = {"slot_name": "left_behind", "slot_type": "logical"}
FAILED, ARCHIVED = "pg_stat_archiver_failed_count", "pg_stat_archiver_archived_count"


def every(value: float) -> Value:
    return lambda age: value


def rising(by_hour: float) -> Value:
    return lambda age: 1000 - by_hour * age / HOUR


def failed_since(age_of_failure: float) -> Value:
    """The time of the last failure of an archiver that tries again every minute."""
    return lambda age: NOW - age if age <= age_of_failure else -1


CASES: dict[str, tuple[list[tuple[str, dict[str, str], Value]], str]] = {
    "cnpg-slot": (
        [("cnpg_pg_replication_slots_pg_wal_lsn_diff", SLOT, every(3 * GIB))],
        "replication slot left_behind has held 3.0Gi of WAL for an hour or more",
    ),
    "exporter-slot": (
        [("pg_replication_slots_pg_wal_lsn_diff", SLOT, every(3 * GIB))],
        "replication slot left_behind has held 3.0Gi of WAL for an hour or more",
    ),
    "exporter-extended": (
        [("pg_replication_slot_wal_status", {**SLOT, "wal_status": "extended"}, every(1))],
        "replication slot left_behind has held more WAL than max_wal_size for an hour or more",
    ),
    "cnpg-archiver": (
        [
            ("cnpg_pg_stat_archiver_last_failed_time", {}, failed_since(2 * HOUR)),
            ("cnpg_pg_stat_archiver_last_archived_time", {}, every(NOW - 3 * HOUR)),
        ],
        "the WAL archiver has failed for an hour or more",
    ),
    "exporter-archiver": (
        [(FAILED, {}, rising(60)), (ARCHIVED, {}, every(7))],
        "the WAL archiver fails and has archived nothing for an hour or more",
    ),
    "cnpg-waiting": (
        [("cnpg_collector_pg_wal_archive_status", {"value": "ready"}, every(100))],
        "100 segments of WAL have waited for the archiver for an hour or more",
    ),
    "slot-that-follows": ([("cnpg_pg_replication_slots_pg_wal_lsn_diff", SLOT, every(0.2 * GIB))], ""),
    "slot-after-a-burst": (
        [("cnpg_pg_replication_slots_pg_wal_lsn_diff", SLOT, lambda age: 5 * GIB if age < 600 else 0)],
        "",
    ),
    "archiver-that-came-back": (
        [
            ("cnpg_pg_stat_archiver_last_failed_time", {}, every(NOW - 2 * HOUR)),
            ("cnpg_pg_stat_archiver_last_archived_time", {}, lambda age: NOW - age if age < HOUR / 2 else -1),
        ],
        "",
    ),
    "archiver-that-stumbles": ([(FAILED, {}, rising(3)), (ARCHIVED, {}, rising(30))], ""),
    "archiver-without-work": ([(FAILED, {}, every(4)), (ARCHIVED, {}, every(7))], ""),
    "slot-of-now": ([("pg_replication_slot_slot_is_active", SLOT, every(1))], ""),
}


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    series = [
        {name: list(samples(name, {"namespace": case, "pod": "postgres-1", **labels}, value, NOW, range(3 * HOUR, -1, -60)))}
        for case, (measured, _) in CASES.items()
        for name, labels, value in measured
    ]  # fmt: skip
    with prometheus(tmp_path_factory.mktemp("prometheus"), series) as url, Prometheus(url) as client:
        yield client


@pytest.mark.parametrize("case", CASES)
def test_what_holds_wal_is_said_and_what_does_not_is_not(metrics, case):
    said = held(metrics, case, NOW)

    assert said.reasons == ([CASES[case][1]] if CASES[case][1] else [])
    assert said.is_known


def test_without_any_series_nothing_is_known(metrics):
    said = held(metrics, "elsewhere", NOW)

    assert (said.reasons, said.is_known) == ([], False)


def test_an_earlier_moment_is_judged_by_what_was_then(metrics):
    assert held(metrics, "cnpg-archiver", NOW - 1.5 * HOUR).reasons == []

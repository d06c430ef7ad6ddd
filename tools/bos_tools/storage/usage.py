"""The questions about volumes: how full they were, and what keeps a database from letting go of its WAL."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bos_tools.storage.forecast import Point
from bos_tools.storage.ports import Metrics

BIN = 15 * 60.0
"""Seconds of one point; within it the fullest moment counts, so that a short peak is not missed."""
HISTORY = 8 * 86400.0
"""Seconds: the week of the long slope, and the day before it that its first envelope needs."""
KUBELET = {
    "used": "max by (persistentvolumeclaim) (max_over_time(kubelet_volume_stats_used_bytes{where}))",
    "capacity": "min by (persistentvolumeclaim) (last_over_time(kubelet_volume_stats_capacity_bytes{where}))",
    "available": "min by (persistentvolumeclaim) (min_over_time(kubelet_volume_stats_available_bytes{where}))",
    "inodes": "min by (persistentvolumeclaim) (last_over_time(kubelet_volume_stats_inodes{where}))",
    "inodes_used": "max by (persistentvolumeclaim) (max_over_time(kubelet_volume_stats_inodes_used{where}))",
}
"""A volume that several nodes mount is reported by each kubelet: the fullest report counts."""
HELD = 2**30
"""Bytes of WAL from which on something holds it: the smallest growth of a claim, which it would eat."""
SEGMENT = 16 * 2**20
"""Bytes of one WAL segment, unless the database was made with another size (initdb --wal-segsize)."""
SLOTS = (
    "max by (slot_name) (min_over_time(cnpg_pg_replication_slots_pg_wal_lsn_diff{{{where}}}[1h])"
    " or min_over_time(pg_replication_slots_pg_wal_lsn_diff{{{where}}}[1h]))"
)
"""Bytes that a slot held at every moment of the last hour: CloudNativePG's name, and postgres_exporter's."""
EXTENDED = (
    "count by (slot_name) (min_over_time(pg_replication_slot_wal_status"
    '{{{where},wal_status=~"extended|unreserved"}}[1h]) == 1)'
)
"""postgres_exporter's collector: a slot that held more than max_wal_size for the last hour."""
FAILING = (
    "max(min_over_time((cnpg_pg_stat_archiver_last_failed_time{{{where}}}"
    " - cnpg_pg_stat_archiver_last_archived_time{{{where}}})[1h:5m]))"
)
"""Above 0 where the latest attempt had failed at every moment of the last hour (CloudNativePG)."""
WAITING = 'max(min_over_time(cnpg_collector_pg_wal_archive_status{{{where},value="ready"}}[1h]))'
STALLED = (
    "max(increase(pg_stat_archiver_failed_count{{{where}}}[1h])"
    " and increase(pg_stat_archiver_archived_count{{{where}}}[1h]) == 0)"
)
"""postgres_exporter: failures within the hour in which nothing was archived."""


@dataclass
class Held:
    """What keeps a database's WAL: one sentence each; and whether there was anything to read."""

    reasons: list[str] = field(default_factory=list)
    is_known: bool = False


def filled(prometheus: Metrics, namespace: str, at: float) -> dict[str, dict[str, tuple[Point, ...]]]:
    """Return, for every claim of a namespace that has any series, its points by the names of KUBELET."""
    found: dict[str, dict[str, tuple[Point, ...]]] = {}
    for name, query in KUBELET.items():
        asked = query.format(where=f"{{{prometheus.where(namespace)}}}[{BIN:.0f}s]")
        for series in prometheus.range(asked, at - HISTORY, at, BIN):
            found.setdefault(series.labels.get("persistentvolumeclaim", ""), {})[name] = series.points
    return found


def latest(prometheus: Metrics, namespace: str, at: float) -> dict[str, dict[str, float]]:
    """Return, for every claim of a namespace that has any series, its bytes at a moment: used, capacity, available."""
    found: dict[str, dict[str, float]] = {}
    for name in ("used", "capacity", "available"):
        asked = KUBELET[name].format(where=f"{{{prometheus.where(namespace)}}}[{BIN:.0f}s]")
        for series in prometheus.instant(asked, at):
            for _, value in series.points:
                found.setdefault(series.labels.get("persistentvolumeclaim", ""), {})[name] = value
    return found


def held(prometheus: Metrics, namespace: str, at: float) -> Held:
    """Return what kept a namespace's PostgreSQL from letting go of its WAL at a moment.

    A growth would only hide it (decision 14). The names are those of CloudNativePG's default
    monitoring and of postgres_exporter.
    """
    said = Held()
    slots = _by_slot(prometheus, SLOTS, namespace, at)
    extended = _by_slot(prometheus, EXTENDED, namespace, at)
    failing = _one(prometheus, FAILING, namespace, at)
    waiting = _one(prometheus, WAITING, namespace, at)
    stalled = _one(prometheus, STALLED, namespace, at)
    for slot, kept in sorted(slots.items()):
        if kept > HELD:
            said.reasons.append(f"replication slot {slot} has held {kept / 2**30:.1f}Gi of WAL for an hour or more")
    said.reasons += [f"replication slot {slot} has held more WAL than max_wal_size for an hour or more"
                     for slot in sorted(extended) if slots.get(slot, 0) <= HELD]  # fmt: skip
    if failing is not None and failing > 0:
        said.reasons.append("the WAL archiver has failed for an hour or more")
    elif stalled is not None and stalled > 0:
        said.reasons.append("the WAL archiver fails and has archived nothing for an hour or more")
    if waiting is not None and waiting * SEGMENT > HELD:
        said.reasons.append(f"{waiting:.0f} segments of WAL have waited for the archiver for an hour or more")
    said.is_known = (
        bool(slots or extended) or not {failing, waiting} <= {None} or _is_exported(prometheus, namespace, at)
    )
    return said


def _is_exported(prometheus: Metrics, namespace: str, at: float) -> bool:
    query = "count(pg_stat_archiver_failed_count{{{where}}} or pg_replication_slot_slot_is_active{{{where}}})"
    return _one(prometheus, query, namespace, at) is not None


def _one(prometheus: Metrics, query: str, namespace: str, at: float) -> float | None:
    points = [
        p for series in prometheus.instant(query.format(where=prometheus.where(namespace)), at) for p in series.points
    ]
    return points[0][1] if points else None


def _by_slot(prometheus: Metrics, query: str, namespace: str, at: float) -> Mapping[str, float]:
    found = prometheus.instant(query.format(where=prometheus.where(namespace)), at)
    return {s.labels.get("slot_name", "?"): s.points[0][1] for s in found if s.points}

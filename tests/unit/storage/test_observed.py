"""What a cluster says of a volume's claims, and what stays unknown where the account may not ask."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bos_tools.errors import MayNot
from bos_tools.storage.live import Stage, stage
from bos_tools.storage.observed import Claims
from bos_tools.storage.ports import Data
from bos_tools.storage.volumes import CLAIM, DATABASE, SET, Said, Size, Volume
from bos_tools.tree.identity import Object
from bos_tools.tree.layout import Unit
from harness.volumes import GIB

SPACE = "buildingos"
AT = datetime(2026, 1, 10, 12, tzinfo=UTC)


@dataclass
class Told:
    """A cluster that answers with what it was given, and refuses what the account may not ask."""

    objects: dict[str, list[Data]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    def _ask(self, what: str) -> list[Data]:
        if what in self.hidden:
            raise MayNot(f"bot may not ask the cluster to list {what}", f"list on {what}")
        return self.objects.get(what, [])

    def claims(self, namespace: str) -> Sequence[Data]:
        return self._ask("claims")

    def pods(self, namespace: str) -> Sequence[Data]:
        return self._ask("pods")

    def snapshots(self, namespace: str) -> Sequence[Data]:
        return self._ask("snapshots")

    def backups(self, namespace: str) -> Sequence[Data]:
        return self._ask("backups")

    def quotas(self, namespace: str) -> Sequence[Data]:
        return self._ask("quotas")

    def database(self, name: str, namespace: str) -> Data | None:
        return next(iter(self._ask("databases")), None)

    def storage_class(self, name: str) -> Data | None:
        return next(iter(self._ask("classes")), None)

    def applications(self, namespace: str) -> Sequence[Data]:
        return self._ask("applications")

    def refusal(self, claim: str, namespace: str, patch: Data) -> str:
        self._ask("patches")
        return ""


def claim(name: str, size: str = "5Gi", **meta: Any) -> Data:
    return {
        "metadata": {"name": name, **meta},
        "spec": {"storageClassName": "disk", "resources": {"requests": {"storage": size}}},
        "status": {"phase": "Bound", "capacity": {"storage": size}},
    }


def volume(kind: str = CLAIM, *names: str, part: str = "storage") -> Volume:
    said = Said("x.yaml", 1, (), "5Gi", is_inline=False)
    at = ("spec", part, "size") if kind == DATABASE else ("spec",)
    sizes = tuple(
        Size(Object(DATABASE if kind == DATABASE else CLAIM, "", SPACE, name, {}), at, said) for name in names or ["a"]
    )
    return Volume(Unit("prod", "web"), "a", kind, "pg" if kind == DATABASE else "a", SPACE, "disk", sizes)


def owned(kind: str) -> dict[str, Any]:
    return {"ownerReferences": [{"kind": kind, "name": "other", "controller": True}]}


def tracked(application: str) -> dict[str, Any]:
    return {"annotations": {"argocd.argoproj.io/tracking-id": f"{application}:/PersistentVolumeClaim:{SPACE}/a"}}


@pytest.mark.parametrize(
    ("kind", "meta", "foreign"),
    [
        (CLAIM, {}, ""),
        (CLAIM, tracked("prod-web"), ""),
        (CLAIM, tracked("stage-web"), "Application stage-web"),
        (CLAIM, owned("Elasticsearch"), "Elasticsearch other"),
        (CLAIM, owned("StatefulSet"), "StatefulSet other"),
        (SET, owned("StatefulSet"), ""),
        (SET, owned("Pod"), ""),
        (SET, owned("Cluster"), "Cluster other"),
        (CLAIM, {"ownerReferences": [{"kind": "ConfigMap", "name": "x"}]}, ""),
    ],
)
def test_a_claim_of_another_owner_is_told(kind, meta, foreign):
    [found] = Claims(Told({"claims": [claim("a", **meta)]}), SPACE, lambda unit: f"{unit.env}-{unit.service}").of(
        volume(kind)
    )

    assert found.foreign == foreign
    assert stage(found, Decimal(5 * GIB)) is (Stage.foreign if foreign else Stage.done)


def test_whose_application_syncs_a_claim_is_no_matter_where_git_names_none():
    [found] = Claims(Told({"claims": [claim("a", **tracked("anything"))]}), SPACE).of(volume())

    assert found.foreign == ""


def test_a_claim_that_is_being_deleted_is_never_done():
    [found] = Claims(Told({"claims": [claim("a", deletionTimestamp="2026-01-10T12:00:00Z")]}), SPACE).of(volume())

    assert stage(found, Decimal(5 * GIB)) is Stage.deleting


def test_the_wal_of_a_database_is_a_volume_of_its_own():
    labels = [{"cnpg.io/cluster": "pg", "cnpg.io/pvcRole": role} for role in ("PG_DATA", "PG_WAL", "PG_TABLESPACE")]
    told = Told({"claims": [claim(f"pg-{n}", labels=each) for n, each in enumerate(labels)]})

    named = {
        part: [one.name for one in Claims(told, SPACE).of(volume(DATABASE, "pg", part=part))]
        for part in ("storage", "walStorage")
    }

    assert named == {"storage": ["pg-0"], "walStorage": ["pg-1"]}


def backup(phase: str, stopped: str | None, cluster: str = "pg") -> Data:
    return {"spec": {"cluster": {"name": cluster}}, "status": {"phase": phase, "stoppedAt": stopped}}


def test_the_newest_backup_that_a_databases_operator_completed_counts():
    told = Told({
        "backups": [
            backup("completed", "2026-01-09T02:00:00Z"),
            backup("completed", "2026-01-10T02:00:00Z"),
            backup("failed", "2026-01-10T03:00:00Z"),
            backup("completed", "2026-01-10T04:00:00Z", "another"),
            backup("completed", None),
            {},
        ]
    })  # fmt: skip

    assert Claims(told, SPACE).backup(volume(DATABASE, "pg")) == datetime(2026, 1, 10, 2, tzinfo=UTC)
    assert Claims(told, SPACE).backup(volume()) is None


def quota(hard: dict[str, str], used: dict[str, str], **spec: Any) -> Data:
    return {"metadata": {"name": "q"}, "spec": spec, "status": {"hard": hard, "used": used}}


OF_DISK = "disk.storageclass.storage.k8s.io/requests.storage"


@pytest.mark.parametrize(
    ("hard", "used", "spec", "left"),
    [
        ({"requests.storage": "20Gi"}, {"requests.storage": "15Gi"}, {}, {"requests.storage": 5}),
        ({"requests.storage": "10Gi"}, {"requests.storage": "15Gi"}, {}, {"requests.storage": -5}),
        ({OF_DISK: "20Gi", "pods": "3"}, {OF_DISK: "18Gi"}, {}, {OF_DISK: 2}),
        ({"requests.storage": "20Gi"}, {}, {"scopes": ["BestEffort"]}, {}),
        ({"requests.storage": "many"}, {}, {}, {}),
    ],
)
def test_what_a_quota_leaves_for_claims_is_read(hard, used, spec, left):
    found = Claims(Told({"quotas": [quota(hard, used, **spec)]}), SPACE).quotas()

    assert {one.resource: int(one.left / GIB) for one in found} == left


def test_a_quota_counts_all_claims_of_a_growth_and_those_of_its_class_alone():
    told = Told({
        "claims": [claim("a"), claim("b", "7Gi"), claim("c", "9Gi")],
        "quotas": [quota({"requests.storage": "30Gi", OF_DISK: "30Gi", f"x{OF_DISK}": "1"}, {})],
    })  # fmt: skip
    claims = Claims(told, SPACE)
    found = claims.of(volume(SET, "a", "b", "c"))

    asked = {one.resource: int(one.asks(found, Decimal(8 * GIB)) / GIB) for one in claims.quotas()}

    assert asked == {"requests.storage": 4, OF_DISK: 4, f"x{OF_DISK}": 0}


HIDDEN = {
    "pods": "which pods use a claim",
    "snapshots": "its snapshots",
    "quotas": "what quotas leave",
    "classes": "whether class disk can grow",
}


def test_what_the_account_may_not_ask_is_unknown_and_told_once_with_the_right_that_it_needs():
    claims = Claims(Told({"claims": [claim("a"), claim("b")]}, frozenset(HIDDEN)), SPACE)

    found = claims.asked(volume(SET, "a", "b"), Decimal(8 * GIB))

    assert claims.quotas() == ()
    assert [(one.expands, one.snapshot, one.pods) for one in found] == [(None, None, ())] * 2
    assert claims.unknown == {what: f"list on {kind}" for kind, what in HIDDEN.items()}


def test_the_backups_of_a_database_may_be_hidden_too():
    claims = Claims(Told({}, frozenset({"backups"})), SPACE)

    assert claims.backup(volume(DATABASE, "pg")) is None
    assert claims.unknown == {"the database's backups": "list on backups"}


@pytest.mark.parametrize("kind", ["claims", "patches"])
def test_without_the_claims_or_the_dry_run_nothing_is_said(kind):
    with pytest.raises(MayNot, match=f"list {kind}"):
        Claims(Told({"claims": [claim("a")]}, frozenset({kind})), SPACE).asked(volume(), Decimal(8 * GIB))

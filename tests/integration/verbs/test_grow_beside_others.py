"""What stands beside a growth: open proposals, quotas, broken units, other owners, a database's WAL and its backups."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bos_tools.change import pipeline
from bos_tools.cli.main import main
from bos_tools.errors import Refused, Usage
from bos_tools.intents.grow import Adopt, Wish
from bos_tools.storage.quotas import Quota
from harness.repositories import repository, write
from harness.volumes import DATABASE, GIB, NOW, contents, grow, live, look

WAL = DATABASE.replace("    size: 5Gi\n", "    size: 5Gi\n  walStorage:\n    storageClass: disk\n    size: 2Gi\n")
DATA = "dataService: true\n"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return repository(tmp_path / "work", contents())


def quota(left: int, resource: str = "requests.storage") -> Quota:
    return Quota("q", resource, Decimal(left * GIB))


THREE = tuple(live(f"data-redis-{n}") for n in range(3))
OF_DISK = "disk.storageclass.storage.k8s.io/requests.storage"


@pytest.mark.parametrize(
    ("left", "resource", "is_refused"),
    [(9, "requests.storage", False), (8, "requests.storage", True), (8, OF_DISK, True), (0, f"x{OF_DISK}", False)],
)
def test_a_quota_is_held_against_all_claims_of_a_growth_together(work, left, resource, is_refused):
    intent = grow("redis", look=look(*THREE, quotas=(quota(left, resource),)))

    if not is_refused:
        assert pipeline.edit_work_tree(intent, work).plan.files
        return
    with pytest.raises(Refused) as refused:
        pipeline.edit_work_tree(intent, work)

    assert refused.value.reason == "quota"
    assert refused.value.message == (
        f"3 claims of data ask for 9Gi more together, and the quota q leaves 8Gi of {resource}"
    )


GONE = {
    "deleting": (live(is_deleted=True), "deleting", "save the data now"),
    "lost": (live(phase="Lost"), "lost", "backup"),
    "of another owner": (live(foreign="Application other"), "foreign-claim", "another name"),
}


@pytest.mark.parametrize(("claim", "reason", "hint"), GONE.values(), ids=GONE.keys())
def test_a_claim_that_goes_away_or_is_anothers_neither_grows_nor_is_adopted(work, untouched, claim, reason, hint):
    before = untouched(work)

    for intent in (grow("web-data", look=look(claim)), Adopt("prod", "web-data", look(claim))):
        with pytest.raises(Refused) as refused:
            pipeline.edit_work_tree(intent, work, commit=True)

        assert (refused.value.reason, untouched(work)) == (reason, before)
        assert hint in refused.value.hint


# --- a database of an operator ---------------------------------------------------------------------------------------


def test_the_wal_of_a_database_grows_by_its_own_scalar(work):
    write(work, {"base/postgres/deployment.yaml": WAL})

    outcome = pipeline.edit_work_tree(grow("postgres-wal", "4Gi", look=look(live("postgres-1-wal", 2), size=4)), work)

    assert [(c.field, c.old, c.new) for c in outcome.proof.changes] == [("spec.walStorage.size", "2Gi", "4Gi")]
    assert "walStorage:\n    size: 4Gi\n" in (work / "overlays/prod/postgres/postgres-wal.yaml").read_text()
    with pytest.raises(Usage, match="several volumes in prod answer to this name: postgres") as asked:
        pipeline.edit_work_tree(grow("postgres"), work)
    assert asked.value.hint == "one of postgres-data, postgres-wal"


def test_a_database_whose_operator_leaves_its_claims_as_they_are_does_not_grow(work):
    off = DATABASE.replace("    size: 5Gi\n", "    size: 5Gi\n    resizeInUseVolumes: false\n")
    write(work, {"base/postgres/deployment.yaml": off})

    with pytest.raises(Refused, match="resizeInUseVolumes is false") as refused:
        pipeline.edit_work_tree(grow("postgres", look=look(live("postgres-1"))), work)

    assert refused.value.reason == "resize-off"


@pytest.mark.parametrize(
    ("hours_ago", "hidden", "said"),
    [
        (25, (), ""),
        (27, (), "postgres-data has no completed Backup or ready VolumeSnapshot of the last 26 hours"),
        (None, (), "has no completed Backup"),
        (None, ("the database's backups: needs list on backups.postgresql.cnpg.io in x",), "is not known: the database's backups: needs list"),
    ],
)  # fmt: skip
def test_a_database_is_protected_by_the_backups_of_its_operator(work, hours_ago, hidden, said):
    write(work, {"base/postgres/plan.yaml": DATA})
    taken = None if hours_ago is None else NOW - timedelta(hours=hours_ago)
    intent = grow(
        "postgres", look=look(live("postgres-1"), live("postgres-2"), backup=taken, unknown=hidden), needs_snapshot=True
    )

    if not said:
        assert pipeline.edit_work_tree(intent, work).plan.files
        return
    with pytest.raises(Refused, match=said) as refused:
        pipeline.edit_work_tree(intent, work)

    assert refused.value.reason == "no-snapshot"
    assert "--no-snapshot" in refused.value.hint


# --- what cannot be read -----------------------------------------------------------------------------------------------


@pytest.fixture
def broken(work) -> Path:
    listing = work / "overlays/prod/redis/kustomization.yaml"
    listing.write_text(listing.read_text().replace("claims.yaml", "gone.yaml"))
    return work


def test_a_unit_that_can_not_be_read_blocks_only_itself(broken, capsys):
    for what in ("web-data", "postgres"):
        assert main(["--repo", str(broken), "pvc", "grow", what, "8Gi", "--env", "prod", "--no-live"]) == 0
    capsys.readouterr()

    assert main(["--repo", str(broken), "pvc", "grow", "redis", "8Gi", "--env", "prod", "--no-live"]) == 4
    assert "overlays/prod/redis/kustomization.yaml" in capsys.readouterr().err
    assert main(["--repo", str(broken), "pvc", "grow", "data", "8Gi", "--env", "prod", "--no-live"]) == 2
    assert "not readable: redis" in capsys.readouterr().err


def test_a_list_says_what_it_lacks_and_ends_as_such(broken, capsys):
    assert main(["--repo", str(broken), "pvc", "list", "--env", "prod"]) == 4

    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["postgres-data", "web-data", "web-fixed"]
    assert "the answer lacks prod/redis, which can't be read" in err
    assert "overlays/prod/redis/kustomization.yaml" in err


# --- sizes as people write them -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("25", "did you mean 25Gi?"),
        ("+10", "did you mean +10Gi?"),
        ("+1e3", "60Gi, +20Gi or +25%"),
        ("2.5", "did you mean 2.5Gi?"),
        ("500m", "did you mean 500Mi?"),
        ("25g", "did you mean 25Gi?"),
        ("25 Gi", "did you mean 25Gi?"),
        ("+25gib", "did you mean +25Gi?"),
        ("50%", "60Gi, +20Gi or +25%"),
    ],
)
def test_what_somebody_may_have_meant_is_asked_back(text, meant):
    with pytest.raises(Usage) as asked:
        Wish.read(text)

    assert asked.value.hint == meant


@pytest.mark.parametrize(("text", "size"), [("25GiB", 25), ("25Gi", 25), ("1TiB", 1024), ("10737418240", 10), ("300Mi", 1)])  # fmt: skip
def test_a_size_is_read_as_people_write_it(text, size):
    assert Wish.read(text).target(Decimal(0)) == size * GIB


@pytest.mark.parametrize("said", ["2500M", "10G", "7Gi", "9000000000"])
def test_what_was_grown_by_hand_is_adopted_in_its_own_suffix(work, said):
    number = {"2500M": 2_500_000_000, "10G": 10**10, "7Gi": 7 * GIB, "9000000000": 9 * 10**9}[said]
    write(work, {"overlays/prod/web/web-data.yaml": (work / "overlays/prod/web/web-data.yaml").read_text().replace("5Gi", "1Gi")})  # fmt: skip
    by_hand = live()
    claim = type(by_hand)("web-data", "Bound", Decimal(number), Decimal(number), "disk")

    outcome = pipeline.edit_work_tree(Adopt("prod", "web-data", look(claim)), work)

    written = "9G" if said == "9000000000" else said
    assert [change.new for change in outcome.proof.changes] == [written]
    assert f"storage: {written} " in (work / "overlays/prod/web/web-data.yaml").read_text()

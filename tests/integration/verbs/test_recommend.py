"""`pvc recommend` against a real Prometheus, on series of every shape that a volume has."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bos_tools.cli.main import main
from harness.git import WHO, git
from harness.prometheus import DAY, ENVIRONMENT, GIB, HOUR, Value, growing, prometheus, samples, volume
from harness.repositories import write

AT = datetime(2026, 1, 10, 12, tzinfo=UTC)
NOW = int(AT.timestamp())
CLAIMS = {  # (service, claim): GiB
    ("backend", "backend-uploads"): 5,
    ("emqx", "emqx-data"): 1,
    ("emqx", "emqx-log"): 1,
    ("grafana", "grafana-data"): 2,
    ("grafana", "grafana-logs"): 1,
    ("nodered", "nodered-data"): 10,
    ("other", "other-data"): 10,
    ("other", "other-new"): 40,
    ("other", "other-shared"): 10,
    ("postgres", "postgres-data"): 20,
    ("redis", "redis-data"): 1,
    ("tdengine", "tdengine-data"): 50,
    ("web", "frontend-data"): 1,
    ("zlmediakit", "zlmediakit-data"): 20,
}


def steady(now: float, per_day: float) -> Value:
    return lambda age: now - per_day * age / DAY


def flat(value: float) -> Value:
    return lambda age: value


def saw(low: float, high: float, period: float) -> Value:
    """A log that is compacted once a period, the last time a quarter of it ago."""
    return lambda age: low + (high - low) * (((period * 0.25 - age) % period) / period)


def cut(value: Value, *gaps: tuple[float, float]) -> Value:
    return lambda age: None if any(old >= age > young for old, young in gaps) else value(age)


def step(before: float, after: float, age_of_step: float) -> Value:
    return lambda age: before if age > age_of_step else after


def shapes() -> list[dict[str, list[str]]]:
    def made(claim: str, size: float, used: Value, **more) -> dict[str, list[str]]:
        return volume(claim, NOW, used=used, capacity=more.pop("capacity", flat(size * GIB)), **more)

    gaps = ((7 * DAY, 5 * DAY), (3 * DAY, 2.2 * DAY), (4 * HOUR, 3 * HOUR))
    return [
        made("backend-uploads", 5, steady(2.5 * GIB, 0.4 * GIB)),
        made("emqx-data", 1, cut(flat(0.9 * GIB), (5 * HOUR, -1))),
        made("emqx-log", 1, flat(0.1 * GIB), inodes_used=lambda age: 60_000 - 3_000 * age / DAY, inodes=65_536),
        made("grafana-data", 2, cut(steady(1.2 * GIB, 0.2 * GIB), *gaps)),
        made("nodered-data", 10, step(2 * GIB, 6 * GIB, 3.2 * HOUR)),
        made("other-data", 10, steady(8.6 * GIB, 0.01 * GIB)),
        made("other-new", 40, steady(19 * GIB, 2 * GIB), capacity=flat(20 * GIB)),
        made("other-shared", 10, flat(480 * GIB), capacity=flat(500 * GIB)),
        made("postgres-data", 20, steady(17.5 * GIB, 1.5 * GIB)),
        made("redis-data", 1, flat(0.9 * GIB)),
        made("tdengine-data", 50, saw(20 * GIB, 34 * GIB, 12 * HOUR)),
        made("frontend-data", 1, flat(0.2 * GIB)),
        made("zlmediakit-data", 20, step(8 * GIB, 9 * GIB, DAY), capacity=step(10 * GIB, 20 * GIB, 1.5 * DAY)),
        {
            "cnpg_pg_replication_slots_pg_wal_lsn_diff": list(
                samples(
                    "cnpg_pg_replication_slots_pg_wal_lsn_diff",
                    {"namespace": "buildingos", "pod": "postgres-1", "slot_name": "left_behind", "slot_type": "logical"},
                    steady(9 * GIB, 1.5 * GIB), NOW, range(6 * HOUR, -1, -60),
                )
            )
        },
    ]  # fmt: skip


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    with prometheus(tmp_path_factory.mktemp("prometheus"), shapes()) as url:
        yield url


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return growing(tmp_path / "repo", CLAIMS)


def run(repo: Path, capsys, *words: str) -> tuple[int, str, str]:
    code = main(["--repo", str(repo), "pvc", "recommend", *words])
    return code, *capsys.readouterr()


def told(repo: Path, metrics: str, capsys, at: datetime = AT) -> dict[str, dict[str, Any]]:
    code, out, err = run(repo, capsys, "--prometheus", metrics, "--at", at.isoformat(), "--output", "json")
    assert code == 0, err
    return {one["claim"]: one for one in json.loads(out)["claims"]}


def test_every_shape_of_use_has_its_verdict(repo, metrics, capsys):
    found = told(repo, metrics, capsys)

    assert {name: (one["verdict"], one["blocked_by"]) for name, one in found.items()} == {
        "backend-uploads": ("due", []),
        "emqx-data": ("unknown", []),
        "emqx-log": ("due", []),
        "frontend-data": ("fine", []),
        "grafana-data": ("due", []),
        "grafana-logs": ("unknown", []),
        "nodered-data": ("fine", []),
        "other-data": ("due", []),
        "other-new": ("blocked", ["in-flight"]),
        "other-shared": ("unknown", []),
        "postgres-data": ("blocked", ["held-wal"]),
        "redis-data": ("blocked", ["range"]),
        "tdengine-data": ("fine", []),
        "zlmediakit-data": ("fine", []),
    }


def because(one: dict[str, Any]) -> str:
    return "\n".join(one["reasons"])


def test_steady_growth_is_due_within_the_lead_time_and_lasts_to_the_horizon(repo, metrics, capsys):
    one = told(repo, metrics, capsys)["backend-uploads"]

    assert one["space"]["per_day"]["7d"] == pytest.approx(0.4 * GIB, rel=0.02)
    assert one["space"]["days_left"] == pytest.approx((5 * 0.95 - 2.5) / 0.4, rel=0.02)
    assert one["target"] == 20 * GIB  # (2.5 + 30 · 0.4) / 0.7 is 20.7, and the plan's range ends
    assert "within the lead time of 7 d" in because(one)
    assert "the plan's range ends at 20Gi" in because(one)


def test_a_compaction_is_no_panic_and_its_peak_counts(repo, metrics, capsys):
    one = told(repo, metrics, capsys)["tdengine-data"]

    assert one["space"]["peak"] == pytest.approx(34 * GIB, rel=0.03)
    assert one["space"]["per_day"]["6h"] == pytest.approx(0, abs=0.1 * GIB)
    assert one["space"]["days_left"] is None or one["space"]["days_left"] > 90


def test_a_step_is_no_trend(repo, metrics, capsys):
    one = told(repo, metrics, capsys)["nodered-data"]

    assert one["space"]["days_left"] is None
    assert one["space"]["fill"] == pytest.approx(6 / 9.5, rel=0.01)


def test_nothing_from_before_a_resize_counts(repo, metrics, capsys):
    one = told(repo, metrics, capsys)["zlmediakit-data"]

    assert one["space"]["capacity_changed"] == pytest.approx(NOW - 1.5 * DAY, abs=1000)
    assert one["space"]["limit"] == 19 * GIB
    assert "since the capacity changed" in because(one)
    before = told(repo, metrics, capsys, datetime.fromtimestamp(NOW - 2 * DAY, UTC))["zlmediakit-data"]
    assert "10Gi of the 20Gi in Git" in because(before)


def test_gaps_do_not_bend_the_slope(repo, metrics, capsys):
    one = told(repo, metrics, capsys)["grafana-data"]

    assert one["space"]["per_day"]["7d"] == pytest.approx(0.2 * GIB, rel=0.03)
    assert one["target"] == 5 * GIB


def test_a_missing_or_old_series_is_unknown_and_never_fine(repo, metrics, capsys):
    found = told(repo, metrics, capsys)

    assert (found["grafana-logs"]["target"], found["emqx-data"]["target"]) == (None, None)
    assert "space: unknown: no series" in found["grafana-logs"]["reasons"]
    assert any("the last sample is" in reason for reason in found["emqx-data"]["reasons"])
    assert "it is shared with others, or was grown by hand" in because(found["other-shared"])


def test_inodes_run_out_as_well(repo, metrics, capsys):
    one = told(repo, metrics, capsys)["emqx-log"]

    assert one["inodes"]["fill"] == pytest.approx(60_000 / 65_536, rel=0.01)
    assert one["space"]["fill"] < 0.2
    assert one["target"] == 2 * GIB
    assert "inodes: 92% of 65536" in because(one)


def test_a_stuck_replication_slot_blocks_a_growth_and_is_said(repo, metrics, capsys):
    one = told(repo, metrics, capsys)["postgres-data"]

    assert "replication slot left_behind has held 8.9Gi of WAL for an hour or more" in one["reasons"]
    assert "a growth would only hide what holds the WAL" in one["reasons"]


def test_the_threshold_alone_makes_a_growth_due(repo, metrics, capsys):
    one = told(repo, metrics, capsys)["other-data"]

    assert one["space"]["days_left"] > 30
    assert "over the threshold of 80%" in because(one)
    assert one["target"] == 13 * GIB  # (8.6 + 0.3) / 0.7


def resize(repo: Path, hours_ago: float, claim: str, size: int) -> None:
    """Give a claim another size, as its owner does by hand."""
    path = repo / "base" / claim.partition("-")[0] / f"{claim}.yaml"
    path.write_text(re.sub(r"storage: \d+Gi", f"storage: {size}Gi", path.read_text()))
    when = datetime.fromtimestamp(NOW - hours_ago * HOUR, UTC).isoformat()
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(WHO, "GIT_COMMITTER_DATE", when)
        git(repo, "commit", "-qam", "Room")


def test_a_used_up_budget_blocks_and_says_when_it_is_free(repo, metrics, capsys):
    resize(repo, 30, "other-data", 8)
    resize(repo, 20, "other-data", 9)
    resize(repo, 3, "other-new", 41)
    assert told(repo, metrics, capsys)["other-data"]["verdict"] == "due"
    resize(repo, 2, "other-data", 10)

    one = told(repo, metrics, capsys)["other-data"]

    assert (one["verdict"], one["blocked_by"]) == ("blocked", ["budget"])
    assert one["budget"] == {"used": 2, "count": 2, "hours": 24, "free_at": "2026-01-10T16:00:00+00:00"}


def test_the_text_says_why_for_each_claim(repo, metrics, capsys):
    code, out, err = run(repo, capsys, "--prometheus", metrics, "--at", "2026-01-10T12:00")

    rows = {line.split()[0]: line.split()[1:] for line in out.split("\n\n")[0].splitlines()}
    assert code == 0
    assert rows["other-data"] == ["10Gi", "91%", "90.0", "10%", "due", "13Gi"]
    assert rows["grafana-logs"] == ["1Gi", "?", "?", "?", "unknown", "-"]
    assert (
        "frontend-data: fine\n  space: 21% of 0.95Gi was used at the peak of the last day, and it does not grow" in out
    )
    assert "other/other-data: due\n  space: 91% of 9.50Gi was used at the peak" in out
    assert "4 due, 3 blocked, 3 unknown, 4 fine" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--pr", "--at", "2026-01-10"), 2, "--pr is about now, and --at about another moment"),
        ((), 2, "nothing names the Prometheus of dev"),
        (("--prometheus", "localhost"), 2, "this is no address of Prometheus"),
        (("--prometheus", "http://me:secret@host"), 2, "carries a user or a password"),
        (("--prometheus", "http://127.0.0.1:9", "--at", "soon"), 2, "this is no moment: 'soon'"),
    ],
)
def test_what_is_asked_wrongly_is_refused(repo, capsys, monkeypatch, words, code, said):
    monkeypatch.delenv("BOS_PROMETHEUS", raising=False)

    got, out, err = run(repo, capsys, *words)

    assert (got, out) == (code, "")
    assert said in err
    assert "secret" not in err


def test_series_of_another_cluster_are_not_taken_for_ours(repo, metrics, capsys):
    write(repo, {"overlays/dev/environment.yaml": f"{ENVIRONMENT}prometheusLabels:\n  node: worker-2\n"})

    assert {one["verdict"] for one in told(repo, metrics, capsys).values()} == {"unknown"}


def test_another_server_is_not_taken_for_a_prometheus(repo, metrics, capsys):
    code, _, err = run(repo, capsys, "--prometheus", f"{metrics}/graph")

    assert code == 5
    assert f"no Prometheus answers at this address: {metrics}/graph" in err


def test_the_address_may_stand_in_the_environment_or_in_environment_yaml(repo, metrics, capsys, monkeypatch):
    monkeypatch.setenv("BOS_PROMETHEUS", metrics)
    assert run(repo, capsys, "--at", "2026-01-10T12:00Z")[0] == 0
    monkeypatch.delenv("BOS_PROMETHEUS")
    write(repo, {"overlays/dev/environment.yaml": f"{ENVIRONMENT}prometheus: {metrics}\n"})

    code, out, _ = run(repo, capsys, "--at", "2026-01-10T12:00Z")

    assert code == 0
    assert "other/other-data: due" in out


def test_a_unit_that_can_not_be_read_leaves_the_others_their_verdicts(repo, metrics, capsys):
    write(repo, {"overlays/dev/redis/kustomization.yaml": "resources:\n- gone.yaml\n"})

    code, out, err = run(repo, capsys, "--prometheus", metrics, "--at", AT.isoformat(), "--output", "json")

    found = {one["claim"]: one["verdict"] for one in json.loads(out)["claims"]}
    assert (code, found["other-data"], "redis-data" in found) == (4, "due", False)
    assert "the answer lacks dev/redis, which can't be read" in err

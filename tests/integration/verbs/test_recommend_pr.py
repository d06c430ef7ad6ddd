"""`pvc recommend --pr`: one pull request of what is due now, on real git, a real Prometheus and the forge's contract."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from bos_tools.cli.main import main
from bos_tools.doors.forges.find import forge_of
from harness.forges import REMOTE, TOKEN, Pretend
from harness.git import git, remote
from harness.prometheus import DAY, GIB, growing, prometheus, volume

CLAIMS = {
    ("grafana", "grafana-data"): 2,
    ("grafana", "grafana-logs"): 2,
    ("nodered", "nodered-data"): 10,
    ("redis", "redis-data"): 1,
    ("web", "frontend-data"): 1,
}
TOPIC = "bos-tools/dev/recommended-grafana.grafana-data+grafana.grafana-logs+nodered.nodered-data"


def filling(name: str, now: int, size: float) -> dict[str, list[str]]:
    """Return the series of a volume that gains a hundredth a day and has nine tenths now."""
    return volume(name, now, used=lambda age: (0.9 - 0.01 * age / DAY) * size, capacity=lambda age: size)


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    now = int(time.time())
    sizes = {"grafana-data": 2.0, "grafana-logs": 2.0, "nodered-data": 10.0, "redis-data": 1.0}
    full = [filling(name, now, size * GIB) for name, size in sizes.items()]
    calm = volume("frontend-data", now, used=lambda age: 0.2 * GIB, capacity=lambda age: GIB)
    with prometheus(tmp_path_factory.mktemp("prometheus"), [*full, calm]) as url:
        yield url


@pytest.fixture
def hub(monkeypatch) -> Pretend:
    pretend = Pretend("github")
    for variable in ("GITHUB_TOKEN", "GH_TOKEN", "BOS_FORGE", "BOS_FORGE_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("BOS_FORGE_TOKEN", TOKEN)
    monkeypatch.setattr(
        "bos_tools.doors.forges.find.forge_of", lambda _: forge_of(REMOTE["github"], transport=pretend.transport)
    )
    return pretend


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    made = growing(tmp_path / "repo", CLAIMS)
    remote(made, tmp_path / "origin.git")
    return made


def propose(repo: Path, metrics: str, capsys, *words: str) -> dict[str, Any]:
    asked = ("pvc", "recommend", "--prometheus", metrics, "--pr", "--output", "json", *words)
    code = main(["--repo", str(repo), *asked])
    out, err = capsys.readouterr()
    assert code == 0, err
    return json.loads(out)


def test_what_is_due_is_one_commit_and_one_pull_request_and_a_second_run_changes_nothing(repo, metrics, hub, capsys):
    said = propose(repo, metrics, capsys)

    verdicts = {one["claim"]: one["verdict"] for one in said["claims"]}
    assert verdicts == {
        "frontend-data": "fine", "grafana-data": "due", "grafana-logs": "due", "nodered-data": "due", "redis-data": "blocked",
    }  # fmt: skip
    assert (said["change"]["pull_request"]["action"], said["change"]["pull_request"]["branch"]) == ("opened", TOPIC)
    assert {edit["path"] for edit in said["change"]["edits"]} == {
        f"overlays/dev/{name}.yaml" for name in ("grafana/grafana-data", "grafana/grafana-logs", "nodered/nodered-data")
    }
    told = git(repo, "log", "-1", "--format=%B", said["change"]["commit"])
    assert told.startswith("Grow grafana-data to 4Gi and 2 more in dev")
    for line in (
        "Bos-Volume: dev/grafana/grafana-logs",
        "Bos-Volume: dev/nodered/nodered-data\nBos-From: 10Gi\nBos-To: 18Gi",
    ):
        assert line in told
    assert git(repo, "status", "--porcelain") == ""

    again = propose(repo, metrics, capsys)

    assert (again["change"]["commit"], again["change"]["pull_request"]["action"]) == (None, "unchanged")
    assert len(hub.open_now()) == 1


def test_what_was_merged_counts_in_the_budget(repo, metrics, hub, capsys):
    propose(repo, metrics, capsys)
    git(repo, "fetch", "-q", "origin")
    git(repo, "merge", "-q", f"origin/{TOPIC}")

    code = main(["--repo", str(repo), "pvc", "recommend", "--prometheus", metrics, "--output", "json"])

    said = {one["claim"]: one for one in json.loads(capsys.readouterr().out)["claims"]}
    assert code == 0
    assert {name: one["budget"]["used"] for name, one in said.items()} == {
        "frontend-data": 0, "grafana-data": 1, "grafana-logs": 1, "nodered-data": 1, "redis-data": 0,
    }  # fmt: skip
    assert said["nodered-data"]["blocked_by"] == ["in-flight"]


def test_a_dry_run_proves_it_and_opens_nothing(repo, metrics, hub, capsys):
    said = propose(repo, metrics, capsys, "--dry-run")

    assert said["change"]["pull_request"]["action"] == "opened"
    assert {effect["new"] for effect in said["change"]["effects"]} == {"4Gi", "18Gi"}
    assert (hub.writes, said["change"]["commit"]) == ([], None)


def test_where_nothing_is_due_nothing_is_asked_of_the_forge(repo, metrics, hub, capsys):
    propose(repo, metrics, capsys)
    git(repo, "fetch", "-q", "origin")
    git(repo, "merge", "-q", f"origin/{TOPIC}")
    hub.seen.clear()

    assert propose(repo, metrics, capsys)["change"] is None
    assert hub.seen == []


def test_the_text_shows_the_change_after_the_reasons(repo, metrics, hub, capsys):
    code = main(["--repo", str(repo), "pvc", "recommend", "--prometheus", metrics, "--pr"])

    out, err = capsys.readouterr()
    assert code == 0, err
    assert (
        out.index("nodered/nodered-data: due")
        < out.index("+      storage: 18Gi")
        < out.index("pull request #1, opened")
    )
    assert "not checked without a cluster: live size" in err

"""`pvc grow` on files: exactly the scalars that hold the size change, in one environment, or nothing is written."""

import json
from pathlib import Path

import pytest

from bos_tools.change import pipeline
from bos_tools.cli.main import main
from bos_tools.errors import Refused, Usage
from bos_tools.intents.grow import Adopt, Wish
from harness.git import git, remote
from harness.repositories import repository, write
from harness.volumes import claim, contents, grow, live, look


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return repository(tmp_path / "work", contents())


def changed(work: Path) -> dict[str, list[str]]:
    """Return the lines that each changed file gained."""
    git(work, "add", "-AN")
    found: dict[str, list[str]] = {}
    for line in git(work, "diff", "-U0", "--no-renames").splitlines():
        if line.startswith("+++ b/"):
            path = line[6:]
        elif line.startswith("+") and not line.startswith("+++"):
            found.setdefault(path, []).append(line[1:])
    return found


def test_a_claim_grows_by_one_scalar_and_every_other_byte_stays(work):
    outcome = pipeline.edit_work_tree(grow("web-data"), work)

    assert changed(work) == {"overlays/prod/web/web-data.yaml": ["      storage: 8Gi   # room"]}
    assert [(c.object, c.field, c.old, c.new) for c in outcome.proof.changes] == [
        ("PersistentVolumeClaim buildingos/web-data", "spec.resources.requests.storage", "5Gi", "8Gi")
    ]


@pytest.mark.parametrize("name", ["redis", "data", "data-redis-1"])
def test_the_claims_of_a_statefulset_grow_together_with_its_template_whatever_it_is_called(work, name):
    outcome = pipeline.edit_work_tree(grow(name), work)

    assert set(changed(work)) == {"overlays/prod/redis/claims.yaml", "overlays/prod/redis/template.yaml"}
    assert {(c.object.rpartition("/")[2], c.new) for c in outcome.proof.changes} == {
        ("data-redis-0", "8Gi"), ("data-redis-1", "8Gi"), ("data-redis-2", "8Gi"), ("redis", "8Gi"),
    }  # fmt: skip


def test_sizes_of_the_bases_get_patches_in_the_one_overlay(tmp_path):
    work = repository(tmp_path / "bases", contents(patched=False))

    for what in ("web-data", "redis", "postgres"):
        pipeline.edit_work_tree(grow(what), work, commit=True)
        assert git(work, "status", "--porcelain") == ""

    said = git(work, "log", "-3", "--name-only", "--format=").split()
    assert all(path.startswith("overlays/prod/") for path in said)
    assert (
        (work / "overlays/prod/redis/kustomization.yaml")
        .read_text()
        .endswith(
            "patches:\n- path: data-redis-0.yaml\n- path: data-redis-1.yaml\n- path: data-redis-2.yaml\n"
            "- path: data.yaml\n  target: {kind: StatefulSet, name: redis}\n"
        )
    )
    again = pipeline.edit_work_tree(grow("redis", "9Gi"), work)
    assert {change.new for change in again.proof.changes} == {"9Gi"}
    assert len(again.proof.changes) == 4
    assert not any(path.endswith("kustomization.yaml") for path in changed(work))


@pytest.mark.parametrize(
    ("wish", "size"),
    [("8Gi", "8Gi"), ("7.2Gi", "8Gi"), ("8G", "8Gi"), ("+3Gi", "8Gi"), ("+50%", "8Gi"), ("1Ti", "1Ti"), ("1024Gi", "1Ti"), ("1e10", "10Gi")],
)  # fmt: skip
def test_a_size_is_rounded_up_to_whole_gibibytes_and_written_canonically(work, wish, size):
    outcome = pipeline.edit_work_tree(grow("web-data", wish), work, dry_run=True)

    assert [change.new for change in outcome.proof.changes] == [size]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8 Gi",
        "-1Gi",
        "+",
        "+-1Gi",
        "++1Gi",
        "0",
        "+0%",
        "50%",
        "x",
        "+1e99999%",
        "99999999999999999999Gi",
        "9e99",
    ],
)
def test_what_is_no_size_is_a_usage_error(text):
    with pytest.raises(Usage, match="size"):
        Wish.read(text)


def test_a_size_that_is_there_already_is_no_change_and_no_error(work, untouched):
    before = untouched(work)

    outcome = pipeline.edit_work_tree(grow("redis", "5Gi", look=look(size=5)), work, commit=True)

    assert outcome.plan.files == {}
    assert outcome.commit is None
    assert untouched(work) == before


def test_the_commit_is_alone_and_says_what_grew_and_why(work):
    (work / "mine.txt").write_text("mine")
    git(work, "add", "mine.txt")

    pipeline.edit_work_tree(grow("redis", reason="84 % full\nsince today"), work, commit=True)

    assert git(work, "log", "-1", "--format=%s") == "Grow data to 8Gi in prod\n"
    assert git(work, "log", "-1", "--format=%(trailers:only)").splitlines()[-5:-1] == [
        "Bos-Volume: prod/redis/data", "Bos-From: 5Gi", "Bos-To: 8Gi", "Bos-Reason: 84 % full since today",
    ]  # fmt: skip
    assert git(work, "status", "--porcelain") == "A  mine.txt\n"


def test_an_infeasible_growth_ends_by_a_size_between_and_its_commit_says_so(work):
    stuck = live(request=5, capacity=3, resize="ControllerResizeInfeasible")

    pipeline.edit_work_tree(grow("web-data", "4Gi", look=look(stuck, size=4)), work, commit=True)

    assert "storage: 4Gi" in (work / "overlays/prod/web/web-data.yaml").read_text()
    assert "Bos-Recover: ControllerResizeInfeasible" in git(work, "log", "-1", "--format=%b")


def test_a_growth_by_hand_is_adopted_exactly_and_for_all_claims_of_a_statefulset(work):
    by_hand = look(live("data-redis-0"), live("data-redis-1", request=7), live("data-redis-2"))

    outcome = pipeline.edit_work_tree(Adopt("prod", "redis", by_hand), work, commit=True)

    assert {change.new for change in outcome.proof.changes} == {"7Gi"}
    assert "Bos-Reason: grown by hand" in git(work, "log", "-1", "--format=%b")
    assert pipeline.edit_work_tree(Adopt("prod", "redis", by_hand), work).plan.files == {}


@pytest.mark.parametrize(("found", "reason"), [(look(live(request=4)), "not-applied"), (look(), "no-claim")])
def test_there_is_nothing_to_adopt_when_the_cluster_has_no_more(work, found, reason):
    with pytest.raises(Refused) as refused:
        pipeline.edit_work_tree(Adopt("prod", "web-data", found), work)

    assert refused.value.reason == reason


def test_a_name_that_means_several_volumes_or_none_lists_them(work, capsys):
    assert main(["--repo", str(work), "pvc", "grow", "web", "8Gi", "--no-live"]) == 2
    assert "one of web-data, web-fixed" in capsys.readouterr().err
    assert main(["--repo", str(work), "pvc", "grow", "nope", "8Gi", "--no-live"]) == 2
    assert "postgres-data, data, web-data, web-fixed" in capsys.readouterr().err


def test_a_claim_of_the_same_name_elsewhere_is_another_one(work):
    write(work, {"base/postgres/other.yaml": claim("web-data-2"), "base/postgres/kustomization.yaml": "resources:\n- deployment.yaml\n- other.yaml\n"})  # fmt: skip

    outcome = pipeline.edit_work_tree(grow("web-data"), work)

    assert len(outcome.proof.changes) == 1


def test_a_push_plans_again_on_the_branch_and_refuses_what_moved_there(work, tmp_path):
    bare = remote(work, tmp_path / "origin.git")
    pipeline.push(grow("web-data", "6Gi"), work, remote="origin", branch="main")

    with pytest.raises(Refused) as refused:
        pipeline.push(
            grow("web-data", "+3Gi", look=look(live(request=5), size=8)), work, remote="origin", branch="main"
        )

    assert refused.value.reason == "moved"
    pipeline.push(grow("web-data", "7Gi"), work, remote="origin", branch="main")
    assert "storage: 7Gi" in git(bare, "show", "main:overlays/prod/web/web-data.yaml")
    assert git(work, "status", "--porcelain") == ""


def test_without_a_cluster_the_tool_says_what_it_did_not_check_and_keeps_the_contract(work, capsys):
    code = main(
        ["--repo", str(work), "pvc", "grow", "web-data", "8Gi", "--env", "prod", "--no-live", "--output", "json"]
    )

    out, err = capsys.readouterr()
    said = json.loads(out)
    assert code == 0
    assert said["edits"] == [
        {"path": "overlays/prod/web/web-data.yaml", "env": "prod", "service": "web",
         "field": "web-data spec.resources.requests.storage", "old": "5Gi", "new": "8Gi"}
    ]  # fmt: skip
    assert "not checked without a cluster" in err


def test_without_a_kubeconfig_a_growth_is_refused_and_names_the_way(work, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))

    assert main(["--repo", str(work), "pvc", "grow", "web-data", "8Gi", "--env", "prod"]) == 5
    assert "--kubeconfig" in capsys.readouterr().err


def test_the_list_shows_each_volume_once_by_the_name_that_grows_it(work, capsys):
    assert main(["--repo", str(work), "pvc", "list", "--env", "prod", "--output", "json"]) == 0

    rows = json.loads(capsys.readouterr().out)["volumes"]
    assert [(row["volume"], row["git"], row["class"]) for row in rows] == [
        ("postgres-data", "5Gi", "disk"), ("data", "5Gi", "disk"), ("web-data", "5Gi", "disk"), ("web-fixed", "5Gi", "fixed"),
    ]  # fmt: skip
    assert main(["--repo", str(work), "pvc", "list", "--live"]) == 2

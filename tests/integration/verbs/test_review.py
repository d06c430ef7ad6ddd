"""A review: the verdict, what blocks until a commit means it, images with their past, and findings of this change alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from bos_tools.cli.main import main
from harness.git import git
from harness.repositories import deployment, files, repository, unit, write

GUARDED = "environment: prod\ngates:\n  prune: confirm\n"
SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n  ports:\n  - port: 80\n"
)
LISTED = "resources:\n- deployment.yaml\n- service.yaml\n"
PROD = "overlays/prod/web/kustomization.yaml"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    made = repository(
        tmp_path / "repo",
        {
            **files(["web"]), "overlays/prod/environment.yaml": GUARDED,
            "base/web/service.yaml": SERVICE, "base/web/kustomization.yaml": LISTED,
        },
    )  # fmt: skip
    git(made, "checkout", "-q", "-b", "topic")
    return made


def review(repo: Path, capsys: Capture, *words: str) -> tuple[int, Any]:
    code = main(["--repo", str(repo), "review", *words, "--output", "json"])
    return code, json.loads(capsys.readouterr().out)


def commit(repo: Path, message: str, contents: dict[str, str]) -> None:
    write(repo, contents)
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", message)


def test_nothing_changes_and_passes(repo, capsys):
    code, found = review(repo, capsys)

    assert (code, found["verdict"], found["changes"], found["blockers"]) == (0, "pass", [], [])
    assert found["base"] == git(repo, "rev-parse", "main").strip()
    assert found["head"] is None
    assert found["rendered"] == {"units": 0, "of": 3, "all": False, "why": None}


def test_a_selector_is_refused_and_blocks_with_the_line_that_means_it(repo, capsys):
    changed = deployment("web").replace("app: web", "app: other")
    commit(repo, "Select others", {"base/web/deployment.yaml": changed})

    code, found = review(repo, capsys, "--head", "HEAD", "--env", "dev")

    assert (code, found["verdict"]) == (1, "blocked")
    [blocker] = found["blockers"]
    assert blocker["danger"] == "refused"
    assert blocker["why"] == "spec.selector can't be changed"
    assert blocker["object"] == "Deployment.apps buildingos/web"
    [change] = found["changes"]
    assert (change["danger"], change["unit"]) == ("refused", "overlays/dev/web")


def test_an_acknowledgement_holds_for_exactly_what_it_names(repo, capsys):
    commit(repo, "Take the Service away", {"base/web/kustomization.yaml": "resources:\n- deployment.yaml\n"})
    code, found = review(repo, capsys, "--env", "prod")
    [blocker] = found["blockers"]
    assert (code, blocker["danger"], blocker["object"]) == (1, "pruned", "Service buildingos/web")

    git(repo, "commit", "-q", "--allow-empty", "-m", f"It is meant\n\n{blocker['acknowledge']}")
    code, found = review(repo, capsys, "--env", "prod")

    assert found["blockers"] == []
    main(["--repo", str(repo), "review", "--env", "prod"])
    said = capsys.readouterr().out
    commit_id = git(repo, "rev-parse", "HEAD").strip()
    assert f"pruned Service buildingos/web in prod, {commit_id[:12]}: Argo CD deletes it" in said
    main(["--repo", str(repo), "review", "--env", "prod", "--output", "markdown"])
    assert f"| **pruned** | `Argo CD deletes it` | `{commit_id[:12]}` |" in capsys.readouterr().out

    commit(repo, "Something else", {"base/web/deployment.yaml": deployment("web").replace("app: web", "app: other")})
    _, found = review(repo, capsys, "--env", "prod")
    assert [one["danger"] for one in found["blockers"]] == ["refused"]


def test_what_is_pruned_blocks_only_where_the_environment_guards_it(repo, capsys):
    commit(repo, "Take the Service away", {"base/web/kustomization.yaml": "resources:\n- deployment.yaml\n"})

    _, found = review(repo, capsys)

    assert {change["env"]: change["danger"] for change in found["changes"]} == {
        "dev": "pruned", "preprod": "pruned", "prod": "pruned"
    }  # fmt: skip
    assert [blocker["env"] for blocker in found["blockers"]] == ["prod"]


def test_an_image_tells_whether_its_environment_had_it_before(repo, capsys):
    git(repo, "checkout", "-q", "main")
    commit(repo, "Newer", {PROD: unit("web", "v1.1.0")})
    git(repo, "checkout", "-q", "-B", "topic")
    commit(repo, "Back", {PROD: unit("web", "v1.0.0")})

    _, back = review(repo, capsys)
    commit(repo, "On", {PROD: unit("web", "v1.2.0")})
    _, on = review(repo, capsys)

    name = "registry.example.com/web"
    assert back["images"] == [
        {
            "env": "prod",
            "service": "web",
            "image": name,
            "old": "v1.1.0",
            "new": "v1.0.0",
            "in_environment_before": True,
        }
    ]
    assert [(one["new"], one["in_environment_before"]) for one in on["images"]] == [("v1.2.0", False)]


def test_a_shallow_clone_does_not_say_that_an_image_is_new(repo, capsys, tmp_path):
    git(repo, "checkout", "-q", "main")
    commit(repo, "Newer", {PROD: unit("web", "v1.1.0")})
    git(repo, "checkout", "-q", "-B", "topic")
    commit(repo, "Back", {PROD: unit("web", "v1.0.0")})
    git(tmp_path, "clone", "-q", "--depth=2", "--branch=topic", f"file://{repo}", "shallow")
    there = tmp_path / "shallow"
    git(there, "branch", "main", "HEAD~1")

    _, back = review(there, capsys, "--base", "main")

    assert [one["in_environment_before"] for one in back["images"]] == [None]


def test_findings_are_new_when_the_base_has_none_of_them(repo, capsys):
    _, before = review(repo, capsys)
    write(repo, {"base/web/deployment.yaml": deployment("web") + "      hostNetwork: true\n"})

    code, found = review(repo, capsys)

    assert before["findings"]
    assert not [one for one in before["findings"] if one["new"]]
    assert [one["path"] for one in found["findings"] if one["new"]][:1] == ["base/web/deployment.yaml"]
    assert (code, found["verdict"]) == (1, "blocked")


def test_the_text_says_the_verdict_first_and_prints_the_line_to_copy(repo, capsys):
    commit(repo, "Take the Service away", {"base/web/kustomization.yaml": "resources:\n- deployment.yaml\n"})

    code = main(["--repo", str(repo), "review", "--head", "HEAD"])
    out = capsys.readouterr().out

    assert code == 1
    assert out.startswith("blocked  ")
    assert "  pruned Service buildingos/web in prod: Argo CD deletes it" in out
    assert "\n  Bos-Acknowledge: prod pruned " in out


def test_a_broken_unit_hides_no_other(repo, capsys):
    write(repo, {"overlays/dev/web/kustomization.yaml": "images: [\n", PROD: unit("web", "v1.1.0")})

    code, found = review(repo, capsys)

    assert (code, found["verdict"]) == (1, "blocked")
    assert [change["env"] for change in found["changes"]] == ["prod"]
    assert found["rendered"]["all"]
    assert "overlays/dev/web" in found["rendered"]["why"]


def test_the_comment_of_a_pull_request_says_the_same(repo, capsys):
    commit(repo, "Take the Service away", {"base/web/kustomization.yaml": "resources:\n- deployment.yaml\n"})

    code = main(["--repo", str(repo), "review", "--head", "HEAD", "--output", "markdown"])
    out = capsys.readouterr().out

    assert code == 1
    assert "## ⛔ blocked" in out
    assert "| prod | `Service buildingos/web` | **pruned** | `Argo CD deletes it` |" in out
    assert "<details><summary><b><code>web</code></b> dev, preprod, prod: 1 pruned</summary>" in out
    assert "\nBos-Acknowledge: prod pruned " in out


def test_no_other_command_is_written_as_markdown(repo, capsys):
    assert main(["--repo", str(repo), "bump", "web", "v9.9.9", "--env", "dev", "--output", "markdown"]) == 2
    assert "markdown" in capsys.readouterr().err
    assert git(repo, "status", "--short") == ""


@pytest.mark.parametrize("words", [("--base", "nope"), ("--head", "nope"), ("--env", "nope")])
def test_what_is_not_there_is_usage(repo, capsys, words):
    assert main(["--repo", str(repo), "review", *words]) == 2

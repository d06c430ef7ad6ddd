"""The how-tos of overlays/README.md, followed word for word: a tenth service, a fourth environment, a size."""

from pathlib import Path

import pytest

from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects
from bos_tools.review.engine import check
from bos_tools.tree.layout import Tree
from harness.git import git
from harness.howto import copy, follow


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    made = copy(tmp_path / "repo")
    git(made, "init", "-q", "-b", "main")
    git(made, "add", "-A")
    git(made, "commit", "-qm", "Start")
    return made


def test_a_tenth_service_needs_no_line_of_python(repo):
    said = follow(repo, "Add a service")

    assert "no finding by" in said
    tree = Tree(WorkTree(repo))
    assert all("gateway" in tree.services(env) for env in tree.settings.environments)
    for env in tree.settings.environments:
        made = {one.id for one in objects(Renderer().one(tree.graph, f"overlays/{env}"))}
        assert {"Deployment.apps buildingos/gateway", "Service buildingos/gateway"} <= made
        registered = objects(Renderer().one(tree.graph, f"overlays/{env}/argocd"))
        assert f"{env}-gateway" in {one.name for one in registered}


def test_the_numbers_of_a_new_service_are_held_like_the_others(repo):
    follow(repo, "Add a service")
    file = repo / "base/gateway/deployment.yaml"
    file.write_text(file.read_text().replace("cpu: 100m", "cpu: 10m"))
    (repo / "overlays/prod/gateway/kustomization.yaml").write_text(
        (repo / "overlays/prod/gateway/kustomization.yaml").read_text().partition("  digest:")[0]
    )

    found = [(finding.rule, finding.path) for finding in check(Tree(WorkTree(repo)), Renderer())]

    assert ("P0", "base/gateway/deployment.yaml") in found
    assert ("P9", "overlays/prod/gateway/kustomization.yaml") in found


def test_a_fourth_environment_has_the_guards_and_the_findings_of_the_one_that_it_was_copied_from(repo):
    said = follow(repo, "Add an environment")

    assert "no finding by" in said
    tree = Tree(WorkTree(repo))
    assert tree.settings.environments == ("dev", "preprod", "prod", "prod-eu")
    assert tree.environment("prod-eu").gates == tree.environment("prod").gates
    applications = {
        env: {
            one.name.removeprefix(env): one.data["spec"]["syncPolicy"]["syncOptions"]
            for one in objects(Renderer().one(tree.graph, f"overlays/{env}/argocd"))
            if one.kind == "Application"
        }
        for env in ("prod", "prod-eu")
    }
    assert applications["prod"] == applications["prod-eu"]
    assert all("Prune=confirm" in options for options in applications["prod-eu"].values())

    for env in ("prod", "prod-eu"):
        spoil(repo / "overlays" / env)
    found = check(Tree(WorkTree(repo)), Renderer())

    by_env = {
        env: {
            (f.rule, f.path.replace(f"overlays/{env}/", ""), f.line, f.message.replace(env, "ENV"))
            for f in found
            if f.path.startswith(f"overlays/{env}/")
        }
        for env in ("prod", "prod-eu")
    }
    assert by_env["prod"] == by_env["prod-eu"]
    assert {rule for rule, *_ in by_env["prod-eu"]} >= {"P9", "A1"}
    assert any("gates.digest" in message for *_, message in by_env["prod-eu"])
    assert any("gates.prune" in message for *_, message in by_env["prod-eu"])


def spoil(overlay: Path) -> None:
    """Take the guards away, and a version that moves in."""
    file = overlay / "environment.yaml"
    text = (
        file.read_text().replace("digest: required", "digest: optional").replace("prune: confirm", "prune: automatic")
    )
    file.write_text(text)
    unit = overlay / "web/kustomization.yaml"
    unit.write_text(unit.read_text().replace("newTag: v1.0.0", "newTag: latest"))


def test_a_size_is_changed_by_one_command(repo):
    said = follow(repo, "Change a size")

    assert "grafana-data" in said
    assert git(repo, "diff", "--stat").count("|") == 1

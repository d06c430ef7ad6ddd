"""What a person is told once a change has landed: where it is, and what the work tree needs."""

import json

import pytest

from bos_tools.cli.main import main
from harness.git import git, remote
from harness.repositories import write

WEB = "overlays/dev/web/kustomization.yaml"


@pytest.fixture
def cloned(work, tmp_path):
    """A work tree whose main tracks the trunk of a remote that is not called origin."""
    bare = remote(work, tmp_path / "bare.git")
    git(work, "remote", "rename", "origin", "team")
    git(work, "push", "-q", "--set-upstream", "team", "main:trunk")
    return work, bare


def said(capsys, *words: str) -> str:
    assert main(list(words)) == 0
    return capsys.readouterr().err


def test_a_push_goes_where_the_branch_tracks_and_says_so(cloned, capsys):
    work, bare = cloned
    before = git(bare, "rev-parse", "main")

    err = said(capsys, "--repo", str(work), "bump", "web", "v1.0.1", "--push")

    assert "newTag: v1.0.1" in git(bare, "show", f"trunk:{WEB}")
    assert git(bare, "rev-parse", "main") == before
    sha = git(bare, "rev-parse", "trunk")[:12]
    assert err.splitlines() == [
        f"Bump web to v1.0.1 in dev: {sha} on trunk of team",
        "hint: the work tree is as it was: `git pull` brings the commit",
    ]
    git(work, "pull", "-q")
    assert "newTag: v1.0.1" in (work / WEB).read_text()


def test_a_dry_run_says_where_it_would_go_and_json_too(cloned, capsys):
    work, _ = cloned
    words = ["--repo", str(work), "bump", "web", "v1.0.1", "--push", "--branch", "team/main", "--dry-run"]

    assert said(capsys, *words) == "dry run: nothing was written; it would go to main of team\n"

    assert main([*words, "--output", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["remote"], document["branch"]) == ("team", "main")


def follow(work, hint: str) -> None:
    """Do what a hint says between its backticks."""
    for command in hint.split("`")[1].split(" && "):
        git(work, *command.split()[1:])


def test_an_edit_that_waits_in_the_work_tree_does_not_stop_the_pull(cloned, capsys):
    work, _ = cloned
    said(capsys, "--repo", str(work), "bump", "web", "v1.0.1")

    err = said(capsys, "--repo", str(work), "bump", "web", "v1.0.1", "--push")

    follow(work, err.splitlines()[-1])
    assert "newTag: v1.0.1" in (work / WEB).read_text()
    assert git(work, "status", "--porcelain") == ""


def test_commits_of_ones_own_are_put_on_top_of_what_was_pushed(cloned, capsys):
    work, _ = cloned
    write(work, {"notes.txt": "mine\n"})
    git(work, "add", "-A")
    git(work, "commit", "-qm", "Mine")

    err = said(capsys, "--repo", str(work), "bump", "web", "v1.0.1", "--push")

    follow(work, err.splitlines()[-1])
    assert git(work, "log", "--format=%s").split("\n")[:2] == ["Mine", "Bump web to v1.0.1 in dev"]


def test_a_push_to_another_branch_leaves_nothing_to_pull(cloned, capsys):
    work, _ = cloned

    err = said(capsys, "--repo", str(work), "bump", "web", "v1.0.1", "--push", "--branch", "main")

    assert err.splitlines()[-1] == "hint: the work tree is as it was, and its branch tracks another one"


def test_an_edit_of_the_work_tree_says_how_it_is_committed(work, capsys):
    assert "--commit commits it" in said(capsys, "--repo", str(work), "bump", "web", "v1.0.1")
    assert "hint" not in said(capsys, "--repo", str(work), "bump", "web", "v1.0.1", "--commit")


def test_a_commit_that_no_branch_holds_is_told(work, capsys):
    git(work, "switch", "-q", "--detach")

    err = said(capsys, "--repo", str(work), "bump", "web", "v1.0.1", "--commit")

    assert err.splitlines()[-1] == "hint: no branch holds this commit: `git switch -c NAME` keeps it"

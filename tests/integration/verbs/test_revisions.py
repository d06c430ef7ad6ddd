"""Revisions as people type them: a misspelt one is a usage error with names that are near, and three dots are git's."""

import json

import pytest

from bos_tools.cli.main import main
from harness.git import git
from harness.repositories import unit, write

WEB = "overlays/dev/web/kustomization.yaml"


@pytest.fixture
def parted(work):
    """A repository whose `release/1.0` and `main` parted after the first commit."""
    for branch, path, version in (("release/1.0", WEB, "v1.0.1"), ("main", WEB.replace("web", "backend"), "v1.0.2")):
        git(work, "switch", "-q", *(["-c"] if branch != "main" else []), branch)
        write(work, {path: unit(path.split("/")[2], version)})
        git(work, "commit", "-qam", version)
    git(work, "tag", "v1.2.3")
    return work


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["diff", "mian"], "no such revision: 'mian'", "did you mean main?"),
        (["diff", "HEAD..mian~2"], "no such revision: 'mian~2'", "did you mean main?"),
        (["diff", "v1.23"], "no such revision: 'v1.23'", "did you mean v1.2.3?"),
        (["diff", "1.0"], "no such revision: '1.0'", "did you mean release/1.0?"),
        (["diff", "grün"], "no such revision: 'grün'", "git branch --all, git tag and git log say some"),
        (["diff", "web"], "no such revision: 'web'", "it is a service: bos-tools history web"),
        (["check", "--against", "mian"], "no such revision: 'mian'", "did you mean main?"),
    ],
)
def test_a_misspelt_revision_is_no_finding_and_is_asked_back(parted, capsys, words, message, hint):
    assert main(["--repo", str(parted), *words, "--output", "json"]) == 2

    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["reason"], error["message"], error["hint"]) == ("unknown-revision", message, hint)


def test_three_dots_show_what_a_branch_changes_since_it_parted(parted, capsys):
    assert main(["--repo", str(parted), "diff", "main...release/1.0"]) == 0
    since = capsys.readouterr().out
    assert main(["--repo", str(parted), "diff", "main..release/1.0"]) == 0
    both = capsys.readouterr().out

    assert "registry.example.com/web:v1.0.1" in since
    assert "backend" not in since
    assert "backend" in both

"""What a hook puts into a commit is never reported as what was proved."""

from pathlib import Path

import pytest

from bos_tools.change import pipeline
from bos_tools.errors import Refused
from bos_tools.intents.bump import Bump, Request
from harness.git import git
from harness.repositories import write

WEB = "overlays/dev/web/kustomization.yaml"


def commit(work: Path) -> pipeline.Outcome:
    """Bump web and commit it."""
    return pipeline.edit_work_tree(Bump(None, (Request.read("web", "v1.0.1"),)), work, commit=True)


def hook(work: Path, script: str, name: str = "pre-commit") -> None:
    """Install a hook."""
    path = work / ".git/hooks" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_hook_that_rewrites_the_pin_is_told_and_its_commit_taken_back(work):
    head = git(work, "rev-parse", "HEAD")
    hook(work, f"sed -i 's#newTag: .*#newTag: v0.0.1#' {WEB}; git add {WEB}")

    with pytest.raises(Refused, match=f"another {WEB} than was proved: the commit was taken back") as told:
        commit(work)

    assert told.value.reason == "hook-changed"
    assert git(work, "rev-parse", "HEAD") == head
    assert git(work, "status", "--porcelain") == ""


def test_a_hook_that_adds_a_file_is_told_and_the_file_stays(work):
    head = git(work, "rev-parse", "HEAD")
    write(work, {"notes.txt": "mine"})
    hook(work, "git add notes.txt")

    with pytest.raises(Refused, match=r"notes\.txt, which is no part of the change"):
        commit(work)

    assert git(work, "rev-parse", "HEAD") == head
    assert git(work, "status", "--porcelain") == "?? notes.txt\n"


def test_a_hook_that_only_looks_changes_nothing(work):
    hook(work, "git diff --cached --check")

    made = commit(work)

    assert made.commit == git(work, "rev-parse", "HEAD").strip()


def test_a_commit_that_somebody_made_on_top_meanwhile_is_not_taken_back(work):
    hook(work, f"sed -i 's#newTag: .*#newTag: v0.0.1#' {WEB}; git add {WEB}")
    hook(work, "GIT_INDEX_FILE= git commit --quiet --no-verify --allow-empty -m mine 2>/dev/null || :", "post-commit")

    with pytest.raises(Refused) as told:
        commit(work)

    assert told.value.reason == "hook-changed"

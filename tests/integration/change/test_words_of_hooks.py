"""What a hook or a remote says is shown whole, line by line; JSON has both forms."""

import json
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from harness.git import git, remote

LINES = ["Not on a Friday.", "  Ask the release manager,", "or wait."]


def hook(path: Path) -> None:
    path.write_text("#!/bin/sh\n" + "".join(f"echo '{line}'\necho\n" for line in LINES) + "exit 1\n")
    path.chmod(0o755)


@pytest.fixture
def grumpy(work, tmp_path):
    """A clone whose hook says no to each commit, and its remote to each push."""
    hook(work / ".git/hooks/pre-commit")
    hook(remote(work, tmp_path / "bare.git") / "hooks/pre-receive")
    return work


@pytest.mark.parametrize(
    ("how", "first"),
    [
        ("--commit", ["bos-tools: git commit failed:"]),
        ("--push", ["bos-tools: the remote refused the push to main:", "  pre-receive hook declined"]),
    ],
)
def test_every_line_of_a_hook_is_shown(grumpy, capsys, how, first):
    words = ["--repo", str(grumpy), "bump", "web", "v1.0.1", how]
    assert main(words) in (1, 5)

    err = capsys.readouterr().err.splitlines()
    assert [line for line in err if not line.startswith("hint: ")] == [*first, *(f"  {line}" for line in LINES)]

    assert main([*words, "--output", "json"]) in (1, 5)
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["said"][-3:] == LINES
    assert error["message"].endswith("Not on a Friday.; Ask the release manager,; or wait.")


def test_what_git_says_of_a_commit_of_nothing_is_told(work, capsys):
    git(work, "update-index", "--skip-worktree", "overlays/dev/web/kustomization.yaml")

    assert main(["--repo", str(work), "bump", "web", "v1.0.1", "--commit"]) == 5

    assert "nothing to commit" in capsys.readouterr().err

"""kill -9 at random moments: the overlay is old or new, nothing is left behind, the next run works by itself."""

import json
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.git import git, remote
from harness.program import TOOL, finish, start
from harness.repositories import files, repository

UNITS = [f"overlays/dev/{service}/kustomization.yaml" for service in ("backend", "web")]
KILLS = 14
"""For each of the three ways: more than forty in all."""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    made = repository(tmp_path / "work", files(["backend", "web"], ["dev"]))
    remote(made, tmp_path / "origin.git")
    return made


def run(work: Path, env: dict[str, str], version: str, *words: str) -> tuple[int, str, str]:
    return finish(start(work, env, "bump", f"backend={version}", f"web={version}", *words))[0]


def kill_after(work: Path, env: dict[str, str], seconds: float, version: str, *words: str) -> None:
    """Start a bump and kill that one process; what it started lives on, as after a real `kill -9`."""
    command = [TOOL, "bump", f"backend={version}", f"web={version}", *words]
    process = subprocess.Popen(command, cwd=work, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


def tags(work: Path) -> list[str]:
    return [next(w.split()[1] for w in (work / path).read_text().splitlines() if "newTag" in w) for path in UNITS]


def leftovers(work: Path, env: dict[str, str]) -> list[str]:
    """Return what no run may leave behind for good."""
    stray = [str(path) for path in work.rglob(".bos-tools-*")]
    scratch = Path(env["BOS_TOOLS_CACHE"]) / "bos-tools" / "scratch"
    stray += [str(path) for path in scratch.iterdir()] if scratch.exists() else []
    stray += [str(path) for path in (work / ".git").rglob("*.lock")]
    return stray + git(work, "for-each-ref", "refs/bos-tools").splitlines()


def moments(work: Path, env: dict[str, str], *words: str) -> Callable[[], float]:
    """Return random moments within the time that a whole run takes here and now, the last third more often."""
    started = time.monotonic()
    assert run(work, env, "v1.0.1", *words)[0] == 0
    took = time.monotonic() - started
    chance = random.Random(7)
    return lambda: took * (chance.uniform(0.05, 1.0) if chance.random() < 0.5 else chance.uniform(0.5, 1.1))


def test_a_killed_edit_leaves_each_file_old_or_new(work, env):
    moment = moments(work, env)
    for number in range(KILLS):
        old, new = f"v1.{number}.1", f"v1.{number + 1}.1"

        kill_after(work, env, moment(), new)

        assert set(tags(work)) <= {old, new}
        changed = {line[3:] for line in git(work, "status", "--porcelain", "--untracked-files=all").splitlines()}
        assert changed <= set(UNITS)
        code, _, err = run(work, env, new)
        assert code == 0, err
        assert tags(work) == [new, new]
        assert leftovers(work, env) == []


def test_a_killed_commit_is_finished_by_the_same_command(work, env):
    moment = moments(work, env, "--commit")
    for number in range(KILLS):
        old, new = f"v1.{number}.1", f"v1.{number + 1}.1"
        before = git(work, "rev-list", "--count", "HEAD")

        kill_after(work, env, moment(), new, "--commit")

        assert set(tags(work)) <= {old, new}
        code, _, err = run(work, env, new, "--commit")
        assert code == 0, err
        assert tags(work) == [new, new]
        assert git(work, "status", "--porcelain") == ""
        assert int(git(work, "rev-list", "--count", "HEAD")) == int(before) + 1
        assert leftovers(work, env) == []
    git(work, "fsck", "--strict")


def test_a_killed_push_lands_once_or_not_at_all(tmp_path, work, env):
    bare = tmp_path / "origin.git"
    moment = moments(work, env, "--push")
    before = (git(work, "status", "--porcelain"), (work / ".git/index").read_bytes())
    for number in range(KILLS):
        new = f"v1.{number + 1}.1"
        count = int(git(bare, "rev-list", "--count", "main"))

        kill_after(work, env, moment(), new, "--push")

        code, out, err = run(work, env, new, "--push", "--output", "json")
        assert code == 0, err
        assert int(git(bare, "rev-list", "--count", "main")) == count + 1
        assert json.loads(out)["changed"] in {True, False}
        assert leftovers(work, env) == []
        assert (git(work, "status", "--porcelain"), (work / ".git/index").read_bytes()) == before
    for repo in (work, bare):
        git(repo, "fsck", "--strict")


def test_a_commit_killed_between_its_write_and_its_end_is_finished_by_the_same_command(work, env):
    hook = work / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nkill -9 $(ps -o ppid= -p $PPID)\nexit 1\n")  # the parent of git is the bump
    hook.chmod(0o755)

    code, _, _ = run(work, env, "v1.0.1", "--commit")

    assert code == -signal.SIGKILL
    assert tags(work) == ["v1.0.1", "v1.0.1"]
    assert git(work, "rev-list", "--count", "HEAD") == "1\n"
    hook.unlink()
    code, _, err = run(work, env, "v1.0.1", "--commit")
    assert code == 0, err
    assert git(work, "rev-list", "--count", "HEAD") == "2\n"
    assert git(work, "status", "--porcelain") == ""
    assert leftovers(work, env) == []

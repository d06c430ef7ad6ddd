"""A push whose answer is lost, late or wrong: what landed is never called failed, and nothing is done twice."""

import subprocess
import sys
from pathlib import Path

import pytest

from bos_tools.change import pipeline
from bos_tools.doors import private
from bos_tools.doors.remote import Branch, LostRace
from bos_tools.errors import OutsideError
from bos_tools.intents.bump import Bump, Request
from harness.git import git, remote
from harness.waiting import eventually

WEB = "overlays/dev/web/kustomization.yaml"
HANG_UP = "#!/bin/sh\nkill -9 $PPID\n"
"""A hook that runs when the branch has moved, and ends the server before it has said so."""


@pytest.fixture
def bare(work: Path, tmp_path: Path) -> Path:
    """The remote of `work`."""
    return remote(work, tmp_path / "remote.git")


def push(work: Path, version: str = "v1.0.1") -> pipeline.Outcome:
    """Bump web on the remote's main."""
    return pipeline.push(Bump(None, (Request.read("web", version),)), work, remote="origin", branch="main")


def subjects(bare: Path) -> list[str]:
    """Return the newest commits of the remote."""
    return git(bare, "log", "--format=%s", "main").splitlines()


def hang_up(bare: Path) -> Path:
    """Let the server hang up after each push that it took."""
    hook = bare / "hooks" / "post-receive"
    hook.write_text(HANG_UP)
    hook.chmod(0o755)
    return hook


def test_a_push_that_landed_before_the_server_hung_up_is_done(work, bare):
    hang_up(bare)

    made = push(work)

    assert made.commit == git(bare, "rev-parse", "main").strip()
    assert subjects(bare).count("Bump web to v1.0.1 in dev") == 1


def test_a_push_that_landed_and_was_called_a_lost_race_is_done_and_not_repeated(work, bare, monkeypatch):
    pushed = Branch.push

    def lies(self: Branch, sha: str, *, over: str | None = None) -> None:
        pushed(self, sha, over=over)
        raise LostRace("failed to update ref")

    monkeypatch.setattr(Branch, "push", lies)

    made = push(work)

    assert made.commit == git(bare, "rev-parse", "main").strip()
    assert subjects(bare).count("Bump web to v1.0.1 in dev") == 1


def test_a_push_that_did_not_land_stays_an_error(work, bare, monkeypatch):
    def fails(self: Branch, sha: str, *, over: str | None = None) -> None:
        raise OutsideError("the line is dead", reason="git-failed")

    monkeypatch.setattr(Branch, "push", fails)

    with pytest.raises(OutsideError, match="the line is dead") as told:
        push(work)

    assert told.value.reason == "git-failed"


def test_where_nobody_can_say_it_is_said_that_nobody_knows(work, bare, monkeypatch):
    pushed, asked = Branch.push, Branch.head

    def lost(self: Branch, sha: str, *, over: str | None = None) -> None:
        pushed(self, sha, over=over)
        bare.rename(bare.with_name("away"))
        raise OutsideError("the line is dead", reason="git-failed")

    monkeypatch.setattr(Branch, "push", lost)

    with pytest.raises(OutsideError, match=r"it is not known whether [0-9a-f]{12} came to main of origin") as told:
        push(work)

    assert asked is Branch.head
    assert told.value.reason == "push-unclear"
    assert "git fetch origin && git branch --remotes --contains" in told.value.hint


def test_the_children_of_a_program_that_is_too_slow_end_with_it(tmp_path):
    from bos_tools.doors import process

    child = tmp_path / "child"
    script = f"sleep 3600 & echo $! > {child}.new; mv {child}.new {child}; wait"
    for seconds in (0.5, 5, 60):  # a busy machine may take longer than that to start a shell
        with pytest.raises(OutsideError, match="no answer"):
            process.run(["sh", "-c", script], timeout=seconds)
        if child.exists():
            break

    stat = Path(f"/proc/{child.read_text().strip()}/stat")
    assert eventually(lambda: not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z")


def holder(folder: Path) -> "subprocess.Popen[str]":
    """Start a process that holds a folder's lock, and wait until it does."""
    script = (
        f"import pathlib, time; from bos_tools.doors import private\nwith private.lock(pathlib.Path({str(folder)!r})):\n"
        "    print('held', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: "subprocess.Popen[str]") -> None:
    """Kill a holder."""
    process.kill()
    process.communicate()


def test_a_lock_that_somebody_keeps_is_told_with_its_holder(work):
    other = holder(work)
    try:
        words = rf"held the lock for 0 s \(process {other.pid}, python"
        with pytest.raises(OutsideError, match=words) as told, private.lock(work, patience=0.1):
            raise AssertionError("two hold it")
    finally:
        end(other)

    assert told.value.reason == "locked"


def test_a_dry_run_waits_for_nobody(work):
    other = holder(work)
    try:
        made = pipeline.edit_work_tree(Bump(None, (Request.read("web", "v1.0.1"),)), work, dry_run=True)
    finally:
        end(other)

    assert made.plan.edits


def test_who_stands_in_line_and_does_not_move_is_passed_by(tmp_path, monkeypatch):
    monkeypatch.setenv("BOS_TOOLS_CACHE", str(tmp_path / "cache"))
    with private.queue("branch", 10.0):
        passed = False
        with private.queue("branch", 0.1):
            passed = True

    assert passed

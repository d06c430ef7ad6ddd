"""What a change is planned on: the commit that it lands on, with that commit's history, and nothing of this clone's."""

from pathlib import Path

import pytest

from bos_tools.cli.main import main
from bos_tools.doors.remote import Branch
from harness.git import clone, git, remote
from harness.repositories import repository
from harness.volumes import contents

GROWTH = """\
growth:
  threshold: 80
  leadTime: 7d
  horizon: 30d
  targetFill: 70
  classes:
    disk:
      step: 50Gi
      budget:
        count: 4
        hours: 24
"""
SPENT = "web-data has grown too often: 4 of 4 growths in 24 h are used"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A remote with volumes whose class allows four growths a day."""
    made = contents()
    made["overlays/dev/environment.yaml"] = GROWTH
    return remote(repository(tmp_path / "first", made), tmp_path / "origin.git")


def grow(work: Path, size: str, *words: str) -> int:
    return main(["--repo", str(work), "pvc", "grow", "web-data", size, "--no-live", *(words or ("--push",))])


def landed(bare: Path) -> list[str]:
    return git(bare, "log", "--format=%(trailers:key=Bos-To,valueonly,separator=%x20)", "main").split()[::-1]


def test_a_stale_clone_can_not_push_a_fifth_growth(tmp_path, bare, capsys):
    fresh, stale = clone(bare, tmp_path / "fresh"), clone(bare, tmp_path / "stale")
    for size in ("6Gi", "7Gi", "8Gi", "9Gi"):
        assert grow(fresh, size) == 0
        git(fresh, "pull", "-q")
    capsys.readouterr()

    assert grow(stale, "10Gi") == 1

    assert SPENT in capsys.readouterr().err
    assert landed(bare) == ["6Gi", "7Gi", "8Gi", "9Gi"]


def test_a_clone_that_never_pulls_can_not_push_a_fifth_growth_of_its_own(tmp_path, bare, capsys):
    work = clone(bare, tmp_path / "work")

    codes = [grow(work, "+1Gi") for _ in range(6)]

    assert codes == [0, 0, 0, 0, 1, 1]
    assert SPENT in capsys.readouterr().err
    assert landed(bare) == ["6Gi", "7Gi", "8Gi", "9Gi"]


def test_a_lost_race_against_the_last_growth_of_the_budget_is_refused(tmp_path, bare, capsys, monkeypatch):
    ours, theirs = clone(bare, tmp_path / "ours"), clone(bare, tmp_path / "theirs")
    for size in ("6Gi", "7Gi", "8Gi"):
        assert grow(ours, size) == 0
    git(ours, "pull", "-q")
    push, tries = Branch.push, []

    def late(branch: Branch, sha: str, **options: str) -> None:
        tries.append(sha)
        if len(tries) == 1:
            assert grow(theirs, "9Gi") == 0
            capsys.readouterr()
        push(branch, sha, **options)

    monkeypatch.setattr(Branch, "push", late)

    assert grow(ours, "10Gi") == 1

    assert SPENT in capsys.readouterr().err
    assert landed(bare) == ["6Gi", "7Gi", "8Gi", "9Gi"]


@pytest.mark.parametrize("date", ["2001-01-01T00:00:00Z", "@1 +0000"])
def test_a_lying_clock_does_not_evade_the_budget(tmp_path, bare, capsys, monkeypatch, date):
    monkeypatch.setenv("GIT_COMMITTER_DATE", date)
    work = clone(bare, tmp_path / "work")

    codes = [grow(work, "+1Gi") for _ in range(6)]

    assert codes == [0, 0, 0, 0, 1, 1]
    assert SPENT in capsys.readouterr().err


def test_dates_of_commits_made_by_hand_that_lie_do_not_evade_it_either(tmp_path, bare, capsys, monkeypatch):
    work = clone(bare, tmp_path / "work")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2001-01-01T00:00:00Z")
    for size in ("6Gi", "7Gi", "8Gi", "9Gi"):
        git(work, "commit", "-q", "--allow-empty", "-m", f"Grow\n\nBos-Volume: dev/web/web-data\nBos-To: {size}")
    git(work, "push", "-q")
    monkeypatch.delenv("GIT_COMMITTER_DATE")

    assert grow(work, "10Gi") == 1
    assert SPENT in capsys.readouterr().err

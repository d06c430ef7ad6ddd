"""What a change is planned on: the commit that it lands on, with that commit's history, and nothing of this clone's."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bos_tools.change.ground import now, of_commit, of_work_tree
from bos_tools.change.history import history
from bos_tools.cli.main import main
from bos_tools.doors.git import Git
from bos_tools.doors.remote import Branch
from bos_tools.intents.bump import Bump
from bos_tools.intents.grow import Adopt, Grow
from bos_tools.intents.register import Register
from bos_tools.intents.together import Together
from harness.git import clone, git, remote
from harness.repositories import repository, unit, write
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


def test_the_trailers_of_commits_tell_the_growths(work: Path):
    texts = (
        (
            "Grow two\n\nBos-Volume: dev/redis/a\nBos-From: 1Gi\nBos-To: 2Gi\n"
            "Bos-Volume: dev/redis/b\nBos-From: 3Gi\nBos-To: 4Gi\nBos-Reason: full"
        ),
        "Say\n\nSigned-off-by: Me",
        "Nothing",
    )
    for text in texts:
        git(work, "commit", "-q", "--allow-empty", "-m", text)

    ground = of_work_tree(work, now())

    found = ground.growths(ground.at - timedelta(hours=1))
    assert [(one.volume, one.old, one.new) for one in found] == [
        ("dev/redis/a", "1Gi", "2Gi"),
        ("dev/redis/b", "3Gi", "4Gi"),
    ]
    assert {one.commit for one in found} == {git(work, "rev-parse", "HEAD~2").strip()}
    assert ground.growths(ground.at + timedelta(hours=1)) == []


def dated(work: Path, monkeypatch, when: datetime, text: str, *words: str) -> str:
    """Make an empty commit at a moment, and return it."""
    with monkeypatch.context() as patch:
        patch.setenv("GIT_COMMITTER_DATE", when.isoformat())
        git(work, *(words or ("commit", "-q", "--allow-empty")), "-m", text)
    return git(work, "rev-parse", "HEAD").strip()


def test_a_growth_of_a_branch_counts_from_its_merge_on_and_is_listed_once(work, monkeypatch):
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=10)
    git(work, "switch", "-qc", "topic")
    grown = dated(work, monkeypatch, at - timedelta(days=3), "Grow\n\nBos-Volume: dev/web/data\nBos-To: 2Gi")
    git(work, "switch", "-q", "main")
    dated(work, monkeypatch, at - timedelta(days=2), "Other")
    dated(work, monkeypatch, at - timedelta(hours=5), "Merge", "merge", "-q", "--no-ff", "topic")
    dated(work, monkeypatch, at - timedelta(hours=1), "Later")

    [found] = of_work_tree(work, at).growths(at - timedelta(days=1))

    assert (found.commit, found.at, found.new) == (grown, at - timedelta(hours=5), "2Gi")


def test_a_growth_that_is_only_proposed_is_in_no_budget(work, monkeypatch):
    git(work, "switch", "-qc", "topic")
    git(work, "commit", "-q", "--allow-empty", "-m", "Grow\n\nBos-Volume: dev/web/data\nBos-To: 2Gi")
    door = Git(work)
    ground = of_commit(door.at(door.resolve("main")), now())

    assert ground.under(of_commit(door.at(door.resolve("topic")), now()).tree).growths(ground.at - timedelta(1)) == []


def test_a_replay_knows_nothing_of_what_came_later(work, monkeypatch):
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=10)
    for hours in (30, 3, 1):
        dated(work, monkeypatch, at - timedelta(hours=hours), f"Grow\n\nBos-Volume: dev/web/data\nBos-To: {hours}Gi")

    replay = of_work_tree(work, at - timedelta(hours=2), is_replay=True)
    ahead = of_work_tree(work, at - timedelta(hours=2))

    assert [one.new for one in replay.growths(at - timedelta(days=1))] == ["3Gi"]
    assert [one.new for one in ahead.growths(at - timedelta(days=1))] == ["1Gi", "3Gi"]
    assert max(one.at for one in ahead.growths(at - timedelta(days=1))) == ahead.at


def test_a_shallow_clone_says_what_it_can_not_know_and_how_it_comes_to_know_it(tmp_path, bare, capsys):
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{bare}", "shallow")
    work = clone(bare, tmp_path / "work")
    for size in ("6Gi", "7Gi", "8Gi", "9Gi"):
        assert grow(work, size) == 0
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{bare}", "later")
    capsys.readouterr()

    assert grow(tmp_path / "later", "10Gi") == 1

    said = capsys.readouterr().err
    assert "history of this clone ends before" in said
    [hint] = [line.partition("hint: ")[2] for line in said.splitlines() if "hint: " in line]
    git(tmp_path / "later", *hint.split()[1:])
    assert grow(tmp_path / "later", "10Gi") == 1
    assert SPENT in capsys.readouterr().err


def test_a_pin_stands_since_the_commit_that_last_brought_it_whoever_made_it(work, monkeypatch):
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=10)
    path, made = "overlays/dev/web/kustomization.yaml", []
    for days, tag in ((9, "v2.0.0"), (7, "v1.0.0"), (5, "v2.0.0"), (3, None)):
        write(work, {path: unit("web", tag)} if tag else {"base/note.txt": "x"})
        git(work, "add", "-A")
        made.append(dated(work, monkeypatch, at - timedelta(days=days), f"Pin {tag}", "commit", "-q", "-a"))
    assert main(["--repo", str(work), "bump", "backend", "v1.0.1", "--commit"]) == 0
    ground = of_work_tree(work, at)

    since = ground.pinned("dev", "web")["web"]
    tool = ground.pinned("dev", "backend")["backend"]

    assert (since.commit, since.at, since.author, since.is_recorded) == (made[2], at - timedelta(5), "Test", False)
    assert (tool.commit, tool.is_recorded) == (git(work, "rev-parse", "HEAD").strip(), True)
    assert ground.pinned("prod", "web")["web"].commit == git(work, "rev-list", "--max-parents=0", "HEAD").strip()
    write(work, {path: unit("web", "v3.0.0")})
    assert of_work_tree(work, at).pinned("dev", "web") == {}


def test_a_branch_without_a_commit_has_no_history(tmp_path):
    git(tmp_path, "init", "-q", "-b", "main")
    ground = of_work_tree(tmp_path, now())

    assert ground.growths(ground.at - timedelta(days=1)) == []
    assert ground.pinned("dev", "web") == {}


def test_a_commit_of_ours_bears_the_moment_of_its_ground(bare, tmp_path, monkeypatch):
    work = clone(bare, tmp_path / "work")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2001-01-01T00:00:00Z")
    before = now().replace(microsecond=0)

    for words in (("--commit",), ("--push",)):
        assert main(["--repo", str(work), "bump", "web", "v1.0.1", *words]) == 0

    for where in (work, bare):
        assert before <= datetime.fromisoformat(git(where, "log", "-1", "--format=%cI", "main").strip()) <= now()


def test_each_kind_of_intent_has_a_word_of_its_own_and_no_class_gives_its_name():
    kinds = {intent: intent.kind for intent in (Bump, Grow, Adopt, Register)}

    assert kinds == {Bump: "bump", Grow: "grow", Adopt: "adopt", Register: "register"}
    assert Together("Several", (), kind="recommended").kind == "recommended"


def test_a_history_of_many_commits_takes_no_more_processes_than_one_of_few(work, monkeypatch):
    started: list[object] = []
    begin = subprocess.Popen.__init__

    def counted(self, command, *more, **options):
        started.append(command)
        begin(self, command, *more, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", counted)

    def processes(of: int) -> int:
        started.clear()
        assert len(history(work, "web", None, of)) == of
        return len(started)

    for number in range(1, 9):
        write(work, {"overlays/dev/web/kustomization.yaml": unit("web", f"v1.0.{number}")})
        git(work, "commit", "-qam", f"Pin {number}")

    assert processes(2) == processes(8) <= 4

"""What a change is planned on: the commit that it lands on, with that commit's history, and nothing of this clone's."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bos_tools.change.ground import now, of_work_tree
from bos_tools.change.history import history
from bos_tools.cli.main import main
from bos_tools.intents.bump import Bump
from bos_tools.intents.grow import Adopt, Grow
from bos_tools.intents.register import Register
from bos_tools.intents.together import Together
from harness.git import clone, git, remote
from harness.repositories import repository, unit, write
from harness.volumes import contents


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A remote with volumes."""
    return remote(repository(tmp_path / "first", contents()), tmp_path / "origin.git")


def dated(work: Path, monkeypatch, when: datetime, *words: str) -> str:
    """Run git at a moment, and return the newest commit."""
    with monkeypatch.context() as patched:
        patched.setenv("GIT_COMMITTER_DATE", when.isoformat())
        git(work, *words)
    return git(work, "rev-parse", "HEAD").strip()


def test_a_pin_stands_since_the_commit_that_last_brought_it_whoever_made_it(work, monkeypatch):
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=10)
    path, made = "overlays/dev/web/kustomization.yaml", []
    for days, tag in ((9, "v2.0.0"), (7, "v1.0.0"), (5, "v2.0.0"), (3, None)):
        write(work, {path: unit("web", tag)} if tag else {"base/note.txt": "x"})
        git(work, "add", "-A")
        made.append(dated(work, monkeypatch, at - timedelta(days=days), "commit", "-qam", f"Pin {tag}"))
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

    assert ground.growths("dev", "web", ground.at - timedelta(days=1)) == []
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

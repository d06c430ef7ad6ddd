"""Which size is to arrive: what was pushed, unless this work tree itself gave another one since."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from bos_tools.doors import remote as remotes
from bos_tools.doors.git import Git
from bos_tools.verbs.pushed import Goal, goal
from bos_tools.verbs.session import Session
from harness.git import clone, git, remote
from harness.repositories import repository, write
from harness.volumes import contents, patch

SIZE = "overlays/dev/web/web-data.yaml"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    first = repository(tmp_path / "first", contents())
    return clone(remote(first, tmp_path / "origin.git"), tmp_path / "work")


@pytest.fixture
def other(work: Path, tmp_path: Path) -> Path:
    return clone(tmp_path / "origin.git", tmp_path / "other")


def sized(where: Path, size: str, *, pushed: bool = True) -> str:
    write(where, {SIZE: patch("web-data", size)})
    git(where, "commit", "-qam", "Room")
    if pushed:
        git(where, "push", "-q")
    return git(where, "rev-parse", "HEAD").strip()


@pytest.fixture
def meant(work: Path):
    """Return what asks for the goal of web-data, with what was told of it."""
    with ExitStack() as held:

        def ask(*, to: str = "origin") -> tuple[Goal, list[object]]:
            told: list[object] = []
            door = Git(work)
            held.callback(door.close)
            branch = held.enter_context(remotes.fetched(door, to, "main"))
            return goal(Session(work, told.append), "dev", "web-data", branch, door), told

        yield ask


def said(found: Goal) -> tuple[str, bool]:
    return found.volume.sizes[0].said.value, found.is_landed


def test_a_work_tree_that_push_left_behind_waits_for_what_was_pushed(work, other, meant):
    grown = sized(other, "8Gi")
    git(other, "commit", "-q", "--allow-empty", "-m", "Other")
    git(other, "push", "-q")

    found, told = meant()

    assert said(found) == ("8Gi", True)
    assert found.commit == grown
    assert told == ["origin/main gives web-data 8Gi, and this work tree 5Gi: what was pushed counts"]


def test_a_work_tree_that_is_what_was_pushed_says_nothing(work, meant):
    sized(work, "8Gi")

    found, told = meant()

    assert (said(found), told) == (("8Gi", True), [])


def test_a_growth_that_nobody_pushed_is_known_at_once(work, meant):
    sized(work, "8Gi", pushed=False)

    assert said(meant()[0]) == ("8Gi", False)


def test_an_edit_that_no_commit_holds_is_not_pushed_either(work, meant):
    write(work, {SIZE: patch("web-data", "8Gi")})

    assert said(meant()[0]) == ("8Gi", False)


def test_unpushed_commits_about_something_else_leave_it_to_the_branch(work, other, meant):
    git(work, "commit", "-q", "--allow-empty", "-m", "Mine")
    sized(other, "8Gi")

    assert said(meant()[0]) == ("8Gi", True)


def test_a_remote_that_does_not_answer_leaves_the_word_to_this_clone(work, tmp_path, meant):
    sized(work, "8Gi", pushed=False)
    (tmp_path / "origin.git").rename(tmp_path / "away.git")

    found, told = meant()

    assert said(found) == ("8Gi", True)
    assert str(told[0]).startswith("origin can't be asked, so this clone's own word counts: ")


def test_a_commit_on_top_of_the_growth_holds_it_even_one_that_is_younger_than_this_clone(work, other, meant):
    before = git(work, "rev-parse", "HEAD").strip()
    grown = sized(work, "8Gi")
    found, _ = meant()
    git(other, "pull", "-q")
    git(other, "commit", "-q", "--allow-empty", "-m", "Later")
    git(other, "push", "-q")
    later = git(other, "rev-parse", "HEAD").strip()

    assert [found.holds(one) for one in (before, grown, later)] == [False, True, True]


def test_what_no_clone_knows_may_hold_it(work, meant):
    found, _ = meant()

    assert found.holds("0" * 40)

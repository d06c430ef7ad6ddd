"""Where a change goes that names no remote or no branch, and how a branch may be written."""

import pytest

from bos_tools.doors.git import Git
from bos_tools.doors.tracking import Destination, destination, upstream
from bos_tools.errors import BosError, Refused, Usage
from harness.git import git


@pytest.fixture
def clone(work):
    """A clone of two remotes whose `main` tracks the `trunk` of one, and whose `topic` tracks nothing."""
    for name in ("origin", "team/upstream"):
        git(work, "remote", "add", name, f"/nowhere/{name}.git")
    git(work, "config", "branch.main.remote", "team/upstream")
    git(work, "config", "branch.main.merge", "refs/heads/trunk")
    git(work, "branch", "topic")
    git(work, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    return work


def goes(clone, remote: str | None = None, branch: str | None = None) -> str:
    return str(destination(Git(clone), remote, branch))


@pytest.mark.parametrize(
    ("remote", "branch", "where"),
    [
        (None, None, "trunk of team/upstream"),
        ("team/upstream", None, "trunk of team/upstream"),
        ("origin", None, "main of origin"),
        (None, "release", "release of team/upstream"),
        ("origin", "release", "release of origin"),
        (None, "refs/heads/release", "release of team/upstream"),
        (None, "refs/heads/origin/x", "origin/x of team/upstream"),
        (None, "origin/release", "release of origin"),
        (None, "remotes/origin/release", "release of origin"),
        (None, "refs/remotes/origin/release", "release of origin"),
        (None, "team/upstream/fix/a", "fix/a of team/upstream"),
        (None, "team/fix", "team/fix of team/upstream"),
        ("origin", "remotes/origin/x", "x of origin"),
        (None, "remotes/origin/HEAD", "trunk of origin"),
        (None, "team/upstream/HEAD", "HEAD of team/upstream"),
        ("/srv/other.git", None, "main of /srv/other.git"),
        ("https://me:secret@host/x.git", "main", "main of https://host/x.git"),
    ],
)
def test_a_change_goes_where_it_is_told_and_else_where_the_branch_comes_from(clone, remote, branch, where):
    assert goes(clone, remote, branch) == where


def test_a_branch_that_tracks_nothing_goes_where_git_would_push_it(clone):
    git(clone, "switch", "-q", "topic")
    assert goes(clone) == "topic of origin"

    git(clone, "config", "remote.pushDefault", "team/upstream")
    assert goes(clone) == "topic of team/upstream"

    git(clone, "config", "branch.topic.pushRemote", "origin")
    assert goes(clone) == "topic of origin"


def test_the_only_remote_is_meant_whatever_its_name(work):
    git(work, "remote", "add", "somewhere", "/nowhere")

    assert goes(work) == "main of somewhere"


def test_a_branch_that_tracks_one_of_this_clone_has_no_upstream_on_a_remote(clone):
    git(clone, "switch", "-qc", "mine", "--track", "main")

    assert upstream(Git(clone)) is None
    assert goes(clone) == "mine of origin"


def test_without_a_branch_the_remote_alone_is_not_enough(clone):
    git(clone, "switch", "-q", "--detach")

    assert destination(Git(clone), "origin", "main") == Destination("origin", "main")
    with pytest.raises(Refused, match="no branch is checked out"):
        goes(clone, "origin")


@pytest.mark.parametrize(
    ("remote", "branch", "message", "hint"),
    [
        ("orgin", None, "no such remote: 'orgin'", "one of origin, team/upstream"),
        ("", None, "the remote is empty", "name one, or leave --remote out"),
        ("origin", "team/upstream/x", "two remotes are named", "--branch x"),
    ],
)
def test_words_that_name_no_place_are_a_usage_error(clone, remote, branch, message, hint):
    with pytest.raises(Usage, match=message) as caught:
        goes(clone, remote, branch)
    assert caught.value.hint == hint


def test_a_clone_without_a_remote_says_how_to_add_one(work):
    with pytest.raises(BosError) as caught:
        goes(work)
    assert (caught.value.message, caught.value.hint) == (
        "this clone has no such remote: 'origin'",
        "git remote add origin URL",
    )

"""Pull requests that others work on too: nobody's commits and no newer version are overwritten."""

import httpx2
import pytest

from bos_tools.change.pipeline import Outcome
from bos_tools.doors.remote import Branch
from bos_tools.errors import CommandFailed, OutsideError, Refused
from harness.git import clone, git
from harness.proposals import TOPIC, WEB, proposed
from harness.repositories import files


def test_a_humans_commit_on_the_branch_stays_and_a_newer_version_comes_on_top(place):
    place.bump("web=v1.0.1")
    theirs = place.by_hand(TOPIC, {"notes.txt": "mine"})

    done = place.bump("web=v1.0.2")

    assert done.pull_request.action == "updated"
    assert git(place.bare, "rev-parse", f"{TOPIC}^").strip() == theirs
    assert place.file(TOPIC, "notes.txt") == "mine"
    assert "newTag: v1.0.2" in place.file(TOPIC)
    assert "web:v1.0.0` | `registry.example.com/web:v1.0.2" in place.forge.open_now()[0]["body"]
    before = len(place.forge.writes)
    assert place.bump("web=v1.0.2").pull_request.action == "unchanged"
    assert len(place.forge.writes) == before
    with pytest.raises(Refused, match="newer already"):
        place.bump("web=v1.0.1")


def test_a_commit_that_a_human_amended_is_the_humans(hub):
    hub.bump("web=v1.0.1")
    amended = hub.by_hand(TOPIC, {WEB: hub.file(TOPIC) + "# why\n"}, "--amend", "--no-edit")

    hub.bump("web=v1.0.2")

    assert git(hub.bare, "rev-parse", f"{TOPIC}^").strip() == amended
    assert "# why" in hub.file(TOPIC)


def test_a_pull_request_with_a_humans_commits_is_not_closed_as_superseded(hub):
    hub.bump("web=v1.0.1")
    hub.by_hand(TOPIC, {"notes.txt": "mine"})

    done = hub.bump("web=v1.0.2", "backend=v1.0.2")

    assert done.pull_request.superseded == ()
    assert [pull["number"] for pull in hub.forge.open_now()] == [1, 2]
    assert TOPIC in hub.branches()


def test_a_humans_branch_without_a_pull_request_is_refused(hub):
    git(hub.bare, "branch", TOPIC, "main")
    theirs = hub.by_hand(TOPIC, {"notes.txt": "mine"})

    with pytest.raises(Refused, match="commits that are not ours") as told:
        hub.bump("web=v1.0.1")

    assert told.value.reason == "foreign-branch"
    assert hub.head(TOPIC) == theirs
    assert hub.forge.writes == []


def test_the_words_that_a_human_gave_a_pull_request_stay_until_the_change_is_another(hub):
    hub.bump("web=v1.0.1")
    hub.forge.pulls[0]["title"] = "Mine"

    assert hub.bump("web=v1.0.1").pull_request.action == "unchanged"
    assert hub.forge.pulls[0]["title"] == "Mine"
    hub.bump("web=v1.0.2")
    assert hub.forge.pulls[0]["title"] == "Bump web to v1.0.2 in dev"


def test_a_run_that_ended_between_the_push_and_the_pull_request_is_finished_by_the_next(place):
    place.bump("web=v1.0.1")
    place.forge.pulls.clear()
    before = place.head(TOPIC)

    done = place.bump("web=v1.0.1")

    assert (done.pull_request.action, done.commit, place.head(TOPIC)) == ("opened", None, before)


def test_a_forge_that_fails_after_the_push_is_told_with_what_the_branch_has(place, monkeypatch):
    answer = place.forge.handle

    def broken(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(422, json={"message": "no"}) if request.method == "POST" else answer(request)

    monkeypatch.setattr(place.forge, "handle", broken)

    with pytest.raises(OutsideError) as told:
        place.bump("web=v1.0.1")

    assert f"{TOPIC} has the commit {place.head(TOPIC)[:12]}, but not its pull request" in str(told.value)
    assert told.value.hint.endswith("run it again: it goes on from there")


def test_a_forge_that_fails_to_close_what_is_superseded_is_told_with_what_is_open(hub, monkeypatch):
    hub.bump("web=v1.0.1")
    answer = hub.forge.handle

    def broken(request: httpx2.Request) -> httpx2.Response:
        is_comment = request.url.path.endswith("/comments")
        return httpx2.Response(422, json={"message": "no"}) if is_comment else answer(request)

    monkeypatch.setattr(hub.forge, "handle", broken)

    with pytest.raises(OutsideError, match=r"the pull request is opened: .*, but what it supersedes is not closed: "):
        hub.bump("web=v1.0.2", "backend=v1.0.2")

    assert len(hub.forge.pulls) == 2


def test_a_proposal_whose_answer_is_lost_is_pushed_and_opened_all_the_same(hub, monkeypatch):
    pushed = Branch.push

    def hangs_up(self: Branch, sha: str, *, over: str | None = None) -> None:
        pushed(self, sha, over=over)
        raise CommandFailed(["git", "push"], 128, "the remote end hung up unexpectedly")

    monkeypatch.setattr(Branch, "push", hangs_up)

    done = hub.bump("web=v1.0.1")

    assert (done.commit, done.pull_request.action) == (hub.head(TOPIC), "opened")


def test_a_newer_branch_without_a_pull_request_may_be_about_to_get_one_and_is_kept(hub):
    hub.bump("web=v1.0.2")
    hub.forge.pulls[0]["open"] = False

    with pytest.raises(Refused, match=r"newer already.*without an open pull request") as told:
        hub.bump("web=v1.0.1")

    assert f"git push origin --delete {TOPIC}" in told.value.hint
    assert "newTag: v1.0.2" in hub.file(TOPIC)
    done = hub.bump("web=v1.0.3")
    assert (done.pull_request.number, done.pull_request.action) == (2, "opened")


def test_a_merged_branch_that_stayed_is_begun_anew(hub):
    hub.bump("web=v1.0.1")
    git(hub.bare, "update-ref", "refs/heads/main", hub.head(TOPIC))
    hub.forge.pulls[0]["open"] = False

    assert hub.bump("web=v1.0.1").pull_request is None
    done = hub.bump("web=v1.0.2")

    assert done.pull_request.number == 2
    assert git(hub.bare, "rev-parse", f"{TOPIC}^") == git(hub.bare, "rev-parse", "main")


def test_a_target_that_moved_elsewhere_leaves_the_pull_request_alone_and_one_that_would_conflict_does_not(hub):
    hub.bump("web=v1.0.2")
    hub.by_hand("main", {"notes.txt": "mine"})
    assert hub.bump("web=v1.0.2").pull_request.action == "unchanged"

    hub.by_hand("main", {WEB: files()[WEB].replace("v1.0.0", "v1.0.1")})

    assert hub.bump("web=v1.0.2").commit is None  # main's own new pin merges with ours: the file comes out the same
    hub.by_hand("main", {WEB: hub.file("main") + "# a word\n"})
    done = hub.bump("web=v1.0.2")
    assert done.pull_request.action == "updated"
    assert git(hub.bare, "rev-parse", f"{TOPIC}^") == git(hub.bare, "rev-parse", "main")


def test_another_run_that_was_faster_to_open_is_found(place):
    place.forge.before_open = lambda: place.forge.add(TOPIC, "main", "Theirs", None)

    done = place.bump("web=v1.0.1")

    assert (done.pull_request.number, done.pull_request.action, done.tries) == (1, "updated", 2)
    assert place.forge.open_now()[0]["title"] == "Bump web to v1.0.1 in dev"


def test_a_newer_push_between_ours_and_the_pull_request_wins_and_its_words_stand(hub):
    other = clone(hub.bare, hub.root / "other")
    newer: list[Outcome] = []
    hub.forge.before_open = lambda: newer.append(hub.bump("web=v1.0.2", work=other))

    with pytest.raises(Refused, match=r"newer already: v1\.0\.2, as pull request #1"):
        hub.bump("web=v1.0.1")

    assert proposed(newer[0]).action == "opened"
    assert "newTag: v1.0.2" in hub.file(TOPIC)
    assert [pull["title"] for pull in hub.forge.open_now()] == ["Bump web to v1.0.2 in dev"]


def test_words_that_a_slower_run_left_are_mended(hub):
    hub.bump("web=v1.0.2")
    hub.forge.pulls[0] |= {"title": "Bump web to v1.0.1 in dev", "body": f"<!-- bos-tools: {'0' * 40} -->"}

    with pytest.raises(Refused, match="newer already"):
        hub.bump("web=v1.0.1")

    assert hub.forge.pulls[0]["title"] == "Bump web to v1.0.2 in dev"
    assert "web:v1.0.2" in hub.forge.pulls[0]["body"]


def test_a_shallow_clone_knows_its_own_commits(hub):
    hub.by_hand("main", {"notes.txt": "one"})
    hub.bump("web=v1.0.1")
    hub.by_hand("main", {"notes.txt": "two"})
    shallow = hub.root / "shallow"
    git(hub.root, "clone", "-q", "--depth=1", f"file://{hub.bare}", str(shallow))

    done = hub.bump("web=v1.0.2", work=shallow)

    assert done.pull_request.action == "updated"
    assert git(hub.bare, "rev-list", "--count", f"main..{TOPIC}") == "1\n"

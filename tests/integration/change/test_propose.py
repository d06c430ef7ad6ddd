"""Pull requests: one for a kind, an environment and services, and none beside what is proposed already."""

import pytest

from bos_tools.errors import Refused
from bos_tools.intents.bump import Bump, Request
from bos_tools.intents.grow import Grow, Wish
from harness import ROOT
from harness.git import git
from harness.proposals import TOPIC, WEB, Place, proposed


def test_a_proposal_is_one_commit_on_the_target_and_a_pull_request_that_says_what_changes(place):
    done = place.bump("web=v1.0.1")

    assert (done.pull_request.number, done.pull_request.action) == (1, "opened")
    assert done.pull_request.url == "https://example.com/team/gitops/pulls/1"
    assert git(place.bare, "log", "--format=%s", f"main..{TOPIC}").split("\n")[0] == "Bump web to v1.0.1 in dev"
    assert git(place.bare, "diff", "--name-only", f"main...{TOPIC}").split() == [WEB]
    (pull,) = place.forge.open_now()
    assert (pull["head"], pull["base"], pull["title"]) == (TOPIC, "main", "Bump web to v1.0.1 in dev")
    assert "registry.example.com/web:v1.0.0` | `registry.example.com/web:v1.0.1" in pull["body"]
    assert "overlays/dev/web" in pull["body"]
    assert git(place.work, "status", "--porcelain") == ""
    assert git(place.work, "for-each-ref", "refs/bos-tools") == ""


def test_a_second_run_pushes_nothing_and_writes_nothing(place):
    place.bump("web=v1.0.1")
    before, writes = place.head(TOPIC), len(place.forge.writes)

    done = place.bump("web=v1.0.1")

    assert (done.pull_request.number, done.pull_request.action, done.commit) == (1, "unchanged", None)
    assert (place.head(TOPIC), len(place.forge.writes)) == (before, writes)


def test_a_newer_version_replaces_the_commit_and_edits_the_pull_request(place):
    place.bump("web=v1.0.1")

    done = place.bump("web=v1.0.2")

    assert (done.pull_request.number, done.pull_request.action) == (1, "updated")
    assert git(place.bare, "rev-list", "--count", f"main..{TOPIC}") == "1\n"
    (pull,) = place.forge.open_now()
    assert pull["title"] == "Bump web to v1.0.2 in dev"
    assert "web:v1.0.2" in pull["body"]
    assert "web:v1.0.1`" not in pull["body"]


def test_an_older_version_is_refused_with_the_number_of_the_newer_one(place):
    place.bump("web=v1.0.2")
    before, writes = place.head(TOPIC), len(place.forge.writes)

    with pytest.raises(Refused, match=r"web in dev is newer already: v1\.0\.2, as pull request #1 proposes") as told:
        place.bump("web=v1.0.1")

    assert told.value.reason == "downgrade"
    assert "pulls/1" in told.value.hint
    assert (place.head(TOPIC), len(place.forge.writes)) == (before, writes)
    assert place.bump("web=v1.0.1", allow_downgrade=True).pull_request.action == "updated"


def test_a_change_of_more_services_closes_what_it_supersedes_and_nothing_else(place):
    place.bump("web=v1.0.1")
    place.bump("postgres=v1.0.1")

    done = place.bump("web=v1.0.2", "backend=v1.0.2")

    assert (done.pull_request.number, done.pull_request.superseded) == (3, (1,))
    assert [pull["number"] for pull in place.forge.open_now()] == [2, 3]
    assert place.forge.comments == [(1, "Superseded by https://example.com/team/gitops/pulls/3")]
    assert place.branches() == {"main", "bos-tools/dev/bump-postgres", "bos-tools/dev/bump-backend+web"}


def test_what_a_wider_pull_request_proposes_already_is_not_proposed_again(place):
    place.bump("web=v1.0.2", "backend=v1.0.2")

    done = place.bump("web=v1.0.2")

    assert (done.pull_request.number, done.pull_request.action) == (1, "unchanged")
    assert place.branches() == {"main", "bos-tools/dev/bump-backend+web"}
    with pytest.raises(Refused, match="as pull request #1 proposes"):
        place.bump("web=v1.0.1")


def test_a_newer_version_of_one_service_leaves_the_wider_pull_request_to_its_reader(hub):
    hub.bump("web=v1.0.1", "backend=v1.0.1")

    done = hub.bump("web=v1.0.2")

    assert (done.pull_request.number, done.pull_request.superseded) == (2, ())
    assert len(hub.forge.open_now()) == 2


def test_environments_are_apart(hub):
    hub.bump("web=v1.0.1")
    intent = Bump("preprod", (Request.read("web", "v1.0.0-rc1"),), allow_downgrade=True)

    done = hub.propose(intent)

    assert (done.pull_request.number, done.pull_request.branch) == (2, "bos-tools/preprod/bump-web")


def test_pull_requests_of_forks_and_of_other_targets_are_not_ours(place):
    place.forge.add(TOPIC, "main", "A fork's", "text", fork=True)
    place.forge.add(TOPIC, "release", "Another target's", None)

    assert place.bump("web=v1.0.1", dry_run=True).pull_request.action == "opened"


def test_a_pull_request_on_a_later_page_is_found(place):
    place.forge.page_size = 2
    for number in range(4):
        place.forge.add(f"feature-{number}", "main", "Theirs", None)
    place.bump("web=v1.0.1")

    assert place.bump("web=v1.0.1").pull_request.action == "unchanged"


def test_growing_by_so_much_is_proposed_once_and_a_larger_size_edits_it(tmp_path, forge_token):
    ours = ROOT
    listed = git(ours, "ls-files", "base", "overlays", "pyproject.toml").split()
    place = Place(tmp_path, "gitea", {path: (ours / path).read_bytes() for path in listed})
    more = Grow("dev", "redis-data", Wish.read("+1Gi"), needs_snapshot=False, beyond_plan=True)

    done = [proposed(place.propose(more)) for _ in range(2)]

    assert [(one.number, one.action) for one in done] == [(1, "opened"), (1, "unchanged")]
    assert place.branches() >= {"bos-tools/dev/grow-redis.redis-data"}
    larger = Grow("dev", "redis-data", Wish.read("4Gi"), needs_snapshot=False, beyond_plan=True)
    twice = proposed(place.propose(larger))
    assert (twice.number, twice.action) == (1, "updated")
    assert "4Gi" in place.forge.pulls[0]["title"]


def test_a_dry_run_says_what_would_be_and_does_nothing(place):
    opened = place.bump("web=v1.0.1", dry_run=True).pull_request
    assert (opened.number, opened.url, opened.action, opened.branch) == (None, None, "opened", TOPIC)
    assert place.branches() == {"main"}
    place.bump("web=v1.0.1")
    writes, head = len(place.forge.writes), place.head(TOPIC)

    updated = place.bump("web=v1.0.2", dry_run=True).pull_request
    wider = place.bump("web=v1.0.2", "backend=v1.0.2", dry_run=True).pull_request

    assert (updated.number, updated.action) == (1, "updated")
    assert (wider.action, wider.superseded) == ("opened", (1,))
    assert place.bump("web=v1.0.1", dry_run=True).pull_request.action == "unchanged"
    assert (len(place.forge.writes), place.head(TOPIC)) == (writes, head)

"""Pull requests: one for a kind, an environment and services; nothing newer and nobody's work is overwritten."""

from pathlib import Path

import pytest

from bos_tools.change.pipeline import Outcome
from bos_tools.change.propose import propose
from bos_tools.errors import Refused
from bos_tools.forge.find import forge_of
from bos_tools.intents.bump import Bump, Request
from forges import REMOTE, TOKEN, Pretend
from workshop import clone, files, git, remote, repository, write

pytestmark = pytest.mark.integration
WEB = "overlays/dev/web/kustomization.yaml"
TOPIC = "bos-tools/dev/bump-web"


class Place:
    """A clone, its bare remote, and a forge that only knows the pull requests."""

    def __init__(self, root: Path, kind: str) -> None:
        self.root = root
        self.work = repository(root / "work")
        self.bare = remote(self.work, root / "origin.git")
        self.kind = kind
        self.forge = Pretend(kind)

    def bump(self, *words: str, dry_run: bool = False, work: Path | None = None, **allow: bool) -> Outcome:
        """Propose `web=v1.0.1`, or several such words."""
        intent = Bump(None, tuple(Request.read(*word.split("=")) for word in words), **allow)
        forge = forge_of(REMOTE[self.kind], transport=self.forge.transport)
        return propose(intent, work or self.work, forge, remote="origin", branch="main", dry_run=dry_run)

    def by_hand(self, branch: str, contents: dict[str, str], *words: str) -> str:
        """Commit to a branch in another clone, as a human would; return the commit."""
        other = self.root / f"hand-{len(list(self.root.iterdir()))}"
        clone(self.bare, other)
        git(other, "switch", "-q", branch)
        write(other, contents)
        git(other, "add", "-A")
        git(other, "commit", "-q", *(words or ("-m", "By hand")))
        git(other, "push", "-q", "--force", "origin", branch)
        return self.head(branch)

    def head(self, branch: str) -> str:
        return git(self.bare, "rev-parse", branch).strip()

    def branches(self) -> set[str]:
        return set(git(self.bare, "for-each-ref", "--format=%(refname:short)").split())

    def file(self, branch: str, path: str = WEB) -> str:
        return git(self.bare, "show", f"{branch}:{path}")


@pytest.fixture(autouse=True)
def _token(monkeypatch):
    for variable in ("GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "GITEA_TOKEN", "BOS_FORGE", "BOS_FORGE_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("BOS_FORGE_TOKEN", TOKEN)
    monkeypatch.setattr("bos_tools.doors.http.time.sleep", lambda _: None)


@pytest.fixture(params=["github", "gitlab", "gitea"])
def place(request, tmp_path) -> Place:
    return Place(tmp_path, request.param)


@pytest.fixture
def hub(tmp_path) -> Place:
    return Place(tmp_path, "github")


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

    done = propose(
        intent, hub.work, forge_of(REMOTE["github"], transport=hub.forge.transport), remote="origin", branch="main"
    )

    assert (done.pull_request.number, done.pull_request.branch) == (2, "bos-tools/preprod/bump-web")


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


def test_a_closed_proposal_does_not_stand_in_the_way_of_an_older_version(hub):
    hub.bump("web=v1.0.2")
    hub.forge.pulls[0]["open"] = False

    done = hub.bump("web=v1.0.1")

    assert (done.pull_request.number, done.pull_request.action) == (2, "opened")
    assert "newTag: v1.0.1" in hub.file(TOPIC)


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

    assert newer[0].pull_request.action == "opened"
    assert "newTag: v1.0.2" in hub.file(TOPIC)
    assert [pull["title"] for pull in hub.forge.open_now()] == ["Bump web to v1.0.2 in dev"]


def test_words_that_a_slower_run_left_are_mended(hub):
    hub.bump("web=v1.0.2")
    hub.forge.pulls[0] |= {"title": "Bump web to v1.0.1 in dev", "body": f"<!-- bos-tools: {'0' * 40} -->"}

    with pytest.raises(Refused, match="newer already"):
        hub.bump("web=v1.0.1")

    assert hub.forge.pulls[0]["title"] == "Bump web to v1.0.2 in dev"
    assert "web:v1.0.2" in hub.forge.pulls[0]["body"]


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


def test_a_shallow_clone_knows_its_own_commits(hub):
    hub.by_hand("main", {"notes.txt": "one"})
    hub.bump("web=v1.0.1")
    hub.by_hand("main", {"notes.txt": "two"})
    shallow = hub.root / "shallow"
    git(hub.root, "clone", "-q", "--depth=1", f"file://{hub.bare}", str(shallow))

    done = hub.bump("web=v1.0.2", work=shallow)

    assert done.pull_request.action == "updated"
    assert git(hub.bare, "rev-list", "--count", f"main..{TOPIC}") == "1\n"

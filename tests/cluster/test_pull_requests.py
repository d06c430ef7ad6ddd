"""Pull requests in a real Gitea whose main branch is protected."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from harness.git import WHO, git
from harness.program import TOOL
from harness.repositories import files, repository, write
from harness.waiting import eventually

WEB = "overlays/dev/web/kustomization.yaml"
TOPIC = "bos-tools/dev/bump-web"


@dataclass(frozen=True)
class Gitea:
    """A running Gitea and its administrator's token."""

    url: str
    token: str

    def api(self, method: str, path: str, json: Any = None) -> Any:
        answer = httpx2.request(
            method, f"{self.url}/api/v1{path}", json=json, headers={"Authorization": f"token {self.token}"}, timeout=300
        )
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None


@pytest.fixture(scope="session")
def gitea(dev) -> Gitea:
    return Gitea(dev.gitea_url, dev.gitea_token)


class Team:
    """A repository in Gitea with a protected main, and a clone of it."""

    def __init__(self, gitea: Gitea, root: Path, services: list[str]) -> None:
        self.gitea, self.root = gitea, root
        self.path = f"/repos/bot/{root.name}"
        gitea.api("POST", "/user/repos", {"name": root.name, "default_branch": "main"})
        self.remote = gitea.url.replace("//", f"//bot:{gitea.token}@") + f"/bot/{root.name}.git"
        self.work = repository(root / "work", files(services, ["dev"]))
        git(self.work, "remote", "add", "origin", self.remote)
        git(self.work, "push", "-q", "origin", "main")
        eventually(lambda: not gitea.api("GET", self.path)["empty"], "Gitea takes note of the first push")
        gitea.api("POST", f"{self.path}/branch_protections", {"rule_name": "main", "enable_push": False})
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "BOS_FORGE"))}
        self.env = {**kept, **WHO, "BOS_TOOLS_CACHE": str(root / "cache"), "GITEA_TOKEN": gitea.token}

    def start(self, *words: str, work: Path | None = None, **env: str) -> subprocess.Popen[str]:
        argv = [TOOL, "bump", *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            argv, cwd=work or self.work, env={**self.env, **env}, stdout=pipe, stderr=pipe, text=True
        )

    def bump(self, *words: str, **env: str) -> tuple[int, str, str]:
        return self.end(self.start(*words, work=None, **env))

    def end(self, running: subprocess.Popen[str]) -> tuple[int, str, str]:
        out, err = running.communicate(timeout=1200)
        assert self.gitea.token not in out + err
        return running.returncode, out, err

    def pulls(self, state: str = "open") -> list[dict[str, Any]]:
        found = self.gitea.api("GET", f"{self.path}/pulls?state={state}")
        return sorted(found, key=lambda pull: pull["number"])

    def file(self, branch: str, path: str = WEB) -> str:
        git(self.work, "fetch", "-q", "origin", branch)
        return git(self.work, "show", f"FETCH_HEAD:{path}")

    def heads(self) -> set[str]:
        said = git(self.work, "ls-remote", "--heads", "origin")
        return {line.split("refs/heads/")[1] for line in said.splitlines()}


@pytest.fixture
def team(gitea, tmp_path) -> Team:
    return Team(gitea, tmp_path, ["backend", "web"])


def test_a_protected_main_takes_no_push_but_a_pull_request_that_is_merged(team):
    code, out, err = team.bump("web", "v1.0.1", "--push", "--output", "json")
    assert code == 1
    assert '"reason": "protected-branch"' in out
    assert "the remote protects the branch main" in err
    assert "hint: propose the change with --pr" in err

    code, out, err = team.bump("web", "v1.0.1", "--pr")

    assert code == 0, err
    (pull,) = team.pulls()
    assert f"pull request #1, opened: {pull['html_url']}" in out
    assert (pull["head"]["ref"], pull["base"]["ref"], pull["mergeable"]) == (TOPIC, "main", True)
    team.gitea.api("POST", f"{team.path}/pulls/1/merge", {"Do": "merge"})
    assert "newTag: v1.0.1" in team.file("main")
    git(team.work, "pull", "-q", "origin", "main")
    code, _, err = team.bump("web", "v1.0.1", "--pr")
    assert (code, team.pulls()) == (0, [])
    assert "already so" in err


def test_a_second_run_writes_nothing_and_a_newer_version_edits_the_same_pull_request(team):
    team.bump("web", "v1.0.1", "--pr")
    before = team.pulls()

    code, out, _ = team.bump("web", "v1.0.1", "--pr")

    assert code == 0
    assert "pull request #1, unchanged" in out
    assert [said(pull) for pull in team.pulls()] == [said(pull) for pull in before]
    code, out, _ = team.bump("web", "v1.0.2", "--pr")
    (pull,) = team.pulls()
    assert (code, pull["number"], pull["title"]) == (0, 1, "Bump web to v1.0.2 in dev")
    assert "web:v1.0.2" in pull["body"]
    assert "pull request #1, updated" in out
    assert "newTag: v1.0.2" in team.file(TOPIC)
    code, _, err = team.bump("web", "v1.0.1", "--pr")
    assert code == 1
    assert "web in dev is newer already: v1.0.2, as pull request #1 proposes" in err
    assert [said(now) for now in team.pulls()] == [said(pull)]


def said(pull: dict[str, Any]) -> list[Any]:
    """Return what a run of ours could have written."""
    return [pull["number"], pull["title"], pull["body"], pull["head"]["sha"], pull["content_version"], pull["comments"]]


def test_a_wider_change_closes_the_narrower_pull_request_and_takes_its_branch_away(team):
    team.bump("web", "v1.0.1", "--pr")

    code, out, err = team.bump("web=v1.0.2", "backend=v1.0.2", "--pr")

    assert code == 0, err
    assert "pull request #1, closed: this one supersedes it" in out
    assert [(p["number"], p["state"]) for p in team.pulls("all")] == [(1, "closed"), (2, "open")]
    (comment,) = team.gitea.api("GET", f"{team.path}/issues/1/comments")
    assert comment["body"].startswith("Superseded by ")
    assert team.heads() == {"main", "bos-tools/dev/bump-backend+web"}


def test_a_humans_commit_stays_below_a_newer_version(team):
    team.bump("web", "v1.0.1", "--pr")
    other = clone_of(team)
    git(other, "switch", "-q", TOPIC)
    write(other, {"notes.txt": "mine"})
    git(other, "add", "-A")
    git(other, "commit", "-qm", "Mine")
    git(other, "push", "-q", "origin", TOPIC)

    code, out, err = team.bump("web", "v1.0.2", "--pr")

    assert code == 0, err
    assert "pull request #1, updated" in out
    assert team.file(TOPIC, "notes.txt") == "mine"
    assert "newTag: v1.0.2" in team.file(TOPIC)
    git(team.work, "fetch", "-q", "origin", "main", TOPIC)
    subjects = git(team.work, "log", "--format=%s", f"origin/main..origin/{TOPIC}").splitlines()
    assert subjects == ["Bump web to v1.0.2 in dev", "Mine", "Bump web to v1.0.1 in dev"]


def clone_of(team: Team) -> Path:
    """Clone without a bare folder beside it, as another machine would."""
    target = team.root / f"clone-{len(list(team.root.iterdir()))}"
    git(team.root, "clone", "-q", team.remote, str(target))
    return target


def test_two_at_once_leave_one_pull_request_with_the_newer_version(team):
    places = [team.work, clone_of(team)]
    for number in range(1, 4):
        versions = [f"v1.{number}.1", f"v1.{number}.2"]

        running = [team.start("web", v, "--pr", work=place) for v, place in zip(versions, places, strict=True)]
        older, newer = (team.end(process) for process in running)

        assert newer[0] == 0, newer[2]
        assert older[0] in (0, 1), older[2]
        assert older[0] == 0 or "newer already" in older[2]
        (pull,) = team.pulls()
        assert pull["title"] == f"Bump web to v1.{number}.2 in dev"
        assert f"web:v1.{number}.2" in pull["body"]
        assert f"newTag: v1.{number}.2" in team.file(TOPIC)


def test_many_at_once_for_different_services_all_get_their_pull_request(gitea, tmp_path):
    services = [f"svc-{number}" for number in range(8)]
    team = Team(gitea, tmp_path, services)

    ran = [team.end(p) for p in [team.start(service, "v1.0.1", "--pr") for service in services]]

    assert [err for code, _, err in ran if code] == []
    assert {pull["head"]["ref"] for pull in team.pulls()} == {f"bos-tools/dev/bump-{service}" for service in services}
    assert git(team.work, "for-each-ref", "refs/bos-tools") == ""


def test_a_dry_run_asks_and_writes_nothing(team):
    code, out, err = team.bump("web", "v1.0.1", "--pr", "--dry-run")

    assert code == 0, err
    assert f"a pull request, would be opened: {TOPIC}" in out
    assert "dry run: nothing was written" in err
    assert (team.pulls("all"), team.heads()) == ([], {"main"})


@pytest.mark.parametrize(
    ("env", "reason", "says"),
    [
        ({"GITEA_TOKEN": ""}, "no-token", "Gitea needs a token"),
        ({"GITEA_TOKEN": "0" * 40}, "unauthorized", "does not take the token of GITEA_TOKEN"),
        ({"BOS_FORGE": "gitlab"}, "no-token", "GitLab needs a token"),
        ({"BOS_FORGE_URL": "http://127.0.0.1:1"}, "unreachable", "can't be reached"),
    ],
)
def test_what_the_forge_refuses_ends_in_one_sentence_before_anything_is_pushed(team, env, reason, says):
    code, out, err = team.bump("web", "v1.0.1", "--pr", "--output", "json", **env)

    assert code == 5
    assert f'"reason": "{reason}"' in out
    assert says in err
    assert "hint: " in err
    assert "Traceback" not in err
    assert team.heads() == {"main"}


def test_a_token_that_may_not_write_or_not_see_is_told_so(team):
    name = f"u{re.sub('[^a-z0-9]', '', team.root.name)}"
    who = {"username": name, "email": f"{name}@example.com", "password": "of-the-test-1", "must_change_password": False}
    team.gitea.api("POST", "/admin/users", who)

    def token(*scopes: str) -> str:
        answer = httpx2.post(
            f"{team.gitea.url}/api/v1/users/{name}/tokens", json={"name": scopes[0], "scopes": scopes},
            auth=(name, "of-the-test-1"),
        )  # fmt: skip
        return str(answer.json()["sha1"])

    code, _, err = team.bump("web", "v1.0.1", "--pr", GITEA_TOKEN=token("read:user"))
    assert code == 5
    assert "does not let this token do that" in err
    team.gitea.api("PATCH", team.path, {"private": True})

    code, _, err = team.bump("web", "v1.0.1", "--pr", GITEA_TOKEN=token("write:repository", "write:issue"))

    assert code == 5
    assert "no such repository, or the token may not see it: bot/" in err
    assert team.heads() == {"main"}

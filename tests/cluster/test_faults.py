"""Faults of the real Argo CD: each is told with its exit code and harms nothing, and a re-run succeeds without it."""

import base64
import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from bos_tools.cli.main import main
from bos_tools.doors.http import Server
from harness.argocd import ENVIRONMENT, SHARED
from harness.git import git
from harness.repositories import deployment, files, repository, write
from harness.waiting import eventually

ENV = "faults"
READER, PASSWORD = "reader-of-faults", "only-for-this-test-1"
UNIT = f"overlays/{ENV}/web/kustomization.yaml"


class World:
    """A private repository that Argo CD reads as a user of its own, and the environment that it holds."""

    def __init__(self, box, folder: Path) -> None:
        self.box = box
        self.forge = Server("Gitea", f"{box.gitea_url}/api/v1", headers={"Authorization": f"token {box.gitea_token}"})
        basic = base64.b64encode(f"{READER}:{PASSWORD}".encode()).decode()
        self.reader = Server("Gitea", f"{box.gitea_url}/api/v1", headers={"Authorization": f"Basic {basic}"})
        self.path = f"/repos/{box.gitea_user}/{ENV}"
        self.url = f"{box.gitea_url}/{box.gitea_user}/{ENV}.git"
        self.secret = folder / "password"
        self.versions = 0
        self._host()
        self.work = self._repository(folder / "work")

    def _host(self) -> None:
        user = {"username": READER, "password": PASSWORD, "email": "reader@example.com", "must_change_password": False}
        self.forge.call("POST", "/admin/users", json=user)
        self.forge.call("POST", "/user/repos", json={"name": ENV, "private": True, "default_branch": "main"})
        self.forge.call("PUT", f"{self.path}/collaborators/{READER}", json={"permission": "read"})

    def _repository(self, folder: Path) -> Path:
        made = files(["web"], [ENV]) | SHARED
        made["pyproject.toml"] = f'[tool.bos-tools]\nenvironments = ["{ENV}"]\n'
        made["base/web/deployment.yaml"] = deployment("web")
        made[f"overlays/{ENV}/env/kustomization.yaml"] = made[f"overlays/{ENV}/env/kustomization.yaml"].replace(
            "buildingos", ENV
        )
        made[f"overlays/{ENV}/environment.yaml"] = (
            ENVIRONMENT.replace("https://git.example.com/bos.git", self.url)
            .replace("environment: dev", f"environment: {ENV}")
            .replace("project: buildingos-dev", f"project: {ENV}")
            .replace("namespace: buildingos", f"namespace: {ENV}")
        )
        work = repository(folder, made)
        address = self.url.replace("://", f"://{self.box.gitea_user}:{self.box.gitea_token}@")
        git(work, "remote", "add", "origin", address)
        git(work, "push", "-q", "origin", "main")
        eventually(lambda: not self.forge.call("GET", self.path).data["empty"], "Gitea sees the first push")
        return work

    def run(self, *words: str) -> tuple[int, str]:
        """Run `bos-tools argocd …`; return its code and its words, in which no secret stands."""
        heard = io.StringIO()
        with redirect_stdout(heard), redirect_stderr(heard):
            code = main(["--repo", str(self.work), "argocd", words[0], "--env", ENV, *words[1:]])
        said = heard.getvalue()
        secrets = [self.box.gitea_token, self.box.argocd_token, PASSWORD]
        secrets += [self.secret.read_text()] if self.secret.exists() else []
        assert not [one for one in secrets if one in said]
        return code, said

    def register(self) -> tuple[int, str]:
        words = ("--push", "--apply", "--repo-username", READER, "--repo-password-file", str(self.secret))
        return self.run("register", *words, "--timeout", "600")

    def grant(self) -> None:
        """Make a token that may read the repository, for Argo CD."""
        wish = {"name": "argocd", "scopes": ["read:repository"]}
        self.secret.write_text(self.reader.call("POST", f"/users/{READER}/tokens", json=wish).data["sha1"])

    def revoke(self) -> None:
        self.reader.call("DELETE", f"/users/{READER}/tokens/argocd")

    def bump(self) -> str:
        """Land a version that was never there, and return it."""
        git(self.work, "pull", "-q", "--ff-only", "origin", "main")
        self.versions += 1
        version = f"v2.0.{self.versions}"
        old = (self.work / UNIT).read_text()
        line = next(line for line in old.splitlines() if "newTag" in line)
        write(self.work, {UNIT: old.replace(line, f"  newTag: {version}")})
        git(self.work, "commit", "-qam", f"Bump web to {version}")
        git(self.work, "push", "-q", "origin", "HEAD:main")
        return version

    def head(self) -> str:
        """Return the newest commit, as people read it."""
        return git(self.work, "rev-parse", "HEAD")[:12]

    def live(self) -> tuple[str, str]:
        """Return the version that runs, and the identity of what runs it."""
        data = json.loads(self.box.box.ask("get", "deployment", "web", "--namespace", ENV, "--output=json"))
        image = data["spec"]["template"]["spec"]["containers"][0]["image"]
        return image.rpartition(":")[2], data["metadata"]["uid"]

    def windows(self, *windows: dict[str, Any]) -> None:
        """Give the project these sync windows and no others."""
        patch = json.dumps({"spec": {"syncWindows": list(windows) or None}})
        self.box.box.ask("patch", "appproject", ENV, "--namespace", "argocd", "--type=merge", "--patch", patch)

    def drop_tokens(self) -> None:
        """Revoke every token of the project's role."""
        argo = Server(
            "Argo CD", f"{self.box.argocd_url}/api/v1", headers={"Authorization": f"Bearer {self.box.argocd_token}"}
        )
        try:
            for one in argo.call("GET", f"/projects/{ENV}").data["status"]["jwtTokensByRole"]["bos-tools"]["items"]:
                argo.call("DELETE", f"/projects/{ENV}/roles/bos-tools/token/{one['iat']}", json={})
        finally:
            argo.close()

    def close(self) -> None:
        assert self.run("unregister")[0] == 0
        for name in (ENV, f"{ENV}-root"):
            self.box.box.ask("delete", "appproject", name, "--namespace", "argocd")
        self.box.box.ask("delete", "namespace", ENV, "--wait=false")
        self.forge.call("DELETE", self.path)
        self.forge.call("DELETE", f"/admin/users/{READER}?purge=true")
        self.forge.close()
        self.reader.close()


@pytest.fixture(scope="module")
def delivered(disturbed, tmp_path_factory):
    """The environment, registered, with the sandbox's own token for Argo CD."""
    disturbed.box.ask("create", "namespace", ENV)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("BOS_ARGOCD_USERNAME", "BOS_ARGOCD_PASSWORD"):
            patch.delenv(name, raising=False)
        patch.setenv("BOS_ARGOCD_SERVER", disturbed.argocd_url)
        patch.setenv("BOS_ARGOCD_TOKEN", disturbed.argocd_token)
        made = World(disturbed, tmp_path_factory.mktemp("faults"))
        made.grant()
        assert made.register() == (0, ANY)
        yield made
        made.close()


DENIED = {"kind": "deny", "schedule": "* * * * *", "duration": "24h", "applications": ["*"]}
WAIT = ("wait", "web", "--revision", "HEAD", "--timeout", "600")
LOOKING = (WAIT, ("sync", "web"), ("status",), ("diff",), ("history",))


@pytest.fixture
def world(delivered):
    """The environment, live at its head before a test."""
    assert delivered.run(*WAIT) == (0, ANY)
    return delivered


def test_a_closed_window_holds_a_commit_back_until_it_opens(world: World):
    before = world.live()
    world.windows(DENIED)
    version = world.bump()

    waited, why = world.run(*WAIT)
    synced, refused = world.run("sync", "web")
    held = world.live()
    world.windows()
    again, _ = world.run(*WAIT)

    assert (waited, synced, again) == (1, 1, 0)
    assert f"{ENV}-web at {world.head()} is held back: a sync window is closed" in why
    assert f"Argo CD refuses to sync {ENV}-web: a sync window is closed" in refused
    assert "hint: run it again when the window is open" in why
    assert "hint: run it again when the window is open" in refused
    assert held == before
    assert world.live() == (version, before[1])


def test_a_window_that_lets_people_sync_is_told_as_such(world: World):
    before = world.live()
    world.windows({**DENIED, "manualSync": True})
    version = world.bump()
    try:
        waited, why = world.run(*WAIT)
        held = world.live()
        synced, said = world.run("sync", "web")
        after, _ = world.run(*WAIT)
    finally:
        world.windows()

    assert (waited, synced, after) == (1, 0, 0), said
    assert "hint: bos-tools argocd sync does it now" in why
    assert held == before
    assert world.live() == (version, before[1])


def test_a_revoked_repository_is_told_and_what_runs_goes_on_until_it_is_renewed(world: World):
    before = world.live()
    world.revoke()
    version = world.bump()

    waited, why = world.run(*WAIT)
    with_the_old, refused = world.register()
    held = world.live()
    world.grant()
    renewed, said = world.register()
    again, _ = world.run(*WAIT)

    assert (waited, with_the_old) == (5, 5)
    assert "authentication" in why
    assert "hint: Argo CD can't read the repository: renew its credentials with `bos-tools argocd register" in why
    assert "authentication" in refused
    assert held == before
    assert (renewed, again) == (0, 0), said
    assert world.live() == (version, before[1])


def test_credentials_that_do_not_read_the_repository_replace_none_that_do(world: World):
    right = world.secret.read_text()
    world.secret.write_text("not-the-password")

    code, why = world.register()
    world.secret.write_text(right)
    version = world.bump()

    assert code == 5
    assert "authentication" in why
    assert world.run(*WAIT) == (0, ANY)
    assert world.live()[0] == version


def test_a_broken_token_is_told_by_every_command_and_changes_nothing(world: World, monkeypatch):
    before = world.live()
    monkeypatch.setenv("BOS_ARGOCD_TOKEN", "broken-token")

    said = [world.run(*words) for words in (*LOOKING, ("unregister",))]
    monkeypatch.setenv("BOS_ARGOCD_TOKEN", world.box.argocd_token)

    assert [code for code, _ in said] == [5] * 6
    assert all("Argo CD answered 401" in why for _, why in said)
    assert all("hint: log in again: --token-file, BOS_ARGOCD_TOKEN" in why for _, why in said)
    assert not [why for _, why in said if "broken-token" in why]
    assert world.run(*WAIT) == (0, ANY)
    assert world.live() == before


def test_a_pipelines_token_looks_and_syncs_and_no_more_and_ends_when_it_is_revoked(world: World, tmp_path):
    file = tmp_path / "token"
    assert world.run("token", "--to", str(file)) == (0, ANY)
    mine = ("--token-file", str(file))
    assert file.read_text()

    looked = [world.run(*words, *mine)[0] for words in LOOKING]
    registered, forbidden = world.run("register", "--apply", *mine)
    unregistered, _ = world.run("unregister", *mine)
    world.drop_tokens()
    revoked, why = world.run(*WAIT, *mine)

    assert looked == [0] * 5
    assert (registered, unregistered, revoked) == (5, 5, 5)
    assert "hint: the token does not allow it" in forbidden
    assert "hint: log in again: --token-file" in why
    assert file.read_text() not in forbidden + why
    assert world.run(*WAIT) == (0, ANY)

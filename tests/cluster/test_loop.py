"""The whole loop on what the sandbox brings: a private repository, a webhook, a pull request, the cluster."""

import base64
import json

import pytest

from bos_tools.doors.http import Server
from harness.git import git
from harness.repositories import deployment, write
from harness.waiting import eventually

NAME = "loop"


def kustomization(version: str) -> str:
    return (
        "resources: [deployment.yaml]\nimages:\n"
        f"- {{name: web, newName: registry.example.com/web, newTag: {version}}}\n"
    )


@pytest.fixture
def forge(dev):
    server = Server("Gitea", f"{dev.gitea_url}/api/v1", headers={"Authorization": f"token {dev.gitea_token}"})
    yield server
    server.close()


@pytest.fixture
def repository(dev, forge, tmp_path):
    """A private repository with one unit, its clone, and a webhook to Argo CD."""
    forge.call("POST", "/user/repos", json={"name": NAME, "private": True, "default_branch": "main"})
    hook = {"url": f"{dev.argocd_url}/api/webhook", "content_type": "json"}
    forge.call(
        "POST",
        f"/repos/{dev.gitea_user}/{NAME}/hooks",
        json={"type": "gitea", "active": True, "events": ["push"], "config": hook},
    )
    work = write(
        tmp_path, {"unit/kustomization.yaml": kustomization("v1.0.0"), "unit/deployment.yaml": deployment("web")}
    )
    git(work, "init", "-q", "-b", "main")
    git(work, "add", "-A")
    git(work, "commit", "-qm", "Start")
    url = f"{dev.gitea_url}/{dev.gitea_user}/{NAME}.git"
    git(work, "remote", "add", "origin", url.replace("://", f"://{dev.gitea_user}:{dev.gitea_token}@"))
    git(work, "push", "-q", "origin", "main")
    yield work, url
    forge.call("DELETE", f"/repos/{dev.gitea_user}/{NAME}")


def test_a_merged_pull_request_reaches_the_cluster_by_its_webhook(dev, forge, repository, read):
    work, url = repository
    secret = {
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": NAME, "labels": {"argocd.argoproj.io/secret-type": "repository"}},
        "stringData": {"type": "git", "url": url, "username": dev.gitea_user, "password": dev.gitea_token},
    }  # fmt: skip
    application = {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": NAME},
        "spec": {
            "project": "default",
            "source": {"repoURL": url, "path": "unit", "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": NAME},
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["CreateNamespace=true"]},
        },
    }  # fmt: skip
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": [secret, application]}).encode()
    dev.box.ask("apply", "-n", "argocd", "-f", "-", stdin=listed)

    def image() -> str:
        found = read(dev, "deployments", "-n", NAME)["items"]
        return found[0]["spec"]["template"]["spec"]["containers"][0]["image"] if found else ""

    def health() -> str:
        found = read(dev, "application", NAME, "-n", "argocd").get("status", {})
        return f"{found.get('sync', {}).get('status')} {found.get('health', {}).get('status')}"

    eventually(lambda: image().endswith(":v1.0.0") and health() == "Synced Healthy", "the first version runs")

    git(work, "checkout", "-q", "-b", "next")
    write(work, {"unit/kustomization.yaml": kustomization("v1.0.1")})
    git(work, "commit", "-qam", "Bump web to v1.0.1")
    git(work, "push", "-q", "origin", "next")
    pull = forge.call(
        "POST", f"/repos/{dev.gitea_user}/{NAME}/pulls", json={"title": "v1.0.1", "head": "next", "base": "main"},
        retry=lambda failed: failed.status == 404,  # for a moment Gitea takes a new repository for an empty one
    ).data  # fmt: skip
    merge = f"/repos/{dev.gitea_user}/{NAME}/pulls/{pull['number']}/merge"
    forge.call("POST", merge, json={"Do": "rebase"}, retry=lambda failed: failed.status in {405, 409})

    eventually(lambda: image().endswith(":v1.0.1") and health() == "Synced Healthy", "the next version runs")
    password = base64.b64decode(read(dev, "secret", NAME, "-n", "argocd")["data"]["password"]).decode()
    assert password == dev.gitea_token  # it was needed: the repository is private
    dev.box.ask("delete", "application", NAME, "-n", "argocd")
    dev.box.ask("delete", "namespace", NAME, "--wait=false")

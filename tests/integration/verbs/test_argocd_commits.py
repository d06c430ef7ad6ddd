"""Which commit a verdict is about: ours or a later one, one that this clone lacks, and one that nobody pushed."""

import json
from datetime import UTC, datetime

import pytest

from harness.argocd import reconcile
from harness.git import clone, git, remote
from harness.repositories import write

KUSTOMIZATION = "overlays/dev/backend/kustomization.yaml"
WAIT = ("wait", "backend", "--revision", "HEAD")


@pytest.fixture
def ours(argocd_repository):
    """The repository, pushed to a remote."""
    git(argocd_repository, "init", "-q", "-b", "main")
    git(argocd_repository, "add", "-A")
    git(argocd_repository, "commit", "-qm", "Start")
    remote(argocd_repository, argocd_repository.parent / "origin.git")
    return argocd_repository


def bump(work, version: str) -> str:
    old = (work / KUSTOMIZATION).read_text()
    line = next(line for line in old.splitlines() if "newTag" in line)
    write(work, {KUSTOMIZATION: old.replace(line, f"  newTag: {version}")})
    git(work, "commit", "-qam", f"Bump backend to {version}")
    return git(work, "rev-parse", "HEAD").strip()


def push(work) -> None:
    git(work, "push", "-q", "origin", "HEAD:main")


def sees(argocd, commit: str) -> None:
    """Let Argo CD see and have synced a commit."""
    app = argocd.apps["dev-backend"]
    app["status"]["sync"] = {"status": "Synced", "revision": commit}
    app["status"]["operationState"]["syncResult"]["revision"] = commit


def test_a_later_commit_of_somebody_else_is_fetched_once_and_holds_ours(ours, argocd, run_argocd):
    theirs = clone(ours.parent / "origin.git", ours.parent / "theirs")
    bump(ours, "v2.0.1")
    push(ours)
    git(theirs, "pull", "-q")
    later = bump(theirs, "v2.0.2")
    push(theirs)
    sees(argocd, later)

    code, out, err = run_argocd(*WAIT)

    assert code == 0
    assert out == f"dev-backend is live at {later[:12]}\n"
    assert err.count(f"this clone does not know {later[:12]}: fetching main of origin") == 1
    assert git(ours, "for-each-ref", "refs/bos-tools") == ""


def test_a_commit_that_nobody_has_is_said_and_counts_as_another_one(ours, argocd, run_argocd):
    sees(argocd, "c" * 40)

    code, _, err = run_argocd(*WAIT, "--timeout", "1")

    assert code == 5
    assert err.count("this clone does not know cccccccccccc, which Argo CD names, so it counts as another commit") == 1
    assert "not live at" in err
    assert "dev-backend (at commit cccccccccccc)" in err


def test_a_commit_that_nobody_pushed_is_told_at_once(ours, argocd, run_argocd):
    start = git(ours, "rev-parse", "HEAD").strip()
    commit = bump(ours, "v2.0.1")

    code, out, err = run_argocd(*WAIT, "--output", "json")

    assert (code, json.loads(out)["error"]["reason"]) == (1, "not-pushed")
    assert f"nobody pushed {commit[:12]}: main of origin is at {start[:12]}, and lacks it" in err
    assert "hint: git push origin HEAD:main" in err
    assert not [call for call in argocd.seen if "refresh" in call]


def test_a_commit_that_is_pushed_elsewhere_is_waited_for_and_that_is_said(ours, argocd, run_argocd):
    git(ours, "checkout", "-qb", "next")
    commit = bump(ours, "v2.0.1")
    git(ours, "push", "-qu", "origin", "next")
    sees(argocd, commit)

    code, _, err = run_argocd(*WAIT)

    assert code == 0
    assert f"{commit[:12]} is on origin/next, and not yet on main, which dev is made from" in err


def test_a_forge_that_is_away_does_not_end_a_wait(ours, argocd, run_argocd):
    git(ours, "remote", "set-url", "origin", str(ours.parent / "gone.git"))
    git(ours, "update-ref", "-d", "refs/remotes/origin/main")
    sees(argocd, git(ours, "rev-parse", "HEAD").strip())

    code, _, err = run_argocd(*WAIT)

    assert code == 0
    assert "main of origin can't be fetched" in err


def test_facts_of_an_older_commit_say_nothing_of_ours(ours, argocd, run_argocd):
    start = git(ours, "rev-parse", "HEAD").strip()
    commit = bump(ours, "v2.0.1")
    push(ours)
    sees(argocd, start)
    status = argocd.apps["dev-backend"]["status"]
    refused = {"kind": "Service", "name": "x", "status": "SyncFailed", "message": "exceeded quota"}
    status["operationState"] |= {
        "phase": "Running", "message": "Retrying attempt #1", "syncResult": {"revision": start, "resources": [refused]},
    }  # fmt: skip

    def retried(app):
        if sum("refresh" in call for call in argocd.seen) > 3:
            app["status"]["operationState"] |= {"phase": "Succeeded", "message": ""}
            sees(argocd, commit)
        reconcile(app)

    argocd.refreshed = retried
    code, out, err = run_argocd(*WAIT)

    assert code == 0
    assert f"a sync of an older commit runs, {start[:12]}: Service x: exceeded quota" in err
    assert f"live at {commit[:12]}" in out


def test_status_says_that_argo_cd_has_not_looked_yet(ours, argocd, run_argocd):
    sees(argocd, git(ours, "rev-parse", "HEAD").strip())
    argocd.apps["dev-backend"]["status"]["reconciledAt"] = datetime.now(UTC).isoformat()
    commit = bump(ours, "v2.0.1")
    local = run_argocd("status")[1]
    push(ours)

    _, out, err = run_argocd("status")

    assert f"nobody pushed {commit[:12]}" in local
    assert f"Argo CD has not looked at {commit[:12]} yet" in out
    assert "hint: `bos-tools argocd wait --revision HEAD --env dev` makes it look" in err


def test_status_says_that_the_work_tree_is_behind_what_argo_cd_has_seen(ours, argocd, run_argocd):
    theirs = clone(ours.parent / "origin.git", ours.parent / "theirs")
    later = bump(theirs, "v2.0.2")
    push(theirs)
    sees(argocd, later)

    _, out, err = run_argocd("status")

    assert later[:12] in out
    assert f"this work tree is behind: it is at {git(ours, 'rev-parse', 'HEAD')[:12]}, Argo CD at {later[:12]}" in err


def test_a_revision_that_does_not_exist_is_fetched_before_it_is_refused(ours, argocd, run_argocd):
    theirs = clone(ours.parent / "origin.git", ours.parent / "theirs")
    later = bump(theirs, "v2.0.2")
    push(theirs)
    sees(argocd, later)

    assert run_argocd("wait", "backend", "--revision", later)[0] == 0
    assert run_argocd("wait", "backend", "--revision", "v9.9.9")[0] in (1, 2)

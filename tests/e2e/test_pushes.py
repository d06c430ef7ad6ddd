"""Pushes: a refusal is no race, and work tree, index and branch stay as they are."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from harness.git import clone, git, remote
from harness.program import assert_sound, bump, finish, pin, start
from harness.repositories import files, repository, write


def hook(bare: Path, name: str, script: str) -> None:
    target = bare / "hooks" / name
    target.parent.mkdir(exist_ok=True)
    target.write_text(f"#!/bin/sh\necho ran >>{bare}/ran\n{script}\n")
    target.chmod(0o755)


def runs(bare: Path) -> int:
    return (bare / "ran").read_text().count("ran") if (bare / "ran").exists() else 0


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Path]:
    """A work tree and its bare remote."""
    work = repository(tmp_path / "work")
    return work, remote(work, tmp_path / "origin.git")


@pytest.mark.parametrize("name", ["pre-receive", "update"])
def test_a_hook_that_says_no_is_heard_once(small, env, name):
    work, bare = small
    hook(bare, name, "echo 'fetch first: main is frozen until Monday' >&2; exit 1")

    code, _, err = bump(work, env, "web", "v1.0.1", "--push")

    assert code == 1
    assert "main is frozen until Monday" in err
    assert "hook declined" in err
    assert runs(bare) == 1
    assert_sound(bare, 0, work)


def test_a_remote_with_the_branch_checked_out_refuses_once(tmp_path, env, small):
    work, _ = small
    other = clone(work, tmp_path / "other")

    code, _, err = bump(other, env, "web", "v1.0.1", "--push")

    assert code == 1
    assert "branch is currently checked out" in err
    assert git(work, "status", "--porcelain") == ""


def test_a_lock_that_nobody_lets_go_is_told_from_other_writers(small, env):
    work, bare = small
    (bare / "refs/heads/main.lock").write_text("")

    code, _, err = bump(work, env, "web", "v1.0.1", "--push")

    assert code == 5
    assert "nobody else pushed" in err
    assert "cannot lock ref" in err or "failed to update ref" in err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--branch", "absent"], 1, "the remote has no such branch: 'absent'"),
        (["--branch", "a..b:c"], 2, "not a branch's name"),
        (["--remote", "absent"], 2, "this clone has no such remote: 'absent'"),
        (["--remote", "/nonexistent/a.git"], 5, "does not appear to be a git repository"),
        (["--remote", "--upload-pack=touch /tmp/bos-tools-was-here"], 5, "strange pathname"),
    ],
)
def test_a_wrong_address_is_one_clear_error(small, env, words, code, says):
    work, bare = small

    got, _, err = bump(work, env, "web", "v1.0.1", "--push", *words)

    assert (got, says in err) == (code, True), err
    assert_sound(bare, 0, work)


class AsksForAPassword(BaseHTTPRequestHandler):
    """A git server that wants to know who is there."""

    asked = 0

    def do_GET(self):
        type(self).asked += 1
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("user", ["", "robot:s3cr3t@", "robot:p@ss-s3cr3t@"])
def test_a_server_that_wants_a_password_ends_the_run_without_telling_it(small, env, user):
    work, _ = small
    server = HTTPServer(("127.0.0.1", 0), AsksForAPassword)
    Thread(target=server.serve_forever, daemon=True).start()
    git(work, "remote", "set-url", "origin", f"http://{user}127.0.0.1:{server.server_port}/a.git")
    try:
        code, out, err = bump(work, {**env, "no_proxy": "127.0.0.1"}, "web", "v1.0.1", "--push", "--output", "json")
    finally:
        server.shutdown()
        server.server_close()

    assert code == 5
    assert "127.0.0.1" in err
    assert "s3cr3t" not in out + err


def snapshot(work: Path) -> tuple[str, ...]:
    index = Path(git(work, "rev-parse", "--absolute-git-dir").strip()) / "index"
    head = git(work, "rev-parse", "--symbolic-full-name", "HEAD") + git(work, "rev-parse", "HEAD")
    return (index.read_bytes().hex(), git(work, "--no-optional-locks", "status", "--porcelain", "--ignored"), head)


def edit(work: Path) -> None:
    path = work / "overlays/dev/web/kustomization.yaml"
    path.write_text(path.read_text().replace("v1.0.0", "v9.9.9"))


def stage(work: Path) -> None:
    edit(work)
    git(work, "add", "-A")
    write(work, {"untracked.txt": "mine", "overlays/dev/web/kustomization.yaml": "broken: ["})


def other_branch(work: Path) -> None:
    git(work, "switch", "-qc", "feature")
    git(work, "rm", "-rq", "overlays/dev/backend")
    git(work, "commit", "-qm", "Mine")


def detached(work: Path) -> None:
    git(work, "switch", "-q", "--detach")


@pytest.mark.parametrize("prepare", [edit, stage, other_branch, detached])
def test_a_push_leaves_work_tree_index_and_head_alone(small, env, prepare):
    work, bare = small
    prepare(work)
    before = snapshot(work)

    code, _, err = bump(work, env, "web", "v1.0.1", "--push", "--branch", "main")

    assert code == 0, err
    assert snapshot(work) == before
    assert pin(bare, "web") == "v1.0.1"
    assert_sound(bare, 1, work)


def test_shallow_clones_push_at_the_same_time(tmp_path, env, small):
    work, bare = small
    for version in ("v1.0.1", "v1.0.2"):
        assert bump(work, env, "backend", version, "--push")[0] == 0
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{bare}", str(shallow))

    ran = finish(*(
        start(shallow, env, "bump", service, "v1.0.1", "--push", "--env", e)
        for service in ("web", "postgres") for e in ("dev", "preprod", "prod")
    ))  # fmt: skip

    assert [err for code, _, err in ran if code] == []
    assert_sound(bare, 8, shallow)


def test_a_blobless_clone_pushes_without_fetching_what_it_does_not_need(tmp_path, env, small):
    _, bare = small
    git(bare, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{bare}", str(partial))
    git(partial, "checkout", "-q", "HEAD", "--", "pyproject.toml")

    code, _, err = bump(partial, env, "web", "v1.0.1", "--push")

    assert code == 0, err
    assert_sound(bare, 1)


def test_an_unborn_branch_pushes_to_the_remote_branch_of_its_name(tmp_path, env, small):
    _, bare = small
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    git(fresh, "init", "-q", "-b", "main")
    git(fresh, "remote", "add", "origin", str(bare))
    write(fresh, {"pyproject.toml": files()["pyproject.toml"]})

    code, _, err = bump(fresh, env, "web", "v1.0.1", "--push")

    assert code == 0, err
    assert_sound(bare, 1, fresh)


def test_a_linked_work_tree_pushes_its_own_branch(tmp_path, env, small):
    work, bare = small
    git(work, "push", "-q", "origin", "main:release")
    linked = tmp_path / "linked"
    git(work, "worktree", "add", "-q", "-b", "release", str(linked))

    code, _, err = bump(linked, env, "web", "v1.0.1", "--push")

    assert code == 0, err
    assert git(bare, "log", "-1", "--format=%s", "release") == "Bump web to v1.0.1 in dev\n"
    assert_sound(bare, 0, work, linked)


def test_a_repository_in_a_subfolder_pushes_only_its_own_files(tmp_path, env):
    top = tmp_path / "top"
    contents = {f"deploy/größe 工具/{path}": text for path, text in files().items()}
    repository(top, {**contents, "README.md": "top", "run.sh": "#!/bin/sh\n"})
    (top / "run.sh").chmod(0o755)
    (top / "link").symlink_to("README.md")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "More")
    bare = remote(top, tmp_path / "origin.git")

    code, _, err = bump(top / "deploy/größe 工具", env, "web", "v1.0.1", "--push")

    assert code == 0, err
    assert git(bare, "diff", "--numstat", "-z", "main^", "main").startswith("1\t1\tdeploy/größe 工具/overlays/dev/web/")
    modes = {line.split("\t")[1]: line.split()[0] for line in git(bare, "ls-tree", "main").splitlines()}
    assert modes == {"README.md": "100644", "deploy": "040000", "link": "120000", "run.sh": "100755"}
    assert_sound(bare, 2, top)


def test_without_an_identity_the_way_out_is_named(tmp_path, env, small):
    work, bare = small
    nobody = {name: value for name, value in env.items() if not name.startswith(("GIT_AUTHOR", "GIT_COMMITTER"))}
    git(work, "config", "user.useConfigOnly", "true")

    code, _, err = bump(work, {**nobody, "HOME": str(tmp_path)}, "web", "v1.0.1", "--push")

    assert code == 5
    assert "git does not know who commits" in err
    assert "user.email" in err
    assert_sound(bare, 0, work)

"""Many real processes push to one bare remote: nothing is lost, and a refusal is no race."""

import os
import subprocess
import sys
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from harness.git import WHO, clone, git, remote
from harness.repositories import deployment, files, repository, unit, write

TOOL = str(Path(sys.executable).parent / "bos-tools")
SERVICES = [f"svc-{number:02d}" for number in range(60)]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, **WHO, "BOS_TOOLS_CACHE": str(tmp_path / "cache")}


def start(folder: Path, env: dict[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [TOOL, "bump", *words], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(running: Sequence[subprocess.Popen[str]]) -> list[tuple[int, str, str]]:
    return [(process.returncode, out, err) for process in running for out, err in [process.communicate(timeout=1200)]]


def bump(folder: Path, env: dict[str, str], *words: str) -> tuple[int, str, str]:
    return finish([start(folder, env, *words)])[0]


def pin(bare: Path, service: str, env: str = "dev") -> str:
    text = git(bare, "show", f"main:overlays/{env}/{service}/kustomization.yaml")
    return next(line.split()[1] for line in text.splitlines() if "newTag" in line)


def assert_sound(bare: Path, commits: int, *clones: Path) -> None:
    """The history is one line of that many commits, whole, by the right author, and no clone keeps a ref of ours."""
    assert git(bare, "rev-list", "--count", "main") == f"{commits + 1}\n"
    assert git(bare, "rev-list", "--merges", "main") == ""
    assert set(git(bare, "log", "--format=%an <%ae> %cn", "main").splitlines()) == {"Test <test@example.com> Test"}
    for repo in (bare, *clones):
        said = subprocess.run(["git", "fsck", "--strict"], cwd=repo, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stderr
        assert git(repo, "for-each-ref", "refs/bos-tools") == ""


@pytest.fixture
def sixty(tmp_path: Path) -> Path:
    """A bare remote of sixty services, beside the clone `work` that it was made from."""
    work = repository(tmp_path / "work", files(SERVICES, ["dev"]))
    return remote(work, tmp_path / "origin.git")


def test_sixty_writers_from_several_clones_and_one_shared_clone_all_land(tmp_path, env, sixty):
    shared = clone(sixty, tmp_path / "shared")
    clones = [clone(sixty, tmp_path / f"clone-{number}") for number in range(6)]
    places = [shared if number % 2 else clones[number // 2 % 6] for number in range(60)]

    ran = finish(
        [start(place, env, service, "v1.0.1", "--push") for place, service in zip(places, SERVICES, strict=True)]
    )

    assert [err for code, _, err in ran if code] == []
    assert {pin(sixty, service) for service in SERVICES} == {"v1.0.1"}
    assert_sound(sixty, 60, shared, *clones)


def test_writers_of_different_machines_land_without_standing_in_one_line(tmp_path, env, sixty):
    clones = [clone(sixty, tmp_path / f"clone-{number}") for number in range(15)]

    caches = [{**env, "BOS_TOOLS_CACHE": str(tmp_path / f"cache-{number}")} for number in range(15)]

    ran = finish([start(clones[n], caches[n], SERVICES[n], "v1.0.1", "--push") for n in range(15)])

    assert [err for code, _, err in ran if code] == []
    assert_sound(sixty, 15, *clones)


def test_sixty_writers_that_each_append_an_entry_to_one_list_all_land(tmp_path, env):
    images = [f"img-{number:02d}" for number in range(60)]
    contents = files(["web"], ["dev"])
    contents["base/web/deployment.yaml"] = deployment("web", images)
    contents["overlays/dev/web/kustomization.yaml"] = unit("web").partition("images:")[0]
    bare = remote(repository(tmp_path / "work", contents), tmp_path / "origin.git")
    clones = [tmp_path / "work", *(clone(bare, tmp_path / f"clone-{number}") for number in range(3))]

    ran = finish([
        start(clones[number % 4], env, "web", "v1.0.1", "--image", image, "--push")
        for number, image in enumerate(images)
    ])  # fmt: skip

    assert [err for code, _, err in ran if code] == []
    text = git(bare, "show", "main:overlays/dev/web/kustomization.yaml")
    assert sorted(line.split()[-1] for line in text.splitlines() if "name:" in line) == images
    assert text.count("newTag: v1.0.1\n") == 60
    assert_sound(bare, 60, *clones)


def test_of_many_versions_the_newest_wins_and_the_history_only_grows(tmp_path, env, sixty):
    clones = [clone(sixty, tmp_path / f"clone-{number}") for number in range(4)]
    versions = [f"v1.{number * 7 % 20}.0" for number in range(1, 20)]

    ran = finish([
        start(clones[number % 4], env, "svc-00", version, "--push", "--output", "json")
        for number, version in enumerate(versions)
    ])  # fmt: skip

    lost = [out for code, out, _ in ran if code]
    assert {code for code, _, _ in ran} <= {0, 1}
    assert all('"reason": "downgrade"' in out for out in lost)
    assert pin(sixty, "svc-00") == "v1.19.0"
    subjects = git(sixty, "log", "--reverse", "--format=%s", "main").splitlines()[1:]
    minors = [int(subject.split()[3].split(".")[1]) for subject in subjects]
    assert minors == sorted(set(minors))
    assert len(minors) + len(lost) == len(versions)


# --- refusals are no races ----------------------------------------------------------------------------


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
        (["--remote", "absent"], 5, "'absent' does not appear to be a git repository"),
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


# --- the work tree stays as it is ---------------------------------------------------------------------


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

    ran = finish([
        start(shallow, env, service, "v1.0.1", "--push", "--env", e)
        for service in ("web", "postgres") for e in ("dev", "preprod", "prod")
    ])  # fmt: skip

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

"""The pipeline's end: `--commit` takes the edit and nothing else; what fails leaves everything as it was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bos_tools.change import pipeline
from bos_tools.doors.files import WorkTree
from bos_tools.doors.git import Git
from bos_tools.errors import CommandFailed, OutsideError, Refused
from bos_tools.intents.bump import Bump, Request
from bos_tools.tree.layout import Tree
from harness.git import WHO, git
from harness.repositories import deployment, files, repository, unit, write

WEB = "overlays/dev/web/kustomization.yaml"
BACKEND = "overlays/dev/backend/kustomization.yaml"


def bump(version: str = "v1.0.1", *services: str) -> Bump:
    return Bump(None, tuple(Request.read(service, version) for service in services or ("web",)))


def commit(work: Path, version: str = "v1.0.1", *services: str) -> pipeline.Outcome:
    return pipeline.edit_work_tree(bump(version, *services), work, commit=True)


def hook(work: Path, name: str, script: str) -> None:
    path = work / ".git/hooks" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def changed(work: Path, revision: str = "HEAD") -> list[str]:
    return git(work, "show", "--format=", "--name-only", revision).split()


def test_a_commit_holds_the_edited_files_alone_and_other_work_stays_staged_or_not(work):
    write(work, {"staged.txt": "staged"})
    git(work, "add", "staged.txt")
    write(work, {BACKEND: (work / BACKEND).read_text() + "# mine\n", "new.txt": "untracked"})

    made = commit(work, "v1.0.1", "web", "postgres")

    assert made.commit == git(work, "rev-parse", "HEAD").strip()
    assert changed(work) == ["overlays/dev/postgres/kustomization.yaml", WEB]
    assert git(work, "status", "--porcelain").splitlines() == [f" M {BACKEND}", "A  staged.txt", "?? new.txt"]


def test_the_message_tells_a_program_what_was_edited(work):
    commit(work, "v1.0.1", "web")

    assert git(work, "log", "-1", "--format=%B").strip().splitlines() == [
        "Bump web to v1.0.1 in dev", "", "Bos-Edit: dev/web newTag v1.0.0 -> v1.0.1",
    ]  # fmt: skip


def test_a_file_with_work_of_the_users_is_never_committed(work):
    write(work, {WEB: (work / WEB).read_text() + "# mine\n"})
    before = (work / WEB).read_bytes()

    with pytest.raises(Refused, match="changes of yours") as refused:
        commit(work)

    assert refused.value.reason == "dirty-file"
    assert (work / WEB).read_bytes() == before


def test_an_edit_that_waits_in_the_work_tree_is_committed_by_the_same_bump(work):
    pipeline.edit_work_tree(bump("v1.0.1", "web", "backend"), work)
    git(work, "add", WEB)

    made = commit(work, "v1.0.1", "web", "backend", "postgres")

    assert len(changed(work)) == 3
    assert made.commit is not None
    assert git(work, "status", "--porcelain") == ""


def test_a_waiting_edit_to_another_version_is_work_of_the_users(work):
    pipeline.edit_work_tree(bump("v1.0.1"), work)

    with pytest.raises(Refused, match="changes of yours"):
        commit(work, "v1.0.2")

    assert "v1.0.1" in (work / WEB).read_text()


def test_a_bump_that_is_committed_already_commits_nothing(work):
    commit(work)
    before = (git(work, "rev-parse", "HEAD"), (work / WEB).stat().st_mtime_ns, (work / WEB).stat().st_ino)

    made = commit(work)

    assert made.commit is None
    assert (git(work, "rev-parse", "HEAD"), (work / WEB).stat().st_mtime_ns, (work / WEB).stat().st_ino) == before


@pytest.mark.parametrize("name", ["pre-commit", "commit-msg"])
def test_a_hook_that_says_no_leaves_the_file_as_it_was(work, name):
    hook(work, name, "echo 'not on a Friday' >&2; exit 1")

    with pytest.raises(CommandFailed, match="not on a Friday"):
        commit(work, "v1.0.1", "web", "backend")

    assert git(work, "status", "--porcelain") == ""


def test_a_hook_that_rewrites_the_file_and_says_no_leaves_it_as_it_was_too(work):
    hook(work, "pre-commit", f"echo '# formatted' >>{WEB}; exit 1")

    with pytest.raises(CommandFailed):
        commit(work)

    assert git(work, "status", "--porcelain") == ""


def test_an_interrupt_while_the_hook_runs_leaves_the_file_as_it_was(work, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Git, "commit_paths", interrupted)

    with pytest.raises(KeyboardInterrupt):
        commit(work)

    assert git(work, "status", "--porcelain") == ""


def test_another_git_that_holds_the_index_is_waited_for(work):
    lock = work / ".git/index.lock"
    lock.write_text("")
    waiter = subprocess.Popen(["sh", "-c", f"sleep 0.5; rm {lock}"])

    assert commit(work).commit is not None
    waiter.wait()


def test_without_an_identity_the_way_out_is_named_and_the_file_is_as_it_was(work, monkeypatch, tmp_path):
    for name in WHO:
        if "AUTHOR" in name or "COMMITTER" in name:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    git(work, "config", "user.useConfigOnly", "true")

    with pytest.raises(OutsideError, match="git does not know who commits") as error:
        commit(work)

    assert error.value.reason == "no-identity"
    assert git(work, "status", "--porcelain") == ""


def test_a_repository_in_a_subfolder_is_committed_from_there(tmp_path):
    top = repository(tmp_path / "top", {f"deploy/{path}": text for path, text in files().items()})

    commit(top / "deploy")
    pipeline.edit_work_tree(bump("v1.0.2"), top / "deploy")
    commit(top / "deploy", "v1.0.2")

    assert changed(top) == [f"deploy/{WEB}"]
    assert git(top, "status", "--porcelain") == ""


def test_an_unborn_branch_has_nothing_to_build_on(tmp_path):
    work = write(tmp_path / "work", files())
    git(work, "init", "-q", "-b", "main")

    with pytest.raises(Refused, match="no commit holds"):
        commit(work)

    assert "v1.0.0" in (work / WEB).read_text()


def test_line_ends_that_git_converts_stay_as_they_are_on_the_disk(work):
    git(work, "config", "core.autocrlf", "true")
    (work / WEB).unlink()
    git(work, "checkout", "--", WEB)
    pipeline.edit_work_tree(bump("v1.0.1"), work)

    commit(work, "v1.0.1")

    assert (work / WEB).read_bytes().count(b"\r\n") == (work / WEB).read_bytes().count(b"\n")
    assert git(work, "show", "--format=", "--numstat").split()[:2] == ["1", "1"]


def test_many_edits_of_one_work_tree_at_once_lose_nothing(tmp_path):
    services = [f"svc-{number}" for number in range(12)]
    work = repository(tmp_path / "work", files(services, ["dev"]))
    tool = Path(sys.executable).parent / "bos-tools"

    running = [
        subprocess.Popen([tool, "bump", service, "v1.0.1", *(["--commit"] if number % 2 else [])], cwd=work)
        for number, service in enumerate(services)
    ]

    assert [process.wait() for process in running] == [0] * 12
    assert {Tree(WorkTree(work)).unit("dev", s)[1].pins[0].tag for s in services} == {"v1.0.1"}
    assert git(work, "rev-list", "--count", "HEAD") == "7\n"
    assert len(git(work, "status", "--porcelain").splitlines()) == 6


def test_many_edits_of_one_file_at_once_lose_nothing(tmp_path):
    images = [f"img-{number}" for number in range(12)]
    contents = files(["web"], ["dev"])
    contents["base/web/deployment.yaml"] = deployment("web", images)
    contents[WEB] = unit("web").partition("images:")[0]
    work = repository(tmp_path / "work", contents)
    tool = Path(sys.executable).parent / "bos-tools"

    running = [subprocess.Popen([tool, "bump", "web", "v1.0.1", "--image", image], cwd=work) for image in images]

    assert [process.wait() for process in running] == [0] * 12
    assert (work / WEB).read_text().count("newTag: v1.0.1\n") == 12


def test_what_fails_half_way_is_put_back(work):
    os.chmod(work / WEB, 0o444)
    if os.access(work / WEB, os.W_OK):
        pytest.skip("root may write everything")

    with pytest.raises(OutsideError, match="read-only"):
        pipeline.edit_work_tree(bump("v1.0.1", "backend", "web"), work)

    assert git(work, "status", "--porcelain") == ""

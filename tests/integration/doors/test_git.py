"""The door to Git, and what a start of the program imports."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bos_tools.doors import remote as remotes
from bos_tools.doors.command import REDIRECTIONS, without_secrets
from bos_tools.doors.git import Git
from bos_tools.errors import CommandFailed, OutsideError, RepositoryError
from harness.git import clone, git, remote
from harness.repositories import files, repository, write


def test_what_a_hook_has_set_for_another_repository_does_not_redirect_us(tmp_path, work, monkeypatch):
    other = repository(tmp_path / "other", {"other.txt": "other"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other / ".git/objects"))

    door = Git(work)
    head = door.at(door.resolve("HEAD"))

    assert head.read("other.txt") is None
    assert head.read("pyproject.toml") == files()["pyproject.toml"].encode()


@pytest.mark.parametrize("name", sorted(REDIRECTIONS))
def test_no_variable_leads_a_read_elsewhere_and_none_is_changed(tmp_path, work, monkeypatch, name):
    other = repository(tmp_path / "other", {"other.txt": "other"})
    value = {"GIT_DIR": other / ".git", "GIT_WORK_TREE": other, "GIT_COMMON_DIR": other / ".git"}.get(name, tmp_path)
    monkeypatch.setenv(name, str(value))
    before = dict(os.environ)

    door = Git(work)
    head = door.resolve("HEAD")
    made = door.commit_on(door.at(head), {"pyproject.toml": b"new"}, "New", datetime.now(UTC))

    assert [commit.subject for commit in door.log(made)] == ["New", "Start"]
    assert [sha for sha, _ in door.line(made)] == [made, head]
    assert door.changed(head, made) == ["pyproject.toml"]
    assert door.merge_base(made, head) == head
    assert door.is_ancestor(head, made)
    assert door.file(made, "pyproject.toml") == b"new"
    assert door.file(f"{head}^", "pyproject.toml") is None
    assert dict(os.environ) == before


def test_an_object_that_is_not_there_is_told_and_the_next_one_is_read(work):
    door = Git(work)

    with pytest.raises(OutsideError, match="the repository lacks an object: 1111"):
        door.blob("1" * 40)

    assert door.file("HEAD", "pyproject.toml") == files()["pyproject.toml"].encode()
    assert door.file("HEAD", "base") is None
    assert door.file("HEAD", "no such file") is None


def test_a_message_may_hold_what_no_format_can_use_as_a_mark(work):
    said = "One\ntwo\n\nBody \x01\x02 and \xff\n\nBos-Volume: a/b/c"
    git(work, "commit", "-q", "--allow-empty", "-m", said)
    git(work, "config", "log.showSignature", "true")
    git(work, "config", "log.follow", "true")

    [commit] = Git(work).log("HEAD", limit=1)

    assert (commit.subject, commit.message, commit.author) == ("One two", said, "Test")


def test_a_commit_beside_the_work_tree_keeps_modes_links_and_odd_names(work):
    odd = 'ümläut "quoted"\t工具.txt'
    write(work, {odd: "odd", "run.sh": "#!/bin/sh\n", "sub/deep/er/file": "old"})
    (work / "run.sh").chmod(0o755)
    (work / "link").symlink_to("run.sh")
    git(work, "add", "-A")
    git(work, "commit", "-qm", "More")
    door = Git(work)
    head = door.at(door.resolve("HEAD"))

    made = door.commit_on(head, {"run.sh": b"#!/bin/bash\n", "sub/deep/er/file": b"\xff\0new", odd: b""}, "Größe\n")

    listed = git(work, "ls-tree", "-r", "-z", made).split("\0")
    modes = {line.split("\t", 1)[1]: line.split()[0] for line in listed if line}
    assert modes == {name: f"{head._entries[name][0]:o}" for name in head._entries}
    assert door.at(made).read("sub/deep/er/file") == b"\xff\0new"
    assert door.at(made).read("link") == b"#!/bin/bash\n"
    assert door.at(made).read(odd) == b""
    assert git(work, "log", "-1", "--format=%s", made) == "Größe\n"
    assert git(work, "diff", "--name-only", "HEAD", made).count("\n") == 3
    assert git(work, "status", "--porcelain") == ""


def test_a_commit_adds_a_new_file_and_takes_an_old_one_away_beside_the_work_tree(work):
    door = Git(work)

    made = door.commit_on(door.at(door.resolve("HEAD")), {"new/file": b"text", "pyproject.toml": None}, "Yes")

    assert git(work, "show", f"{made}:new/file") == "text"
    assert "pyproject.toml" not in git(work, "ls-tree", "--name-only", made).split()
    assert git(work, "ls-tree", made, "new/").startswith("100644 blob")
    assert git(work, "status", "--porcelain") == ""


def test_a_folder_is_no_file_to_commit(work):
    door = Git(work)

    with pytest.raises(RepositoryError, match="not a regular file"):
        door.commit_on(door.at(door.resolve("HEAD")), {"base": b""}, "No")


def test_a_signing_user_signs_and_a_failing_signature_stops_the_commit(work):
    git(work, "config", "commit.gpgSign", "true")
    git(work, "config", "gpg.program", "/bin/false")
    door = Git(work)

    with pytest.raises(CommandFailed, match="gpg failed to sign"):
        door.commit_on(door.at(door.resolve("HEAD")), {"pyproject.toml": b""}, "No")


def test_a_repository_with_longer_hashes_works_too(tmp_path):
    work = write(tmp_path / "work", files())
    git(work, "init", "-q", "-b", "main", "--object-format=sha256")
    git(work, "add", "-A")
    git(work, "commit", "-qm", "Start")
    door = Git(work)
    head = door.at(door.resolve("HEAD"))

    made = door.commit_on(head, {"pyproject.toml": b"new"}, "Long")

    assert len(made) == 64
    assert door.at(made).read("pyproject.toml") == b"new"
    assert [commit.subject for commit in door.log(made)] == ["Long", "Start"]
    assert [sha for sha, _ in door.line(made)] == [made, head.sha]
    assert (door.parents(made), door.parents(head.sha)) == (1, 0)
    assert door.file(made, "pyproject.toml") == b"new"
    assert door.merge_base(made, head.sha) == head.sha


def test_a_folder_in_no_repository_is_told(tmp_path):
    with pytest.raises(RepositoryError, match="no Git repository"):
        Git(tmp_path).resolve("HEAD")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("fatal: 'https://me:secret@host/x'", "fatal: 'https://host/x'"),
        ("https://token@host/x and ssh://git@host:22/y", "https://host/x and ssh://host:22/y"),
        ("https://me:s@cr@t@host/x", "https://host/x"),
        ("'https://bot:ca/nary@host/x/': URL using bad format", "'https://host/x/': URL using bad format"),
        ("https://host:8443/x and a@b", "https://host:8443/x and a@b"),
        ("https://host/x?private_token=secret&y=1", "https://host/x?private_token=…&y=1"),
        ("git@host:x/y.git and file:///a@b/c", "git@host:x/y.git and file:///a@b/c"),
    ],
)
def test_no_secret_of_an_address_is_shown(said, shown):
    assert without_secrets(said) == shown


def test_links_in_a_commit_are_followed_inside_of_it_only(work):
    (work / "folder").symlink_to("overlays/dev")
    (work / "out").symlink_to("/etc")
    (work / "circle").symlink_to("circle")
    git(work, "add", "-A")
    git(work, "commit", "-qm", "Links")
    door = Git(work)
    head = door.at(door.resolve("HEAD"))

    assert head.real("folder/web/kustomization.yaml") == "overlays/dev/web/kustomization.yaml"
    assert head.read("folder/web/kustomization.yaml") == head.read("overlays/dev/web/kustomization.yaml")
    assert head.read("overlays") is None
    for path in ("out/passwd", "circle"):
        with pytest.raises(RepositoryError):
            head.real(path)


def test_refs_of_dead_runs_are_swept_and_those_of_living_ones_stay(tmp_path, work):
    remote(work, tmp_path / "origin.git")
    door = Git(work)
    head = door.resolve("HEAD")
    with remotes.fetched(door, "origin", "main") as target:
        target.head()
        folder = target.ref.rpartition("/")[0]
        git(work, "update-ref", f"{folder}/4194305-dead", head)
        git(work, "update-ref", f"{folder}/{os.getppid()}-alive", head)
        git(work, "update-ref", "refs/bos-tools/another-host/4194305-who-knows", head)

    names = git(work, "for-each-ref", "--format=%(refname)", "refs/bos-tools").split()
    assert names == ["refs/bos-tools/another-host/4194305-who-knows", f"{folder}/{os.getppid()}-alive"] or names == [
        f"{folder}/{os.getppid()}-alive", "refs/bos-tools/another-host/4194305-who-knows",
    ]  # fmt: skip


def test_a_push_that_comes_too_late_is_a_race_and_not_a_refusal(tmp_path, work):
    bare = remote(work, tmp_path / "origin.git")
    door = Git(work)
    with remotes.fetched(door, "origin", "main") as target:
        head = door.at(target.head())
        ours = door.commit_on(head, {"pyproject.toml": b"ours"}, "Ours")
        other = clone(bare, tmp_path / "other")
        git(other, "commit", "-q", "--allow-empty", "-m", "Theirs")
        git(other, "push", "-q")

        with pytest.raises(remotes.LostRace):
            target.push(ours)


def test_configuration_that_pushes_more_is_not_heard(tmp_path, work):
    bare = remote(work, tmp_path / "origin.git")
    git(work, "tag", "-am", "A tag", "v1")
    for name, value in {"push.followTags": "true", "push.default": "matching", "fetch.prune": "true"}.items():
        git(work, "config", name, value)
    git(work, "branch", "mine")
    door = Git(work)
    with remotes.fetched(door, "origin", "main") as target:
        target.push(door.commit_on(door.at(target.head()), {"pyproject.toml": b"ours"}, "Ours"))

    assert git(bare, "for-each-ref", "--format=%(refname)") == "refs/heads/main\n"
    assert git(work, "for-each-ref", "--format=%(refname)").split() == [
        "refs/heads/main", "refs/heads/mine", "refs/remotes/origin/main", "refs/tags/v1",
    ]  # fmt: skip


PROBE = """\
import json, sys
from bos_tools.cli.main import main
code = main(sys.argv[1:])
sys.stderr.write("\\n" + json.dumps([code, sorted(sys.modules)]))
"""


def imported(work: Path, *words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words],
        cwd=work,
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    return set(modules)


def test_help_imports_nothing_that_works(work):
    assert imported(work, "--help") & {"yaml", "git", "pydantic", "rich", "tomllib"} == set()


@pytest.mark.parametrize("words", [(), ("--commit",)])
def test_a_bump_imports_neither_gitpython_nor_a_thread_pool(work, words):
    unused = {"git", "gitdb", "pydantic", "rich", "concurrent.futures", "logging", "random", "tempfile"}

    assert imported(work, "bump", "web", "v1.0.1", *words) & unused == set()


def test_a_commit_contains_itself_and_what_came_before_and_none_that_is_unknown(work):
    first = git(work, "rev-parse", "HEAD").strip()
    git(work, "commit", "-q", "--allow-empty", "-m", "Second")
    second = git(work, "rev-parse", "HEAD").strip()

    door = Git(work)

    assert door.is_ancestor(first, second)
    assert door.is_ancestor(first, first)
    assert not door.is_ancestor(second, first)
    assert not door.is_ancestor(first, "0" * 40)

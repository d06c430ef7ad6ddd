"""The door to the disk."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bos_tools.doors import files, private
from bos_tools.errors import OutsideError, RepositoryError
from harness.git import git


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("BOS_TOOLS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/bos-tools"


@pytest.fixture
def root(tmp_path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.yaml").write_bytes(b"old")
    return root


def test_a_replaced_file_keeps_its_mode(root):
    (root / "a.yaml").chmod(0o751)

    files.replace(root, "a.yaml", b"old", b"new")

    assert (root / "a.yaml").read_bytes() == b"new"
    assert (root / "a.yaml").stat().st_mode & 0o777 == 0o751
    assert os.listdir(root) == ["a.yaml"]


def test_a_file_that_changed_meanwhile_is_left_alone(root):
    with pytest.raises(OutsideError, match="changed while it was being edited"):
        files.replace(root, "a.yaml", b"older", b"new")

    assert (root / "a.yaml").read_bytes() == b"old"


def test_a_full_disk_leaves_the_file_as_it_was(root, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OutsideError, match="No space left"):
        files.replace(root, "a.yaml", b"old", b"new")

    assert (root / "a.yaml").read_bytes() == b"old"
    assert os.listdir(root) == ["a.yaml"]


@pytest.mark.parametrize("kind", ["plain", "git", "subfolder", "linked"])
def test_the_temporary_file_stands_where_no_status_shows_it_and_the_next_run_sweeps_it(
    tmp_path, root, kind, monkeypatch
):
    if kind == "git":
        git(root, "init", "-q")
    elif kind == "subfolder":
        git(tmp_path, "init", "-q")
    elif kind == "linked":
        git(tmp_path, "init", "-q", "main")
        git(tmp_path / "main", "commit", "-q", "--allow-empty", "-m", "Start")
        git(tmp_path / "main", "worktree", "add", "-q", str(root / "tree"))
        root = root / "tree"
        (root / "a.yaml").write_bytes(b"old")
    seen: list[Path] = []
    rename = os.replace

    def note(source: str, target: str) -> None:
        seen.append(Path(source))
        rename(source, target)

    monkeypatch.setattr(os, "replace", note)

    files.replace(root, "a.yaml", b"old", b"new")

    expected = {"plain": root, "git": root / ".git", "subfolder": tmp_path / ".git", "linked": tmp_path / "main/.git"}
    assert expected[kind] in seen[0].parents
    seen[0].write_bytes(b"what a kill left")
    files.sweep(root)
    assert not seen[0].exists()


def test_a_scratch_folder_of_a_living_run_is_left_alone_and_a_dead_one_is_removed(cache):
    dead = cache / "scratch/1-dead"
    dead.mkdir(parents=True)
    (dead / "file").write_text("")

    with private.scratch() as outer:
        with private.scratch() as inner:
            assert inner != outer
        assert outer.exists()
        assert not dead.exists()

    assert list((cache / "scratch").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BOS_TOOLS_CACHE", str(tmp_path / "file"))

    with pytest.raises(OutsideError, match="no scratch folder"), private.scratch():
        pass
    with private.queue("name", 1.0):  # a courtesy: without a folder nobody waits
        pass


def test_a_lock_is_let_go_when_its_holder_is_killed(root):
    script = (
        f"import pathlib, time; from bos_tools.doors import private\nwith private.lock(pathlib.Path({str(root)!r})):\n"
        "    print('held', flush=True); time.sleep(3600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    descriptor = os.open(root, os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)

    holder.kill()
    holder.wait()
    holder.stdout.close()

    with private.lock(root):
        pass


def test_a_folder_that_is_gone_can_not_be_locked(tmp_path):
    with pytest.raises(OutsideError, match="can't be locked"), private.lock(tmp_path / "absent"):
        pass


def test_a_pipe_is_never_waited_for(root):
    os.mkfifo(root / "pipe")

    with pytest.raises(RepositoryError, match="not a regular file"):
        files.WorkTree(root).read("pipe")


def test_a_link_is_followed_inside_the_repository_only(root, tmp_path):
    (root / "in").symlink_to("a.yaml")
    (root / "out").symlink_to(tmp_path)
    tree = files.WorkTree(root)

    assert tree.real("in") == "a.yaml"
    with pytest.raises(RepositoryError, match="leaves the repository"):
        tree.real("out")


def test_a_work_tree_is_read_once(root):
    tree = files.WorkTree(root)
    tree.read("a.yaml")
    (root / "a.yaml").write_bytes(b"new")

    assert tree.read("a.yaml") == b"old"
    assert tree.read("absent") is None
    assert tree.read("a.yaml/below") is None
    assert tree.names("absent") == []

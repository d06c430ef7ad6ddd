"""The cache believes nothing that another user could have written, and nothing of another program."""

import os
import stat
from pathlib import Path

import pytest

from bos_tools.doors.private import make_private
from bos_tools.render import kustomize
from bos_tools.render.cache import Cache

KEY = "ab" + "0" * 62


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    made = Cache(tmp_path / "cache")
    made.put(KEY, b"render")
    assert made.get(KEY) == b"render"
    return made


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o077])
def test_every_level_is_its_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int) -> None:
    monkeypatch.setenv("BOS_TOOLS_CACHE", str(tmp_path / "a" / "b"))
    before = os.umask(umask)
    try:
        Cache(tmp_path / "a" / "b" / "bos-tools" / "render").put(KEY, b"x")
    finally:
        os.umask(before)

    modes = {str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a").rglob("*")}
    assert {mode for path, mode in modes.items() if not path.endswith(KEY[2:])} == {0o700}
    assert {mode for path, mode in modes.items() if path.endswith(KEY[2:])} == {0o600}


def test_what_an_older_version_left_open_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOS_TOOLS_CACHE", str(tmp_path))
    folder = tmp_path / "bos-tools" / "render"
    folder.mkdir(parents=True)
    os.chmod(folder, 0o777)
    os.chmod(folder.parent, 0o775)

    make_private(folder)

    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)] == [0o700, 0o700]


@pytest.mark.parametrize("level", ["..", "", "ab", f"ab/{KEY[2:]}"])
def test_an_entry_below_what_others_can_write_is_not_believed(cache: Cache, level: str) -> None:
    place = cache.folder / level
    os.chmod(place, stat.S_IMODE(place.stat().st_mode) | 0o020)

    assert cache.get(KEY) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("level", ["..", "", "ab", f"ab/{KEY[2:]}"])
def test_another_users_entry_is_not_believed(cache: Cache, level: str) -> None:
    os.chown(cache.folder / level, 65534, 65534)

    assert cache.get(KEY) is None


@pytest.mark.parametrize("level", ["", "ab", f"ab/{KEY[2:]}"])
def test_a_link_is_not_followed(cache: Cache, tmp_path: Path, level: str) -> None:
    place = cache.folder / level
    place.rename(tmp_path / "moved")
    place.symlink_to(tmp_path / "moved")

    assert cache.get(KEY) is None


def test_a_link_above_is_not_followed(tmp_path: Path) -> None:
    made = Cache(tmp_path / "ours" / "render")
    made.put(KEY, b"render")
    (tmp_path / "ours").rename(tmp_path / "moved")
    (tmp_path / "ours").symlink_to(tmp_path / "moved")

    assert made.get(KEY) is None
    made.put(KEY, b"through the link")
    (tmp_path / "ours").unlink()
    assert Cache(tmp_path / "moved" / "render").get(KEY) == b"render"


def test_a_folder_of_ours_in_the_place_of_the_entries_does_not_make_them(cache: Cache, tmp_path: Path) -> None:
    """What a checkout of a stranger's branch holds is ours by its owner, and no entry by its place."""
    other = Cache(tmp_path / "checkout")
    other.put(KEY, b"poisoned")
    (cache.folder / "ab" / KEY[2:]).unlink()
    (cache.folder / "ab" / KEY[2:]).symlink_to(other.folder / "ab" / KEY[2:])

    assert cache.get(KEY) is None


def test_a_pipe_holds_nobody_up(cache: Cache) -> None:
    entry = cache.folder / "ab" / KEY[2:]
    entry.unlink()
    os.mkfifo(entry, 0o600)

    assert cache.get(KEY) is None
    cache.put(KEY, b"again")
    assert cache.get(KEY) == b"again"


def test_an_entry_of_another_key_is_not_believed(cache: Cache) -> None:
    other = KEY[:2] + "1" * 62
    os.link(cache.folder / "ab" / KEY[2:], cache.folder / "ab" / other[2:])

    assert cache.get(other) is None


def test_a_link_in_the_place_of_a_temporary_file_is_not_written_through(cache: Cache, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("safe")
    (cache.folder / "ab" / KEY[2:]).unlink()
    (cache.folder / "ab" / KEY[2:]).symlink_to(victim)

    cache.put(KEY, b"new")

    assert victim.read_text() == "safe"
    assert cache.get(KEY) == b"new"


def test_another_program_has_other_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set()
    for text in ("#!/bin/sh\necho v5.8.1\n", "#!/bin/sh\necho v5.8.1 # another\n"):
        program = tmp_path / "kustomize"
        program.write_text(text)
        monkeypatch.setenv("BOS_TOOLS_KUSTOMIZE", str(program))
        kustomize._identity.cache_clear()
        seen.add(kustomize._identity())
    kustomize._identity.cache_clear()

    assert len(seen) == 2

"""What every test stands on: a cache of its own run, an author, and no Git settings of this machine."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from workshop import WHO, repository

settings.register_profile("ours", deadline=None, derandomize=True, database=None)
settings.load_profile("ours")


@pytest.fixture(scope="session", autouse=True)
def _surroundings(tmp_path_factory: pytest.TempPathFactory):
    """Keep a run from the machine's caches and settings, and the machine from the run."""
    kept = dict(os.environ)
    for name in list(os.environ):
        if name.startswith("GIT_") and name != "GIT_SSL_CAINFO":
            del os.environ[name]
    os.environ.update(WHO)
    os.environ["BOS_TOOLS_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    os.environ.pop("NO_COLOR", None)
    yield
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture
def untouched():
    """Return a function that tells what a folder's files are: bytes, mode, inode and time of change."""

    def state(root: Path) -> dict[str, tuple[object, ...]]:
        found: dict[str, tuple[object, ...]] = {}
        for path in sorted(root.rglob("*")):
            if ".git" not in path.relative_to(root).parts:
                status = path.lstat()
                data = path.read_bytes() if path.is_file() and not path.is_fifo() else b""
                found[str(path.relative_to(root))] = (data, status.st_mode, status.st_ino, status.st_mtime_ns)
        return found

    return state


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A small repository with one commit."""
    return repository(tmp_path / "work")

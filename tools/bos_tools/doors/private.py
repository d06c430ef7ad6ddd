"""The folder for what can be made again, private to the user, and the locks by which runs take turns."""

import errno
import fcntl
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bos_tools.errors import OutsideError

PATIENCE = 120.0
"""Seconds to wait for another writer of the same repository: as long as its hooks may take."""
POLL = 0.02


@contextmanager
def lock(
    folder: Path, waiting: Callable[[], None] | None = None, *, patience: float | None = PATIENCE
) -> Iterator[int]:
    """Hold a folder for one writer of this machine, and lend the lock's descriptor.

    The lock ends with the process, and with those that inherit the descriptor.  `waiting` is told of another holder.
    Raises OutsideError, `locked`, after the patience in seconds; None waits for ever.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise OutsideError(f"can't be locked: {folder}: {error.strerror}", reason="unlockable") from error
    try:
        if not _is_free(descriptor):
            if waiting is not None:
                waiting()
            _wait(descriptor, folder, patience)
        yield descriptor
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP):
            raise
        raise OutsideError(f"can't be locked: {folder}: {error.strerror}", reason="unlockable") from error
    finally:
        os.close(descriptor)


def _wait(descriptor: int, folder: Path, patience: float | None) -> None:
    if patience is None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return
    end = time.monotonic() + patience
    while not _is_free(descriptor):
        if time.monotonic() >= end:
            raise OutsideError(
                f"another program has held the lock for {patience:.0f} s{_holder(descriptor)}: {folder}",
                reason="locked",
                hint="wait for it, or end it when it hangs",
            )
        time.sleep(POLL)


def _holder(descriptor: int) -> str:
    """Return who holds a lock, as far as Linux tells: its process, and the program."""
    inode = os.fstat(descriptor).st_ino
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/locks").read_text().splitlines():
            words = line.split()
            if words[1] == "FLOCK" and words[5].rpartition(":")[2] == str(inode):
                return f" (process {words[4]}, {Path(f'/proc/{words[4]}/comm').read_text().strip()})"
    return ""


@contextmanager
def queue(name: str, patience: float) -> Iterator[None]:
    """Wait for one's turn among this machine's runs with the same name, for so many seconds at most.

    Without a cache folder there is no line, and who stands in front and does not move is passed by.
    """
    import hashlib

    with ExitStack() as held:
        with suppress(OSError, OutsideError):
            folder = cache_folder() / "queue" / hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:32]
            make_private(folder)
            held.enter_context(lock(folder, patience=patience))
        yield


def cache_folder() -> Path:
    """Return the folder for what can be made again, private to the user."""
    base = os.environ.get("BOS_TOOLS_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "bos-tools"


def make_private(folder: Path) -> None:
    """Make a folder, and all that are missing above it, so that only its owner can look in; close those that are ours.

    Raises OSError where it can't be made, or is a link or another user's.
    """
    for level in reversed([level for level in (folder, *folder.parents) if not level.exists()]):
        with suppress(FileExistsError):
            level.mkdir(mode=0o700)
    cache = cache_folder()
    for level in (level for level in (folder, *folder.parents) if level == cache or cache in level.parents):
        status = level.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "it belongs to another user, or is a link")
        if status.st_mode & 0o077:
            level.chmod(0o700)


@contextmanager
def scratch() -> Iterator[Path]:
    """Lend an empty folder under the cache, and remove those that killed runs left behind."""
    parent = cache_folder() / "scratch"
    try:
        make_private(parent)
        folder, descriptor = _claimed(parent)
    except OSError as error:
        raise OutsideError(
            f"no scratch folder can be made: {error.strerror}: {parent}",
            reason="unwritable",
            hint="point BOS_TOOLS_CACHE at a folder that can be written",
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)
        _sweep_scratch(parent)


def _claimed(parent: Path) -> tuple[Path, int]:
    """Make a folder and hold its lock, which tells every other process that its owner lives."""
    while True:
        folder = parent / f"{os.getpid()}-{os.urandom(6).hex()}"
        folder.mkdir(mode=0o700)
        with suppress(FileNotFoundError):  # swept in the moment before it was locked: make another one
            descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            if _is_free(descriptor) and folder.exists():
                return folder, descriptor
            os.close(descriptor)


def _sweep_scratch(parent: Path) -> None:
    for name in os.listdir(parent):
        with suppress(OSError):
            descriptor = os.open(parent / name, os.O_RDONLY | os.O_CLOEXEC)
            try:
                if _is_free(descriptor):
                    shutil.rmtree(parent / name, ignore_errors=True)
            finally:
                os.close(descriptor)


def _is_free(descriptor: int) -> bool:
    """Take a lock if nobody has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

"""The door to the disk: a work tree as a source, atomic writes, one lock, one cache folder."""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from bos_tools.errors import OutsideError, RepositoryError


class WorkTree:
    """The files of a checkout; each is read once, so that one run sees one state."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._base = f"{root}/"
        self._read: dict[str, bytes | None] = {}
        self._names: dict[str, list[str]] = {}
        self._real: dict[str, str] = {}

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is no such regular file."""
        if path not in self._read:
            self._read[path] = self._fresh(path)
        return self._read[path]

    def _fresh(self, path: str) -> bytes | None:
        folder, _, name = path.rpartition("/")
        known = self._names.get(folder)
        if known is not None and name not in known:
            return None
        try:
            descriptor = os.open(self._base + path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise RepositoryError(f"can't be read: {error}", reason="unreadable", path=path) from error
        try:
            status = os.fstat(descriptor)
            if stat.S_ISDIR(status.st_mode):
                return None
            if not stat.S_ISREG(status.st_mode):
                raise RepositoryError("not a regular file", reason="unreadable", path=path)
            return b"".join(iter(lambda: os.read(descriptor, status.st_size + 1), b""))
        finally:
            os.close(descriptor)

    def names(self, folder: str) -> list[str]:
        """Return the sorted names in a folder; an absent folder is empty."""
        if folder not in self._names:
            try:
                self._names[folder] = sorted(os.listdir(self._base + folder))
            except (FileNotFoundError, NotADirectoryError):
                self._names[folder] = []
        return self._names[folder]

    def real(self, path: str) -> str:
        """Return the path with its symbolic links followed, inside the repository."""
        if path not in self._real:
            self._real[path] = self._follow(path)
        return self._real[path]

    def _follow(self, path: str) -> str:
        real = os.path.realpath(self._base + path)
        base = os.path.realpath(self.root)
        if not real.startswith(base + os.sep):
            raise RepositoryError("a link that leaves the repository", reason="link-outside", path=path)
        return real[len(base) + 1 :]


def replace(root: Path, path: str, old: bytes, new: bytes) -> None:
    """Replace a file's bytes by a temporary file and one rename: a kill leaves the old file or the new one.

    The temporary file stands in the Git folder, where no status shows it and the next run removes it.
    Raises OutsideError when the file is no longer what the plan was made from.
    """
    target = root / path
    scratch = _scratch(root)
    temporary = (scratch or target.parent) / f".bos-tools-{os.getpid()}"
    try:
        _write_like(target, temporary, new)
        if target.read_bytes() != old:
            raise OutsideError(
                f"the file changed while it was being edited: {path}", reason="changed-meanwhile", hint="run it again"
            )
        os.replace(temporary, target)
    except OSError as error:
        raise OutsideError(f"can't be written: {path}: {error.strerror}", reason="unwritable") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _write_like(target: Path, temporary: Path, data: bytes) -> None:
    status = target.stat()
    if not os.access(target, os.W_OK):
        raise PermissionError(13, "the file is read-only")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
        os.fsync(file.fileno())


def _scratch(root: Path) -> Path | None:
    """Return the Git folder when a rename from it reaches the work tree, emptied of what a kill left."""
    folder = root / ".git"
    if not folder.is_dir() or folder.stat().st_dev != root.stat().st_dev:
        return None
    for stale in folder.glob(".bos-tools-*"):
        with suppress(OSError):
            stale.unlink()
    return folder


@contextmanager
def lock(root: Path) -> Iterator[None]:
    """Hold the repository for one writer of this machine; the lock ends with the process."""
    descriptor = os.open(root, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def cache_folder() -> Path:
    """Return the folder for what can be made again, private to the user."""
    base = os.environ.get("BOS_TOOLS_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "bos-tools"


@contextmanager
def scratch() -> Iterator[Path]:
    """Lend an empty folder under the cache, and remove those that killed runs left behind."""
    parent = cache_folder() / "scratch"
    try:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=parent))
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
        for other in parent.iterdir():
            owner = other.name.partition("-")[0]
            if not Path("/proc", owner).exists() and Path("/proc/self").exists():
                shutil.rmtree(other, ignore_errors=True)


def lay_out(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files below a folder, making the folders between."""
    made: set[str] = set()
    for path, data in contents.items():
        parent = path.rpartition("/")[0]
        if parent not in made:
            os.makedirs(folder / parent, exist_ok=True)
            made.add(parent)
        with open(folder / path, "wb") as file:
            file.write(data)

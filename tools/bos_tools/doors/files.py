"""The door to the disk: a work tree as a source, atomic writes, one lock, one cache folder."""

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from bos_tools.errors import OutsideError, Refused, RepositoryError

READ_LIMIT = 16 * 1024 * 1024
"""Bytes of a file that is read: the largest that people keep beside manifests are bundles of CRDs of some 6 MiB."""
GIT = ".git"
"""Where Git keeps addresses with passwords: no file of a commit can be in there."""
TEMPORARY = ".bos-tools-"
"""How the names of our temporary files begin."""


class WorkTree:
    """The files of a checkout; each is read once, so that one run sees one state."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._base = f"{root}/"
        self._read: dict[str, bytes | None] = {}
        self._names: dict[str, list[str]] = {}
        self._real: dict[str, str] = {}
        self._plain: dict[str, bool] = {}

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
            descriptor = self._open(path)
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
            if status.st_size > READ_LIMIT:
                raise RepositoryError(f"larger than {READ_LIMIT} bytes", reason="too-large", path=path)
            return b"".join(iter(lambda: os.read(descriptor, status.st_size + 1), b""))
        finally:
            os.close(descriptor)

    def _open(self, path: str) -> int:
        """Open a file that no link on its way leads out of the repository."""
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
        if self._is_plain(path.rpartition("/")[0]):
            try:
                return os.open(self._base + path, flags)
            except OSError as error:
                if error.errno != errno.ELOOP:
                    raise
        return os.open(self._base + self.real(path), flags)

    def _is_plain(self, path: str) -> bool:
        """Tell whether no link leads to a path below the root, which is asked once."""
        if not path:
            return True
        if path not in self._plain:
            above, _, name = path.rpartition("/")
            is_ours = name not in ("", ".", "..") and name.lower() != GIT
            self._plain[path] = is_ours and self._is_plain(above) and not os.path.islink(self._base + path)
        return self._plain[path]

    def names(self, folder: str) -> list[str]:
        """Return the sorted names in a folder; an absent folder is empty.

        Raises RepositoryError for one that a link leads out of the repository, and for one that can't be read.
        """
        if folder not in self._names:
            inside = folder if self._is_plain(folder) else self.real(folder)
            try:
                self._names[folder] = sorted(os.listdir(self._base + inside))
            except (FileNotFoundError, NotADirectoryError):
                self._names[folder] = []
            except OSError as error:
                raise RepositoryError(f"can't be read: {error.strerror}", reason="unreadable", path=folder) from error
        return self._names[folder]

    def real(self, path: str) -> str:
        """Return the path with its symbolic links followed, inside the repository and outside of Git's folder."""
        if path not in self._real:
            self._real[path] = self._follow(path)
        return self._real[path]

    def _follow(self, path: str) -> str:
        if self._is_plain(path):
            return path
        real = os.path.realpath(self._base + path)
        base = os.path.realpath(self.root)
        inside = real[len(base) + 1 :]
        if not f"{real}{os.sep}".startswith(base + os.sep) or GIT in inside.lower().split(os.sep):
            raise RepositoryError("a link that leaves the repository", reason="link-outside", path=path)
        return inside


def replace(root: Path, path: str, old: bytes | None, new: bytes | None) -> None:
    """Replace a file's bytes by a temporary file and one rename: a kill leaves the old file or the new one.

    None stands for no file.  Raises OutsideError when the file is no longer what the plan was made from.
    """
    if _bytes(root / path) != old:
        raise OutsideError(
            f"the file changed while it was being edited: {path}", reason="changed-meanwhile", hint="run it again"
        )
    restore(root, path, new)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def restore(root: Path, path: str, data: bytes | None) -> None:
    """Give a file these bytes, whatever it holds; its mode stays.  None takes it away, and the folders left empty."""
    target = root / path
    if data is None:
        _remove(root, target)
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = _scratch(root, target) / f"{TEMPORARY}{os.getpid()}"
    except OSError as error:
        raise OutsideError(f"can't be written: {path}: {error.strerror}", reason="unwritable") from error
    try:
        _write_like(target, temporary, data)
        os.replace(temporary, target)
    except OSError as error:
        raise OutsideError(f"can't be written: {path}: {error.strerror}", reason="unwritable") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _remove(root: Path, target: Path) -> None:
    try:
        target.unlink(missing_ok=True)
    except OSError as error:
        raise OutsideError(f"can't be removed: {target.name}: {error.strerror}", reason="unwritable") from error
    with suppress(OSError):  # a folder that holds something else stays
        for folder in target.parents:
            if folder == root:
                break
            folder.rmdir()


def _write_like(target: Path, temporary: Path, data: bytes) -> None:
    """Write the bytes beside a file, with its owner and mode; a new file gets those of its folder and of any text."""
    is_new = not target.exists()
    status = (target.parent if is_new else target).stat()
    if not os.access(target.parent if is_new else target, os.W_OK):
        raise PermissionError(13, "the file is read-only")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        with suppress(PermissionError):  # a file of another user that our group may write
            os.fchown(file.fileno(), status.st_uid, status.st_gid)
        os.fchmod(file.fileno(), 0o644 if is_new else stat.S_IMODE(status.st_mode))
        os.fsync(file.fileno())


def _scratch(root: Path, target: Path) -> Path:
    """Return a folder from which a rename reaches the target: Git's own, where no status shows the temporary file."""
    device = target.parent.stat().st_dev
    return next((f for f in (_git_folder(root), root) if f is not None and f.stat().st_dev == device), target.parent)


def _git_folder(root: Path) -> Path | None:
    """Return the Git folder of a repository, of one around it, or of a linked work tree."""
    for folder in (root, *root.parents):
        found = folder / ".git"
        if found.is_dir():
            return found
        if found.is_file():
            linked = folder / found.read_text(errors="replace").removeprefix("gitdir:").strip()
            return linked if linked.is_dir() else None
    return None


def sweep(root: Path) -> None:
    """Remove the temporary files that killed runs left behind; the caller holds the lock."""
    for folder in (_git_folder(root), root):
        for stale in folder.glob(f"{TEMPORARY}*") if folder is not None else ():
            with suppress(OSError):
                stale.unlink()


@contextmanager
def lock(folder: Path, waiting: Callable[[], None] | None = None) -> Iterator[int]:
    """Hold a folder for one writer of this machine, and lend the lock's descriptor.

    The lock ends with the process, and with those that inherit the descriptor.  `waiting` is told of another holder.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        if waiting is not None and not _is_free(descriptor):
            waiting()
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        raise OutsideError(f"can't be locked: {folder}: {error.strerror}", reason="unlockable") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def queue(name: str) -> Iterator[None]:
    """Wait for one's turn among this machine's runs with the same name; without a cache folder there is no line."""
    import hashlib

    with ExitStack() as held:
        with suppress(OSError, OutsideError):
            folder = cache_folder() / "queue" / hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:32]
            make_private(folder)
            held.enter_context(lock(folder))
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


@contextmanager
def write_secret(path: Path) -> Iterator[TextIO]:
    """Lend a new file that only its owner may read; what fails half-way leaves none.

    Raises Refused for a file that is there already.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise Refused(f"the file is there already: {path}", reason="file-exists", hint="name a new one") from error
    except OSError as error:
        raise OutsideError(f"can't be written: {path}: {error.strerror}", reason="unwritable") from error
    try:
        with os.fdopen(descriptor, "w") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


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

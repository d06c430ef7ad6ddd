"""The door to the disk: a work tree as a source, atomic writes, one lock, one cache folder."""

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from bos_tools.errors import OutsideError, Refused, RepositoryError

READ_LIMIT = 8 * 1024 * 1024
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
            why = getattr(error, "strerror", None) or error
            raise RepositoryError(f"can't be read: {why}", reason="unreadable", path=path) from error
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

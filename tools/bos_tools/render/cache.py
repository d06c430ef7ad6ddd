"""Renders kept by the hash of everything that they depend on, in folders that nobody else can write."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from bos_tools.doors.private import make_private

SHARD_LIMIT = 64
"""Entries in each of 256 shards; the oldest goes first."""
ENTRY_LIMIT = 64 * 1024 * 1024
"""Bytes of an entry that is read: as many as a render's inputs may have."""
SCHEMA = "2"
"""What a key is made of and how an entry is written; a change of either makes the old entries unknown."""
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Cache:
    """A folder of renders; an entry that is not whole, or that another user could have written, is as good as none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def key(self, program: str, folder: str, closure: Mapping[str, bytes]) -> str:
        """Return the key of a render: the program that makes it, the folder, each file's path and bytes."""
        digest = hashlib.sha256(f"{SCHEMA}\0{program}\0{folder}\0".encode("utf-8", "surrogateescape"))
        for path in sorted(closure):
            data = closure[path]
            digest.update(f"{path}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
            digest.update(data)
        return digest.hexdigest()

    def get(self, key: str) -> bytes | None:
        """Return a render, or None when it is absent, not ours, or its checksum is wrong."""
        with suppress(OSError), self._shard(key) as shard:
            data = _read(shard, key[2:])
            checksum, text = data[:32], data[32:]
            return text if _checksum(key, text) == checksum else None
        return None

    def put(self, key: str, text: bytes) -> None:
        """Keep a render; a disk that is full or read-only costs speed, never the run."""
        with suppress(OSError), self._shard(key, make=True) as shard:
            _make_room(shard)
            temporary = f"{key[2:]}.{os.getpid()}.{os.urandom(4).hex()}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            try:
                with os.fdopen(os.open(temporary, flags, 0o600, dir_fd=shard), "wb") as file:
                    file.write(_checksum(key, text) + text)
                os.replace(temporary, key[2:], src_dir_fd=shard, dst_dir_fd=shard)
            except BaseException:
                with suppress(OSError):
                    os.unlink(temporary, dir_fd=shard)
                raise

    @contextmanager
    def _shard(self, key: str, *, make: bool = False) -> Iterator[int]:
        """Lend the folder of a key.

        Raises OSError unless it, and the two folders above it, are folders of ours that nobody else can write: who
        can write the outermost could put another folder of ours in the place of the entries.
        """
        if make:
            make_private(self.folder)
        with _folder(str(self.folder.parent), None) as above, _folder(self.folder.name, above) as top:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(key[:2], 0o700, dir_fd=top)
            with _folder(key[:2], top) as shard:
                yield shard


@contextmanager
def _folder(name: str, above: int | None) -> Iterator[int]:
    descriptor = os.open(name, FOLDER, dir_fd=above)
    try:
        _demand_ours(os.fstat(descriptor))
        yield descriptor
    finally:
        os.close(descriptor)


def _read(shard: int, name: str) -> bytes:
    """Return an entry's bytes; O_NONBLOCK, so that a pipe in its place does not wait for a writer."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, dir_fd=shard), "rb") as file:
        status = os.fstat(file.fileno())
        _demand_ours(status)
        if not stat.S_ISREG(status.st_mode) or status.st_size > ENTRY_LIMIT:
            raise OSError("not an entry")
        return file.read()


def _demand_ours(status: os.stat_result) -> None:
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError("another user could have written it")


def _checksum(key: str, text: bytes) -> bytes:
    """Return the hash of an entry, which no entry of another key has."""
    return hashlib.sha256(key.encode() + text).digest()


def _make_room(shard: int) -> None:
    entries = os.listdir(shard)
    if len(entries) >= SHARD_LIMIT:
        entries.sort(key=lambda entry: os.stat(entry, dir_fd=shard, follow_symlinks=False).st_mtime)
        for entry in entries[: len(entries) - SHARD_LIMIT + 1]:
            with suppress(OSError):
                os.unlink(entry, dir_fd=shard)

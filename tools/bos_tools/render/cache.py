"""Renders kept by the hash of everything that they depend on."""

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

SHARD_LIMIT = 64
"""Entries in each of 256 shards; the oldest goes first."""


class Cache:
    """A folder of renders; an entry that is not whole is as good as none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def key(self, version: str, folder: str, closure: Mapping[str, bytes]) -> str:
        """Return the key of a render: the program's version, the folder, each file's path and bytes."""
        digest = hashlib.sha256(f"{version}\0{folder}\0".encode())
        for path in sorted(closure):
            data = closure[path]
            digest.update(f"{path}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
            digest.update(data)
        return digest.hexdigest()

    def get(self, key: str) -> bytes | None:
        """Return a render, or None when it is absent or its checksum is wrong."""
        try:
            data = self._path(key).read_bytes()
        except OSError:
            return None
        checksum, text = data[:32], data[32:]
        return text if hashlib.sha256(text).digest() == checksum else None

    def put(self, key: str, text: bytes) -> None:
        """Keep a render; a disk that is full or read-only costs speed, never the run."""
        path = self._path(key)
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._make_room(path.parent)
            temporary.write_bytes(hashlib.sha256(text).digest() + text)
            temporary.replace(path)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key[2:]

    def _make_room(self, shard: Path) -> None:
        entries = list(shard.iterdir())
        if len(entries) >= SHARD_LIMIT:
            entries.sort(key=lambda entry: entry.stat().st_mtime)
            for entry in entries[: len(entries) - SHARD_LIMIT + 1]:
                entry.unlink(missing_ok=True)

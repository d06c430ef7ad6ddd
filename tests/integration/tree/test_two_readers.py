"""Whatever our reader admits, kustomize reads no path and no address that we did not lay out.

A thousand repositories here, with seeds of this run; more by hand:
`BOS_READER_CASES=100000 BOS_READER_SEED=0 pytest tests/integration/tree/test_two_readers.py -k reads_nothing`.
"""

import ctypes
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom

import pytest

from bos_tools.errors import RepositoryError
from bos_tools.tree.graph import Graph
from harness.kustomizations import UNIT, Maker
from harness.memory import Memory

CASES = int(os.environ.get("BOS_READER_CASES", "1000"))
SEED = int(os.environ.get("BOS_READER_SEED", SystemRandom().randrange(10**9)))
BATCH = 100
OPENED = 0x20
"""IN_OPEN of <sys/inotify.h>."""
BATCHED = Path(sys.executable).with_name("kustomize-batch")
MARK = "nobody laid this out"


class Watch:
    """Files of which each opening is told."""

    def __init__(self) -> None:
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = self.libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self.watched: dict[int, Path] = {}

    def add(self, path: Path) -> None:
        number = self.libc.inotify_add_watch(self.descriptor, os.fsencode(path), OPENED)
        assert number > 0, os.strerror(ctypes.get_errno())
        self.watched[number] = path

    def opened(self) -> set[Path]:
        data = b""
        try:
            while part := os.read(self.descriptor, 65536):
                data += part
        except BlockingIOError:
            pass
        found = set()
        while data:
            number, _, _, length = struct.unpack_from("iIII", data)
            found |= {self.watched[number]} if number in self.watched else set()
            data = data[16 + length :]
        return found

    def close(self) -> None:
        os.close(self.descriptor)


@pytest.fixture(scope="module")
def listener() -> Iterator[tuple[str, list[object]]]:
    """Lend an address of this machine at which nobody may arrive, and who did."""
    arrived: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def wait() -> None:
            while True:
                try:
                    connection, who = server.accept()
                except OSError:
                    return
                arrived.append(who)
                connection.close()

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", arrived
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def admitted(files: dict[str, bytes]) -> dict[str, bytes] | None:
    try:
        return Graph(Memory(files)).closure(UNIT)
    except RepositoryError as error:
        assert error.path, error
        return None


def build(folders: list[str], place: Path, canary: Path) -> int:
    """Let kustomize build the folders with all that a person's environment would give it; return how many it could.

    What makes it panic ends its process; the rest is built by the next one.
    """
    environment = {"PATH": str(canary), "HOME": str(place), "TMPDIR": str(place), "GOMAXPROCS": "2"}
    good = 0
    while folders:
        share = folders[:BATCH]
        said = subprocess.run(
            [BATCHED, "unboxed", *share], cwd=place, env=environment, capture_output=True, check=False, timeout=600
        ).stdout
        answers = 0
        while said:
            head, _, said = said.partition(b"\n")
            state, _, length = head.partition(b" ")
            answers, good, said = answers + 1, good + (state == b"ok"), said[int(length) :]
        folders = folders[min(answers + 1, len(share)) :]
    return good


def test_kustomize_reads_nothing_but_what_an_admitted_kustomization_names(
    tmp_path: Path, listener: tuple[str, list[object]]
) -> None:
    address, arrived = listener
    canary = tmp_path / "bin"
    canary.mkdir()
    (canary / "git").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/git-was-run\n')
    (canary / "git").chmod(0o755)
    count = good = 0
    print(f"seeds {SEED} to {SEED + CASES - 1}")  # noqa: T201 -- whoever sees it fail needs them
    for start in range(SEED, SEED + CASES, 500):
        place = tmp_path / str(start)
        (place / "outside").mkdir(parents=True)
        watch = Watch()
        folders = []
        for seed in range(start, min(start + 500, SEED + CASES)):
            files = Maker(seed, address).files()
            closure = admitted(files)
            if closure is None:
                continue
            folders.append(f"{seed}/{UNIT}")
            for path, data in files.items():
                target = place / str(seed) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(closure.get(path, data))
                if path not in closure:
                    watch.add(target)
        for name in ("cm.yaml", "kustomization.yaml"):
            (place / "outside" / name).write_text(MARK)
            watch.add(place / "outside" / name)
        good += build(folders, place, canary)
        count += len(folders)
        opened = sorted(str(path.relative_to(place)) for path in watch.opened())
        watch.close()
        assert not opened, f"read, but not laid out: {opened}"
        assert not arrived, f"fetched by one of the seeds from {start}"
        assert not (tmp_path / "git-was-run").exists(), f"git was run by one of the seeds from {start}"
        shutil.rmtree(place)
    print(f"{count} of {CASES} were admitted, {good} built")  # noqa: T201 -- what the run was worth
    assert count > CASES / 10
    assert good > count / 5


TRICKS = {
    "a folded key": b"Bases: ['file:///nowhere?ref=x']\n",
    "a merge": b"<<: {bases: ['file:///nowhere?ref=x']}\n",
    "a folder named as a host": b"resources: [GitHub.com/a/b]\n",
    "a dotted capital": "resources: ['g\u0130thub.com/a/b']\n".encode(),
    "an address": b"resources: ['http://{0}/a']\n",
    "an address of data": b"configMapGenerator: [{name: x, files: ['k=http://{0}/a']}]\n",
    "an unnamed file": b"Resources: [other.yaml]\n",
}


@pytest.mark.parametrize("trick", TRICKS)
def test_the_evidence_shows_what_our_reader_refuses(
    tmp_path: Path, listener: tuple[str, list[object]], trick: str
) -> None:
    address, arrived = listener
    (tmp_path / "git").write_text(f"#!/bin/sh\n: > {tmp_path}/git-was-run\n")
    (tmp_path / "git").chmod(0o755)
    text = TRICKS[trick].replace(b"{0}", address.encode())
    files = Maker(0, address).files() | {f"{UNIT}/kustomization.yaml": text}
    for path, data in files.items():
        (tmp_path / "0" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "0" / path).write_bytes(data)
    watch = Watch()
    watch.add(tmp_path / "0" / UNIT / "other.yaml")
    arrived.clear()

    build([f"0/{UNIT}"], tmp_path, tmp_path)

    assert (tmp_path / "git-was-run").exists() or arrived or watch.opened()
    assert admitted(files) is None
    watch.close()
    arrived.clear()

"""Run real servers in tests: find them, give them addresses, wait for them, and leave none behind."""

import os
import random
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from bos_tools.sandbox.ports import PASSING

WORKERS = 16
"""Workers that never choose the same port."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def needs(program: str) -> str:
    """Return a program's path; `make test` installs it where it may and names the command where it may not."""
    found = shutil.which(program, path=PATH)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{program} is missing: see `make test`")
    return str(found)


def run(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end with nothing of this environment but what is given."""
    return subprocess.run(argv, env={"PATH": PATH, **env}, capture_output=True, text=True, timeout=300, check=False)


def free_port() -> int:
    """Return a port that nobody has, of some that neither connections nor sandboxes nor other workers are given."""
    below = int(PASSING.read_text().split()[0])
    share = below // 4 // WORKERS
    first = below // 2 + share * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % WORKERS)
    for _ in range(share):
        if _is_free("127.0.0.1", [port := random.randrange(first, first + share)]):
            return port
    raise AssertionError("no port is free")


def free_address(ports: Iterable[int]) -> str:
    """Return an address of 127.0.0.0/8 on which fixed ports are free, for servers whose ports are part of the test."""
    wanted = list(ports)
    for _ in range(200):
        address = f"127.{random.randint(1, 254)}.{random.randint(0, 254)}.{random.randint(2, 254)}"
        if _is_free(address, wanted):
            return address
    raise AssertionError(f"somebody has these ports on every address: {wanted}")


def _is_free(address: str, ports: Iterable[int]) -> bool:
    with ExitStack() as stack, suppress(OSError):
        for port in ports:
            stack.enter_context(socket.socket()).bind((address, port))
        return True
    return False


class Names:
    """A headless Service: a hosts file for nss_wrapper, and a name server for whoever asks one himself."""

    def __init__(self, file: Path, service: str, domain: str) -> None:
        self.file, self.service, self.domain = file, service, domain
        self.known: dict[str, str] = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])
        self.set()
        threading.Thread(target=self._serve, daemon=True).start()

    def set(self, **known: str) -> None:
        """Name the pods; the files are replaced at once."""
        self.known = known
        made = self.file.with_suffix(".new")
        made.write_text("".join(f"{address} {name}.{self.service}\n" for name, address in known.items()) or "\n")
        made.replace(self.file)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                query, peer = self.socket.recvfrom(4096)
                self.socket.sendto(self._answer(query), peer)

    def _answer(self, query: bytes) -> bytes:
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += 1 + query[at]
        question = query[12 : at + 5]
        address = self.known.get(labels[0]) if ".".join(labels[1:]) == f"{self.service}.{self.domain}" else None
        is_a = question[-4:-2] == b"\x00\x01"
        found = address if is_a else None
        counts = b"\x00\x01" + (b"\x00\x01" if found else b"\x00\x00") + b"\x00" * 4
        head = query[:2] + (b"\x81\x80" if address else b"\x81\x83") + counts
        data = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04" + socket.inet_aton(found) if found else b""
        return head + question + data

    def close(self) -> None:
        self.socket.close()

"""A client of redis that speaks just enough of its protocol, and one that writes and remembers what was acknowledged."""

import socket
import threading
import time
import uuid
from contextlib import closing, suppress
from typing import Any

from harness.waiting import eventually

PASSWORD = 'p w"\\$%{x}'
"""One with all that a shell, redis and HAProxy could trip over."""


class Refused(Exception):
    """What redis answers with a minus."""


class Client:
    """One connection that speaks just enough of the protocol."""

    def __init__(self, host: str, port: int = 6379, *, password: str | None = PASSWORD, timeout: float = 5) -> None:
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.file = self.socket.makefile("rb")
        try:
            if password is not None:
                self("AUTH", password)
        except (OSError, Refused):
            self.close()
            raise

    def __call__(self, *words: object) -> Any:
        parts = [str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        return self._reply()

    def _reply(self) -> Any:
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the connection ended")
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"-":
            raise Refused(rest)
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == "-1" else self.file.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self._reply() for _ in range(int(rest))]
        return rest

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def ask(host: str, *words: object, port: int = 6379, password: str | None = PASSWORD, timeout: float = 5) -> Any:
    """Return the answer to one command, what it is refused with, or None where nobody answers."""
    try:
        client = Client(host, port, password=password, timeout=timeout)
    except (OSError, Refused):
        return None
    try:
        return client(*words)
    except Refused as refused:
        return refused
    except OSError:
        return None
    finally:
        client.close()


class Writer(threading.Thread):
    """Write numbered keys one after the other, connect again after an error, and remember what was acknowledged."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(daemon=True)
        self.place, self.prefix = (host, port), f"written-{uuid.uuid4().hex}"
        self.acknowledged: list[int] = []
        self._ends = threading.Event()
        self.start()

    def run(self) -> None:
        number = 0
        while not self._ends.is_set():
            with suppress(OSError, Refused), closing(Client(*self.place, timeout=2)) as client:
                while not self._ends.is_set():
                    number += 1
                    client("SET", f"{self.prefix}:{number}", number)
                    self.acknowledged.append(number)
                    time.sleep(0.002)
            time.sleep(0.05)

    def end(self) -> set[int]:
        """Stop, and return the numbers that were acknowledged."""
        self._ends.set()
        self.join(300)
        return set(self.acknowledged)

    def held(self, host: str) -> set[int]:
        """Return the numbers that one redis holds."""
        keys = ask(host, "KEYS", f"{self.prefix}:*", timeout=300)
        return {int(key.partition(":")[2]) for key in keys} if isinstance(keys, list) else set()

    def goes_on(self) -> None:
        """Wait until writes are acknowledged again."""
        before = len(self.acknowledged)
        eventually(lambda: len(self.acknowledged) > before + 100, "writes never went on")

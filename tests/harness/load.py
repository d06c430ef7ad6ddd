"""Clients that never pause, on kept connections and on fresh ones, and a count of what became of each request."""

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from harness.waiting import eventually

CLOSED = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


@dataclass
class Load:
    """What was asked and answered; each request is (start, end, status or the error)."""

    done: list[tuple[float, float, object]] = field(default_factory=list)
    sent: int = 0
    on_their_way: set[int] = field(default_factory=set)
    """The numbers of the requests that were begun and have no outcome yet."""
    reused: int = 0
    lock: Lock = field(default_factory=Lock)

    def lost(self) -> list[object]:
        """Return what is no answer of 200."""
        return [outcome for _, _, outcome in self.done if outcome != 200]

    def settle(self) -> None:
        """Wait until what is on its way now has its outcome: from then on nobody goes to where nothing is any longer."""
        with self.lock:
            now = set(self.on_their_way)
        eventually(lambda: not now & self.on_their_way, "the requests that were begun have their answers")

    def across(self, moment: float) -> int:
        """Return how many requests were on their way at a moment."""
        return sum(start < moment < end for start, end, _ in self.done)


@contextmanager
def load(address: Callable[[], tuple[str, int]], path: str, kept: int = 8, fresh: int = 8) -> Iterator[Load]:
    """Send requests from threads until the block ends; every request that was begun has its outcome then."""
    made, stop = Load(), Event()

    def client(keeps: bool) -> None:
        connection = None
        while not stop.is_set():
            with made.lock:
                made.sent += 1
                number = made.sent
                made.on_their_way.add(number)
            start = time.monotonic()
            connection, outcome = _ask(address, path, connection, made)
            with made.lock:
                made.done.append((start, time.monotonic(), outcome))
                made.on_their_way.discard(number)
            if connection is not None and not keeps:
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    threads = [Thread(target=client, args=(number < kept,)) for number in range(kept + fresh)]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _ask(
    address: Callable[[], tuple[str, int]], path: str, connection: http.client.HTTPConnection | None, made: Load
) -> tuple[http.client.HTTPConnection | None, object]:
    """Ask once; a kept connection that the server closed without a byte is asked again on a fresh one, as any client does.

    RFC 9110, section 9.2.2: a client may repeat an idempotent request when a connection closes before the answer.
    """
    is_reused = connection is not None
    if connection is None:
        connection = http.client.HTTPConnection(*address(), timeout=300)
    try:
        connection.request("GET", path)
        with connection.getresponse() as response:  # one that breaks off keeps its socket until it is closed
            response.read()
    except CLOSED as error:
        connection.close()
        return _ask(address, path, None, made) if is_reused else (None, error)
    except OSError as error:
        connection.close()
        return None, error
    made.reused += is_reused
    if response.will_close:
        connection.close()
        return None, response.status
    return connection, response.status

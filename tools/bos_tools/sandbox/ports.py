"""Free ports on loopback, chosen by the system."""

import socket
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"


def choose(names: Sequence[str], taken: Iterable[int] = ()) -> dict[str, int]:
    """Return a free port for each name: no two alike, and none that another sandbox has put down as its own."""
    avoided = set(taken)
    chosen: dict[str, int] = {}
    with ExitStack() as held:  # all are held until the last one is chosen, so that none is given twice
        for name in names:
            while name not in chosen:
                probe = held.enter_context(socket.socket())
                probe.bind((LOOPBACK, 0))
                port = int(probe.getsockname()[1])
                if port not in avoided:
                    chosen[name] = port
    return chosen


def is_free(port: int, patience: float = 0.0) -> bool:
    """Tell whether a server could listen on a port, or can within so many seconds."""
    deadline = time.monotonic() + patience
    while not (free := _can_be_bound(port)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return free


def _can_be_bound(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: closed connections don't count
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Tell whether something listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0

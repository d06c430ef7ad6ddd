"""Free ports on loopback, of those that no connection is given by the system before their server listens."""

import random
import socket
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

LOOPBACK = "127.0.0.1"
PASSING = Path("/proc/sys/net/ipv4/ip_local_port_range")
"""The ports that the system gives to connections, from the first to the last."""
PRIVILEGED = 1024


def choose(names: Sequence[str], taken: Iterable[int] = ()) -> dict[str, int]:
    """Return a free port for each name: no two alike, and none that another sandbox has put down as its own."""
    avoided = set(taken)
    chosen: dict[str, int] = {}
    with ExitStack() as held:  # all are held until the last one is chosen, so that none is given twice
        for name in names:
            while name not in chosen:
                probe = socket.socket()
                try:
                    probe.bind((LOOPBACK, _tried()))
                except OSError:
                    probe.close()
                    continue
                port = int(held.enter_context(probe).getsockname()[1])
                if port not in avoided:
                    chosen[name] = port
    return chosen


def _tried() -> int:
    """Return a port to try, of the quarter below those of connections; 0 for any where the system leaves no such."""
    first = int(PASSING.read_text().split()[0])
    return random.randrange(first * 3 // 4, first) if first * 3 // 4 > PRIVILEGED else 0  # noqa: S311 -- no secret


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

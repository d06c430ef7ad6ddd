"""What tests ask of a sandbox from outside of it: its processes, its ports, its command line."""

import os
import signal
import socket
from pathlib import Path

from bos_tools.sandbox import Sandbox
from bos_tools.sandbox.state import load
from harness import ROOT
from harness.program import TOOL
from harness.waiting import eventually


def pids(box: Sandbox) -> dict[str, int]:
    """Return the process of each program that runs."""
    return {health.name: health.pid for health in box.health() if health.pid}


def await_health(*boxes: Sandbox) -> None:
    """Wait until every process of some sandboxes is healthy: nothing but `up` starts one again."""
    eventually(lambda: all(health.is_healthy for box in boxes for health in box.health()), "every process is healthy")


def is_listening(port: int) -> bool:
    """Tell whether something listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def sockets(ports: list[int]) -> set[str]:
    """Return the inodes of the sockets that listen on these ports: another program may be given a port later."""
    lines = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    return {line[9] for line in lines if line[3] == "0A" and int(line[1].rpartition(":")[2], 16) in ports}


def kill(*victims: int) -> None:
    """Kill processes."""
    for pid in victims:
        os.kill(pid, signal.SIGKILL)


def command(*words: str) -> list[str]:
    """Return the words of a command on a sandbox of this repository."""
    return [TOOL, "--repo", str(ROOT), "sandbox", *words]


def ports_of(box: Sandbox) -> dict[str, int]:
    """Return the ports that a sandbox has put down as its own."""
    state = load(box.folder)
    assert state is not None
    return state.ports

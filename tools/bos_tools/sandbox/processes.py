"""The sandbox's processes: each carries a mark in its environment, so none is lost when who started it is killed."""

import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bos_tools import watching
from bos_tools.doors import http, process
from bos_tools.errors import OutsideError
from bos_tools.sandbox import ports

MARK = "BOS_TOOLS_SANDBOX"
"""Holds the sandbox's folder; children inherit it."""
NAMED = "BOS_TOOLS_SANDBOX_PROCESS"
KEPT = ("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "TZ")
"""All that a process of the sandbox gets of the user's environment."""
PATIENCE = 240.0
"""Seconds for one process to become healthy: on two idle cores each takes under five, on a busy machine dozens."""


@dataclass(frozen=True)
class Program:
    """A process as it should run."""

    name: str
    argv: tuple[str, ...]
    health: str
    """A URL that answers with success, or `tcp:PORT`."""
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def port(self) -> int:
        """Return the port that it is asked for its health on."""
        return int(self.health.split("/")[2].rpartition(":")[2]) if "//" in self.health else int(self.health[4:])


@dataclass(frozen=True)
class Living:
    """A process as it runs."""

    pid: int
    name: str
    is_leader: bool
    """It is the program itself, and nothing that the program started."""
    since: float
    """Seconds since 1970."""


def living(folder: Path) -> list[Living]:
    """Return every process of a sandbox, found by its mark."""
    mark = f"{MARK}={folder}".encode()
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            words = Path(f"/proc/{entry}/environ").read_bytes().split(b"\0")
            if mark not in words:
                continue
            # pid (name) state ppid pgrp session …: the name may hold anything, so count from its end
            stat = Path(f"/proc/{entry}/stat").read_text().rpartition(") ")[2].split()
        except (OSError, IndexError):  # it ended meanwhile, or is another user's
            continue
        name = next((w.partition(b"=")[2].decode() for w in words if w.startswith(f"{NAMED}=".encode())), "?")
        since = _booted() + int(stat[19]) / os.sysconf("SC_CLK_TCK")
        found.append(Living(int(entry), name, int(stat[3]) == int(entry), since))
    return found


def _booted() -> float:
    return time.time() - float(Path("/proc/uptime").read_text().split()[0])


def supported() -> None:
    """Raise OutsideError where processes can't be found by their mark."""
    if not Path("/proc/self/environ").exists():
        raise OutsideError(
            "the sandbox needs Linux: it finds its processes in /proc",
            reason="platform",
            hint="every other command works with a cluster of yours: KUBECONFIG, BOS_ARGOCD_SERVER",
        )


def start(folder: Path, program: Program) -> int:
    """Start a program, marked, in a session of its own, and return its id."""
    env = {name: os.environ[name] for name in KEPT if name in os.environ}
    env |= {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "LC_ALL": "C.UTF-8"}
    env |= {MARK: str(folder), NAMED: program.name, **program.env}
    return process.spawn(program.argv, cwd=folder, env=env, log=log_of(folder, program.name))


def log_of(folder: Path, name: str) -> Path:
    """Return the file that holds what a process says."""
    return folder / "logs" / f"{name}.log"


def is_healthy(program: Program, patience: float = 0.0) -> bool:
    """Ask a program for its health, again and again for so many seconds."""
    return watching.watch(lambda: _answers_well(program), bool, lambda _: None, timeout=patience, every=0.1)


def _answers_well(program: Program) -> bool:
    if not ports.answers(program.port):
        return False
    if not program.health.startswith("http"):
        return True
    base, slash, path = program.health.partition(f":{program.port}/")
    # nothing secret is asked for, and some of the certificates are signed by their own servers
    server = http.Server(program.name, f"{base}:{program.port}", verify=False, patience=0)
    try:
        return server.call("GET", f"{slash[-1]}{path}", timeout=2.0).status < 300
    except OutsideError:
        return False
    finally:
        server.close()


def wait(folder: Path, program: Program, pid: int) -> None:
    """Wait until a program is healthy.

    Raises OutsideError with the end of its log when it ends instead, or takes too long.
    """

    def look() -> bool:
        healthy = is_healthy(program)
        if not healthy and not _lives(pid):
            raise _failed(folder, program, "ended")
        return healthy

    if not watching.watch(look, bool, lambda _: None, timeout=PATIENCE, every=0.1):
        raise _failed(folder, program, f"was not healthy within {PATIENCE:.0f} s")


def _lives(pid: int) -> bool:
    """Tell whether a process may still hold a port: until its last thread has ended, which its mark does not tell."""
    try:
        is_zombie = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] == "Z"
        return not is_zombie or len(os.listdir(f"/proc/{pid}/task")) > 1
    except OSError:
        return False


def _failed(folder: Path, program: Program, how: str) -> OutsideError:
    try:
        tail = log_of(folder, program.name).read_text(errors="replace").splitlines()[-8:]
    except OSError:
        tail = []
    return OutsideError(
        f"{program.name} of the sandbox {how}: {' '.join(' '.join(tail).split())[-900:] or 'it said nothing'}",
        reason="sandbox-process",
        hint=f"bos-tools sandbox logs {program.name}",
    )


def stop(folder: Path, name: str | None = None) -> None:
    """Kill the processes of a sandbox, or of one program, and all that they started; return when none is left.

    Raises OutsideError for one that does not end.
    """
    deadline = time.monotonic() + 20
    killed: dict[int, str] = {}
    while True:
        for found in living(folder):
            if name in (None, found.name):
                killed[found.pid] = found.name
                with suppress(ProcessLookupError):
                    os.kill(found.pid, signal.SIGKILL)
        left = [pid for pid in killed if _lives(pid)]
        if not left:
            return
        if time.monotonic() > deadline:
            raise OutsideError(
                f"a process of the sandbox does not end: {killed[left[0]]}, process {left[0]}", reason="sandbox-process"
            )
        time.sleep(0.02)

"""The contracts of `bos-tools sandbox …`; only `env` holds secrets."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from bos_tools.sandbox import Health, Sandbox
    from bos_tools.verbs.sandbox_down import Down as Ended
    from bos_tools.verbs.sandbox_env import Variables as Found
    from bos_tools.verbs.sandbox_logs import Logs as Said
    from bos_tools.verbs.sandbox_status import Status as Seen
    from bos_tools.verbs.sandbox_up import Up as Running


class Summary(TypedDict):
    """Where a sandbox is; null for what it runs without."""

    name: str
    env: str
    folder: str
    kubeconfig: str
    kubectl: str
    argocd: str | None
    gitea: str | None


class Up(Summary):
    """A sandbox that runs, and whether there was something to do."""

    changed: bool
    seconds: float


class Process(TypedDict):
    """How one process is."""

    name: str
    port: int
    pid: int | None
    healthy: bool
    since: str | None


class Status(Summary):
    """How a sandbox is."""

    healthy: bool
    processes: list[Process]
    stand_ins: dict[str, str]


class Down(TypedDict):
    """A sandbox that is no more, and whether it was there."""

    name: str
    changed: bool


Logs = dict[str, list[str]]
"""The last lines of each process."""
Variables = dict[str, str]
"""What the other commands read from the environment, tokens included."""


def up(found: "Running") -> Up:
    """Return the contract of a sandbox that was brought up."""
    sandbox = found.sandbox
    return {**_summary(sandbox), "changed": sandbox.changed, "seconds": round(found.seconds, 1)}


def status(found: "Seen") -> Status:
    """Return the contract of how a sandbox is."""
    return {
        **_summary(found.sandbox),
        "healthy": not found.sick,
        "processes": [_process(process) for process in found.processes],
        "stand_ins": dict(found.stand_ins),
    }


def logs(found: "Said") -> Logs:
    """Return the contract of what was said."""
    return found.lines


def variables(found: "Found") -> Variables:
    """Return the contract of the environment."""
    return found.values


def down(found: "Ended") -> Down:
    """Return the contract of an end."""
    return {"name": found.name, "changed": found.was_there}


def _summary(sandbox: "Sandbox") -> Summary:
    """Return what may be shown: addresses, and no secret."""
    return {
        "name": sandbox.state.name,
        "env": sandbox.state.env,
        "folder": str(sandbox.folder),
        "kubeconfig": str(sandbox.kubeconfig),
        "kubectl": str(sandbox.kubectl),
        "argocd": sandbox.argocd_url or None,
        "gitea": sandbox.gitea_url or None,
    }


def _process(health: "Health") -> Process:
    since = datetime.fromtimestamp(health.since, UTC).isoformat(timespec="seconds") if health.since else None
    return {"name": health.name, "port": health.port, "pid": health.pid, "healthy": health.is_healthy, "since": since}

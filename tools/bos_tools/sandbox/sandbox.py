"""One sandbox that was brought up: its addresses, its programs, how they are."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bos_tools.errors import Refused
from bos_tools.sandbox import argocd, control_plane, forge, processes, state
from bos_tools.sandbox.binaries import Binaries
from bos_tools.sandbox.box import Box
from bos_tools.sandbox.folder import down
from bos_tools.sandbox.processes import Program

SLOW = 5.0
"""Seconds in which a program that runs has answered, on a busy machine too."""


@dataclass(frozen=True)
class Health:
    """How one process of a sandbox is."""

    name: str
    port: int
    pid: int | None
    since: float | None
    """Seconds since 1970."""
    is_healthy: bool


class Sandbox:
    """A local cluster with Argo CD and a forge; all of it lies in one folder."""

    def __init__(self, root: Path, folder: Path, found: state.State, *, changed: bool = True) -> None:
        self.changed = changed
        """`up` had something to do."""
        self.root = root
        self.folder = folder
        self.state = found
        self.box = Box(folder, found, Binaries(root))
        self.gitea_user = forge.BOT

    @property
    def kubeconfig(self) -> Path:
        """Return the administrator's kubeconfig."""
        return self.box.kubeconfig

    @property
    def kubectl(self) -> Path:
        """Return the kubectl of the cluster's own version."""
        return self.box.kubectl

    @property
    def argocd_url(self) -> str:
        """Return the address of Argo CD, empty where there is none."""
        return f"http://{self.box.address('argocd-server')}" if self.state.argocd else ""

    @property
    def argocd_token(self) -> str:
        """Return the token of Argo CD's administrator."""
        return self.state.argocd_token

    @property
    def argocd_password(self) -> str:
        """Return the first password of Argo CD's administrator."""
        return self.state.argocd_password

    @property
    def gitea_token(self) -> str:
        """Return the token of the bot in Gitea."""
        return self.state.gitea_token

    @property
    def gitea_url(self) -> str:
        """Return the address of Gitea, empty where there is none."""
        return f"http://{self.box.address('gitea')}" if self.state.forge else ""

    @property
    def programs(self) -> list[Program]:
        """Return the programs that should run."""
        return [
            *control_plane.programs(self.box),
            *(argocd.programs(self.box) if self.state.argocd else ()),
            *([forge.program(self.box)] if self.state.forge else ()),
        ]

    def health(self) -> list[Health]:
        """Ask every program how it is."""
        running = {found.name: found for found in processes.living(self.folder) if found.is_leader}

        def ask(program: Program) -> Health:
            found = running.get(program.name)
            is_healthy = found is not None and processes.is_healthy(program, SLOW)
            pid, since = (found.pid, found.since) if found else (None, None)
            return Health(program.name, program.port, pid, since, is_healthy)

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(ask, self.programs))

    def environ(self) -> dict[str, str]:
        """Return what the other commands read from the environment; it holds secrets."""
        values = {
            "KUBECONFIG": str(self.kubeconfig),
            "BOS_ARGOCD_SERVER": self.argocd_url,
            "BOS_ARGOCD_TOKEN": self.argocd_token,
            "GITEA_TOKEN": self.gitea_token,
        }
        return {name: value for name, value in values.items() if value}

    def log(self, name: str) -> Path:
        """Return the log of a program.

        Raises Refused for a name that is none of this sandbox's.
        """
        known = [program.name for program in self.programs]
        if name not in known:
            raise Refused(
                f"the sandbox has no such process: {name!a}", reason="no-process", hint=f"one of {', '.join(known)}"
            )
        return processes.log_of(self.folder, name)

    def down(self) -> None:
        """End every process and remove every file."""
        down(self.folder)


def find(root: Path, name: str = "default", *, folder: Path | None = None) -> Sandbox:
    """Return a sandbox that was brought up.

    Raises Refused where there is none.
    """
    place = state.folder_of(name, folder)
    found = state.load(place)
    if found is None:
        raise Refused(f"there is no sandbox: {name}", reason="no-sandbox", hint=f"bos-tools sandbox up --name {name}")
    return Sandbox(root, place, found)

"""One sandbox: up, down, and how it is."""

import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bos_tools.doors import files
from bos_tools.errors import OutsideError, Refused
from bos_tools.sandbox import argocd, certificates, control_plane, forge, modules, nodes, ports, processes, state
from bos_tools.sandbox.binaries import Binaries, Tell
from bos_tools.sandbox.box import PORTS, Box
from bos_tools.sandbox.processes import Program
from bos_tools.tree.layout import Tree

FOLDERS = ("home", "logs", "tmp")
STANDINS = {
    "kubelets": "KWOK plays the nodes: pods run and become ready without a container, Jobs complete at once",
    "images": "none is pulled, so a wrong name or digest is not noticed",
    "csi-drivers": "every StorageClass provisions at once and grows as the claim's annotation sandbox.buildingos.io/resize says",
    "ingress-controller": "every Ingress gets the address 192.0.2.1, and nothing listens there",
    "cloudnative-pg": "the kinds store any fields; a Cluster gets claims, pods and Services, but no database and no fail-over",
    "gitops-engine": "Argo CD 3.5.7 is built with commit c9c369efcc5b of its engine, for the release's own is not published",
    "redis": "Argo CD's cache is miniredis",
}
"""What is not real, and what that hides."""


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

    def __init__(self, root: Path, folder: Path, found: state.State) -> None:
        self.root = root
        self.folder = folder
        self.state = found
        self.box = Box(folder, found, Binaries(root))
        self.kubeconfig = self.box.kubeconfig
        self.kubectl = self.box.kubectl
        self.argocd_url = f"http://{self.box.address('argocd-server')}" if found.argocd else ""
        self.argocd_token = found.argocd_token
        self.argocd_password = found.argocd_password
        self.gitea_url = f"http://{self.box.address('gitea')}" if found.forge else ""
        self.gitea_token = found.gitea_token
        self.gitea_user = forge.BOT

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
            is_healthy = found is not None and processes.is_healthy(program)
            return Health(program.name, program.port, found and found.pid, found and found.since, is_healthy)

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(ask, self.programs))

    def environ(self) -> dict[str, str]:
        """Return what the other commands read from the environment; it holds secrets."""
        values = {
            "KUBECONFIG": str(self.kubeconfig),
            "BOS_ARGOCD_SERVER": self.argocd_url,
            "BOS_ARGOCD_TOKEN": self.argocd_token,
            "GITEA_SERVER_URL": self.gitea_url,
            "GITEA_TOKEN": self.gitea_token,
        }
        return {name: value for name, value in values.items() if value}

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
        raise Refused(f"there is no sandbox: {name}", reason="no-sandbox", hint="bos-tools sandbox up")
    return Sandbox(root, place, found)


def up(
    root: Path,
    env: str | None = None,
    name: str = "default",
    *,
    with_argocd: bool = True,
    with_forge: bool = True,
    folder: Path | None = None,
    tell: Tell = lambda _: None,
) -> Sandbox:
    """Bring a sandbox up, or mend the one that is there; return when every part is healthy.

    `tell` hears what is going on.  Raises Refused for a sandbox of another environment, OutsideError when Go is missing,
    a build fails or a process does not become healthy; what runs by then stays, for `up` to go on or `down` to end.
    """
    processes.supported()
    tree = Tree(files.WorkTree(root))
    place = state.folder_of(name, folder)
    with _turn(place, tell):
        had = state.load(place)
        env = tree.environment(env or (had.env if had else None))
        if had is not None and had.env != env:
            raise Refused(
                f"the sandbox plays another environment: {had.env}",
                reason="sandbox-environment",
                hint=f"bos-tools sandbox up --env {env} --name {env}",
            )
        now = had or state.State(name, env, argocd=False, forge=False, ports={})
        now.argocd |= with_argocd
        now.forge |= with_forge
        Binaries(root).ensure(modules.needed(argocd=now.argocd, forge=now.forge), tell)
        _make_folder(place)
        _choose_ports(place, now, tell)
        sandbox = Sandbox(root, place, now)
        _start(sandbox, nodes.read(tree.source, env), tell)
        return Sandbox(root, place, now)


def down(folder: Path, tell: Tell = lambda _: None) -> bool:
    """End every process of a sandbox and remove its folder; tell whether there was anything."""
    processes.supported()
    with _turn(folder, tell):
        there = bool(processes.living(folder)) or folder.exists()
        processes.stop(folder)
        if folder.exists():
            _remove(folder)
        return there


@contextmanager
def _turn(folder: Path, tell: Tell) -> Iterator[None]:
    """Wait for one's turn with a sandbox: `up` and `down` of one name don't meet."""
    import hashlib

    turn = files.cache_folder() / "sandbox-turns" / hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    turn.mkdir(parents=True, exist_ok=True, mode=0o700)
    with files.lock(turn, waiting=lambda: tell("waiting for another run that works on this sandbox")):
        yield


def _make_folder(folder: Path) -> None:
    """Make the sandbox's folder; one that holds something else is refused, for `down` would remove it.

    A socket's path may have 107 characters.
    """
    if len(str(folder)) > 70:
        raise Refused(f"the sandbox's folder has too long a path: {folder}", reason="sandbox-folder")
    if folder.exists() and any(folder.iterdir()) and not (folder / state.FILE).exists():
        raise Refused(f"the folder holds something that is no sandbox: {folder}", reason="sandbox-folder")
    for path in (folder, *(folder / name for name in FOLDERS)):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)


def _remove(folder: Path) -> None:
    if any(folder.iterdir()) and not (folder / state.FILE).exists():
        raise Refused(f"the folder holds something that is no sandbox: {folder}", reason="sandbox-folder")
    marker = folder / state.FILE
    for path in folder.iterdir():  # the state goes last: a killed `down` can be run again
        if path != marker:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    shutil.rmtree(folder)


def _choose_ports(folder: Path, now: state.State, tell: Tell) -> None:
    """Choose ports the first time, and again for those that a stranger took while the sandbox lay dead."""
    every = files.cache_folder() / "sandbox-turns" / "ports"
    every.mkdir(parents=True, exist_ok=True, mode=0o700)
    with files.lock(every):
        running = {found.name for found in processes.living(folder)}
        lost = [name for name, port in now.ports.items() if name not in running and not ports.is_free(port)]
        lost = [name for name in lost if not _is_part_of(name, running)]
        if lost:
            tell(f"a port was taken meanwhile, so everything starts anew: {', '.join(lost)}")
            processes.stop(folder)
        fresh = [name for name in PORTS if name in lost or name not in now.ports]
        now.ports |= ports.choose(fresh, state.ports_of_others(folder) | set(now.ports.values()))
        now.save(folder)


def _is_part_of(port: str, running: set[str]) -> bool:
    """Tell whether a port belongs to a running program: its name is the program's, or begins with it."""
    return any(port.startswith(name) for name in running) or (
        port.startswith("argocd-applicationset") and "argocd-applicationset-controller" in running
    )


def _start(sandbox: Sandbox, wanted: list[nodes.Node], tell: Tell) -> None:
    box = sandbox.box
    certificates.ensure(box)
    steps: list[tuple[str, Callable[[], None]]] = [("Kubernetes", lambda: control_plane.start(box, wanted))]
    if sandbox.state.argocd:
        steps.append(("Argo CD", lambda: argocd.start(box)))
    with ThreadPoolExecutor(1) as beside:  # the forge needs nobody
        other = beside.submit(forge.start, box) if sandbox.state.forge else None
        for what, step in steps:
            started = time.monotonic()
            tell(f"starting {what}")
            step()
            tell(f"{what} is up after {time.monotonic() - started:.1f} s")
        if other is not None:
            other.result()


def logs(sandbox: Sandbox, name: str) -> Path:
    """Return the log of a program.

    Raises Refused for a name that is none of this sandbox's.
    """
    known = [program.name for program in sandbox.programs]
    if name not in known:
        raise Refused(
            f"the sandbox has no such process: {name!a}", reason="no-process", hint=f"one of {', '.join(known)}"
        )
    return processes.log_of(sandbox.folder, name)


__all__ = ["STANDINS", "Health", "OutsideError", "Sandbox", "down", "find", "logs", "up"]

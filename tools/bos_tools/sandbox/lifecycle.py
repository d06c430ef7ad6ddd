"""Bring a sandbox up, mend it, take it down."""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bos_tools.doors import files, private
from bos_tools.errors import Refused
from bos_tools.sandbox import argocd, certificates, control_plane, forge, modules, nodes, ports, processes, state
from bos_tools.sandbox.binaries import Binaries, Tell
from bos_tools.sandbox.box import PORTS, Box
from bos_tools.sandbox.sandbox import Sandbox
from bos_tools.tree.layout import Tree

FOLDERS = ("home", "logs", "tmp")
LONGEST = 90
"""Characters of the folder's path: a socket in it may have 107."""
DYING = 3.0
"""Seconds that a killed process may take to let go of its port."""


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

    `tell` hears what is going on.  Raises Refused for a sandbox of another environment, OutsideError when Go is
    missing, a build fails or a process does not become healthy; what runs then stays, for `up` or `down` to end it.
    A new one that is interrupted leaves nothing.
    """
    processes.supported()
    tree = Tree(files.WorkTree(root))
    place = state.folder_of(name, folder)
    with _turn(place, tell):
        had = state.load(place)
        env = tree.environment_name(env or (had.env if had else None))
        if had is not None and had.env != env:
            raise Refused(
                f"the sandbox plays another environment: {had.env}",
                reason="sandbox-environment",
                hint=f"bos-tools sandbox up --env {env} --name {env}",
            )
        now = had or state.State(name, env, argocd=False, forge=False, ports={})
        now.argocd |= with_argocd
        now.forge |= with_forge
        if had is not None and _is_whole(Sandbox(root, place, now)):
            return Sandbox(root, place, now, changed=False)
        Binaries(root).ensure(modules.needed(argocd=now.argocd, forge=now.forge), tell)
        wanted = nodes.read(tree.source, env)
        try:
            _make_folder(place, now)
            _choose_ports(place, now, tell)
            _start(Box(place, now, Binaries(root)), wanted, tell)
        except KeyboardInterrupt:
            if had is None:  # nobody has used it yet
                processes.stop(place)
                _remove(place)
            raise
        return Sandbox(root, place, now)


def _is_whole(sandbox: Sandbox) -> bool:
    """Tell whether everything was done and every process is healthy."""
    wanted = (
        {"cluster"} | ({"argocd"} if sandbox.state.argocd else set()) | ({"forge"} if sandbox.state.forge else set())
    )
    if not wanted <= set(sandbox.state.done) or (sandbox.state.argocd and not sandbox.argocd_token):
        return False
    return set(PORTS) <= sandbox.state.ports.keys() and all(health.is_healthy for health in sandbox.health())


def down(folder: Path, tell: Tell = lambda _: None) -> bool:
    """End every process of a sandbox and remove its folder; tell whether there was anything."""
    processes.supported()
    folder = folder.resolve()
    with _turn(folder, tell):
        there = bool(processes.living(folder)) or folder.exists()
        processes.stop(folder)
        if folder.exists():
            _remove(folder)
        return there


@contextmanager
def _turn(folder: Path, tell: Tell) -> Iterator[None]:
    """Wait for one's turn with a sandbox: `up` and `down` of one name don't meet."""
    turn = private.cache_folder() / "sandbox-turns" / hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    turn.mkdir(parents=True, exist_ok=True, mode=0o700)
    with private.lock(turn, waiting=lambda: tell("waiting for another run that works on this sandbox")):
        yield


def _make_folder(folder: Path, now: state.State) -> None:
    """Make the sandbox's folder, and put the state into it before anything else."""
    if len(str(folder)) > LONGEST:
        raise Refused(
            f"the sandbox's folder has too long a path for a socket in it: {folder}",
            reason="sandbox-folder",
            hint="--state names a shorter one",
        )
    _refuse_strangers(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now.save(folder)
    for name in FOLDERS:
        (folder / name).mkdir(exist_ok=True, mode=0o700)


def _refuse_strangers(folder: Path) -> None:
    """Refuse a folder that holds something else: `down` would remove it."""
    held = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if held - {f".{state.FILE}"} and state.FILE not in held:
        raise Refused(f"the folder holds something that is no sandbox: {folder}", reason="sandbox-folder")


def _remove(folder: Path) -> None:
    """Remove the folder, the state last: a `down` that is killed can be run again."""
    _refuse_strangers(folder)
    for path in folder.iterdir():
        if path.name != state.FILE:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    shutil.rmtree(folder)


def _choose_ports(folder: Path, now: state.State, tell: Tell) -> None:
    """Choose ports the first time, and again for those that a stranger took while the sandbox lay dead."""
    every = private.cache_folder() / "sandbox-turns" / "ports"
    every.mkdir(parents=True, exist_ok=True, mode=0o700)
    with private.lock(every):
        running = {found.name for found in processes.living(folder)}
        idle = {name: port for name, port in now.ports.items() if not _is_part_of(name, running)}
        lost = [name for name, port in idle.items() if not ports.is_free(port, DYING)]
        if lost:
            tell(f"a port was taken meanwhile, so everything starts anew: {', '.join(lost)}")
            processes.stop(folder)
            now.done = [what for what in now.done if what == "forge"]  # the others have put addresses into objects
        fresh = [name for name in PORTS if name in lost or name not in now.ports]
        now.ports |= ports.choose(fresh, state.ports_of_others(folder) | set(now.ports.values()))
        now.save(folder)


def _is_part_of(port: str, running: set[str]) -> bool:
    """Tell whether a port belongs to a running program: its name begins with the program's."""
    return any(port == name or port.startswith(f"{name}-") for name in running)


def _start(box: Box, wanted: list[nodes.Node], tell: Tell) -> None:
    """Start everything that does not run, side by side where nothing needs the other."""
    certificates.ensure(box)
    with ThreadPoolExecutor(3) as pool:
        parts = [pool.submit(_told, tell, "Gitea", lambda: forge.start(box))] if box.state.forge else []
        _told(tell, "the API server", lambda: control_plane.serve(box))
        parts.append(pool.submit(_told, tell, "the cluster", lambda: control_plane.populate(box, wanted)))
        if box.state.argocd:
            parts.append(pool.submit(_told, tell, "Argo CD", lambda: argocd.start(box)))
        for part in parts:
            part.result()


def _told(tell: Tell, what: str, step: Callable[[], None]) -> None:
    started = time.monotonic()
    tell(f"starting {what}")
    step()
    tell(f"{what} is up after {time.monotonic() - started:.1f} s")

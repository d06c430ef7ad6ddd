"""Bring a sandbox up, or mend it, part by part as its programs are built."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bos_tools.doors import files, private
from bos_tools.errors import Refused
from bos_tools.sandbox import argocd, certificates, control_plane, forge, nodes, ports, processes, state
from bos_tools.sandbox.binaries import Binaries
from bos_tools.sandbox.box import PORTS, Box
from bos_tools.sandbox.build import Build
from bos_tools.sandbox.folder import make, remove, turn
from bos_tools.sandbox.modules import ARGO, CLUSTER, GITEA, KUSTOMIZE, needed
from bos_tools.sandbox.progress import Tell
from bos_tools.sandbox.sandbox import Sandbox
from bos_tools.tree.layout import Tree

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
    with turn(place, tell):
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
        wanted = nodes.read(tree.source, env)
        box = Box(place, now, Binaries(root))
        try:
            _build_and_start(box, wanted, tell)
        except KeyboardInterrupt:
            if had is None:  # nobody has used it yet
                processes.stop(place)
                remove(place)
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


def _choose_ports(folder: Path, now: state.State, tell: Tell) -> None:
    """Choose ports the first time, and again for those that a stranger took while the sandbox lay dead."""
    every = state.turns() / "ports"
    every.mkdir(parents=True, exist_ok=True, mode=0o700)
    with private.lock(every, patience=None):
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


def _build_and_start(box: Box, wanted: list[nodes.Node], tell: Tell) -> None:
    """Start each part as soon as its programs are built and what it needs is up; the forge needs nobody."""
    build = Build(box.binaries, needed(argocd=box.state.argocd, forge=box.state.forge), tell)
    # the build ends before the pool: a part that waits for it would wait for ever
    with ThreadPoolExecutor(3) as pool, build:
        build.wait(CLUSTER)
        make(box.folder, box.state)
        _choose_ports(box.folder, box.state, tell)
        certificates.ensure(box)
        parts = []
        if box.state.forge:
            parts.append(pool.submit(_told, tell, "Gitea", lambda: forge.start(box), partial(build.wait, GITEA)))
        _told(tell, "the API server", lambda: control_plane.serve(box))
        if box.state.argocd:
            built = partial(build.wait, KUSTOMIZE, ARGO)
            parts.append(pool.submit(_told, tell, "Argo CD", lambda: argocd.start(box), built))
        _told(tell, "the cluster", lambda: control_plane.populate(box, wanted))
        if build.is_under_way:
            tell(f"the cluster can be used from now on: KUBECONFIG={box.kubeconfig} {box.kubectl} get nodes")
        for part in parts:
            part.result()


def _told(tell: Tell, what: str, step: Callable[[], None], ready: Callable[[], None] = lambda: None) -> None:
    ready()
    started = time.monotonic()
    tell(f"starting {what}")
    step()
    tell(f"{what} is up after {time.monotonic() - started:.1f} s")

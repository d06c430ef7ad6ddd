"""One sandbox's folder and addresses, as its parts need them."""

import time
from dataclasses import dataclass
from pathlib import Path

from bos_tools.doors import process
from bos_tools.errors import CommandFailed
from bos_tools.sandbox import modules, processes
from bos_tools.sandbox.binaries import Binaries
from bos_tools.sandbox.ports import LOOPBACK
from bos_tools.sandbox.processes import Program
from bos_tools.sandbox.state import State

GRACE = 15.0
"""Seconds for a running program to answer again, such as the API server when its store is back."""
PORTS = (
    "etcd", "etcd-peer", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "standins",
    "metrics-server", "redis", "argocd-repo-server", "argocd-repo-server-metrics", "argocd-server",
    "argocd-server-metrics", "argocd-application-controller", "argocd-applicationset-controller",
    "argocd-applicationset-controller-metrics", "argocd-applicationset-controller-webhook", "gitea",
)  # fmt: skip


@dataclass(frozen=True)
class Box:
    """What a part needs to know of its sandbox."""

    folder: Path
    state: State
    binaries: Binaries

    def port(self, name: str) -> int:
        """Return the port that was chosen for a name."""
        return self.state.ports[name]

    def address(self, name: str) -> str:
        """Return `127.0.0.1:port`."""
        return f"{LOOPBACK}:{self.port(name)}"

    def path(self, *parts: str) -> str:
        """Return a path in the sandbox's folder."""
        return str(self.folder.joinpath(*parts))

    @property
    def kubeconfig(self) -> Path:
        """Return the administrator's kubeconfig."""
        return self.folder / "kubeconfig"

    @property
    def kubectl(self) -> Path:
        """Return the kubectl of the cluster's own version."""
        return self.binaries.program(modules.CLUSTER, "kubectl")

    def ask(self, *words: str, stdin: bytes | None = None) -> str:
        """Run kubectl as the administrator and return what it printed."""
        argv = [str(self.kubectl), "--kubeconfig", str(self.kubeconfig), *words]
        return process.run(argv, stdin=stdin, env={"HOME": self.path("home")}).stdout.decode()

    def ask_until(self, *words: str) -> str:
        """Ask kubectl again until it has an answer.

        Raises CommandFailed with its last refusal.
        """
        deadline = time.monotonic() + processes.PATIENCE
        while True:
            try:
                return self.ask(*words)
            except CommandFailed:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.2)

    def done(self, what: str) -> None:
        """Put down that something need not be done again."""
        self.state.done.append(what)
        self.state.save(self.folder)

    def ensure(self, *programs: Program) -> None:
        """Let programs run and be healthy: start those that don't run, and those that run and don't answer again."""
        running = {found.name: found.pid for found in processes.living(self.folder) if found.is_leader}
        for program in programs:
            if program.name in running and not processes.is_healthy(program, GRACE):
                processes.stop(self.folder, program.name)
                del running[program.name]
            if program.name not in running:
                processes.stop(self.folder, program.name)  # what a killed program left behind
                running[program.name] = processes.start(self.folder, program)
        for program in programs:
            processes.wait(self.folder, program, running[program.name])

"""The pods of `bos-tools render redis --env prod` as processes on loopback: three of redis and Sentinel, and HAProxy.

Everything runs as rendered: configurations, scripts, commands, probes, hooks. What a pod has from its surroundings is played:
each has an address of its own in 127.0.0.0/8, so that the ports stay what they are; nss_wrapper and a small name server
answer for the headless Service; folders stand for the volumes. `ALTERED` is all that is written differently.
"""

import signal
import subprocess
from pathlib import Path
from typing import Any

from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects
from bos_tools.tree.layout import Tree
from harness import ROOT
from harness.redis import PASSWORD, ask
from harness.servers import PATH, needs, run

DOMAIN = "buildingos.svc.cluster.local"
ALTERED = {
    "redis.conf": [("bind * -::*", "bind {address}"), ("dir /data\n", "dir {folder}/data\n")],
    "sentinel.conf": [("bind * -::*", "bind {address}")],
    "haproxy.cfg": [
        ("parse-resolv-conf", "nameserver test 127.0.0.1:{names}"),
        ("bind :6379", "bind 127.0.0.1:{port}"),
        ("bind :8405", "bind 127.0.0.1:{health}"),
        ("port 8405", "port {health}"),
    ],
}


def rendered() -> list[Any]:
    """Return the objects that Argo CD would apply for redis in prod."""
    tree = Tree(WorkTree(ROOT))
    return [made.data for made in objects(Renderer().one(tree.graph, "overlays/prod/redis"))]


def one(made: list[Any], kind: str, name: str) -> Any:
    """Return the object of a kind whose name begins so."""
    return next(o for o in made if o["kind"] == kind and o["metadata"]["name"].startswith(name))


def configure(config: dict[str, str], target: Path, **values: object) -> None:
    """Write a ConfigMap's files, altered as `ALTERED` says."""
    target.mkdir(parents=True, exist_ok=True)
    for name, shipped in config.items():
        made = shipped
        for old, new in ALTERED.get(name, []):
            assert old in made, (name, old)
            made = made.replace(old, new.format(**values))
        (target / name).write_text(made)


class Pod:
    """One pod of the StatefulSet: its processes come and go, its folder is its claim."""

    def __init__(self, name: str, folder: Path, spec: Any, config: dict[str, str]) -> None:
        self.name, self.folder, self.spec, self.config = name, folder, spec, config
        self.address = ""
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def _containers(self) -> dict[str, Any]:
        return {container["name"]: container for container in self.spec["containers"]}

    def _command(self, words: list[str]) -> list[str]:
        asks = f"redis-cli -h {self.address}"
        return [w.replace("/etc/redis", f"{self.folder}/etc").replace("redis-cli", asks) for w in words]

    def _env(self) -> dict[str, str]:
        wrapper = next(Path("/usr/lib").glob("*/libnss_wrapper.so"), None) or needs("libnss_wrapper.so")
        return {
            "PATH": PATH, "POD_NAME": self.name, "REDISCLI_AUTH": PASSWORD, "CONFIG": f"{self.folder}/etc",
            "DATA": f"{self.folder}/data", "RUN": f"{self.folder}/run", "LOCAL": self.address,
            "LD_PRELOAD": str(wrapper), "NSS_WRAPPER_HOSTS": str(self.folder.parent / "hosts"),
        }  # fmt: skip

    def start(self, address: str) -> None:
        """Start the containers, as the kubelet does: at once, with a new `run` and the old claim."""
        self.address = address
        configure(self.config, self.folder / "etc", address=address, folder=self.folder)
        for folder in ("data", "run"):
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
        for name in self._containers():
            self.restart(name)

    def restart(self, container: str) -> None:
        """Start one container."""
        with (self.folder / f"{container}.log").open("ab") as log:
            command = self._command(self._containers()[container]["command"])
            self.running[container] = subprocess.Popen(command, env=self._env(), stdout=log, stderr=log)

    def probe(self, container: str, probe: str) -> bool:
        """Tell whether a probe of a container succeeds."""
        return (
            run(*self._command(self._containers()[container][probe]["exec"]["command"]), **self._env()).returncode == 0
        )

    def send(self, which: signal.Signals, *containers: str) -> None:
        """Send a signal to some containers, or to all."""
        for name in containers or self.running:
            self.running[name].send_signal(which)

    def kill(self) -> None:
        """Lose the node."""
        self.send(signal.SIGKILL)
        for process in self.running.values():
            process.wait(300)
        self.running = {}

    def delete(self) -> None:
        """Delete the pod as the kubelet does: all hooks and signals at once, then wait for the grace to end."""
        hooks, signals = [], []
        for name, container in self._containers().items():
            hook = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command")
            if hook is None:
                self.send(signal.SIGTERM, name)
            else:
                hooks.append(subprocess.Popen(self._command(hook), env=self._env(), stderr=subprocess.DEVNULL))
                signals.append(name)
        for hook, name in zip(hooks, signals, strict=True):
            assert hook.wait(300) == 0
            self.send(signal.SIGTERM, name)
        codes = {name: self._end(name) for name in self.running}
        self.running = {}
        assert codes == dict.fromkeys(codes, 0)

    def _end(self, name: str) -> int:
        """Return how a container ended in its grace.

        A replica that still writes its first append-only file after a full synchronisation ignores the signal; the
        kubelet kills it, and nothing is lost, for the primary has all of it.
        """
        process = self.running[name]
        try:
            return process.wait(self.spec["terminationGracePeriodSeconds"])
        except subprocess.TimeoutExpired:
            refused = "Writing initial AOF, can't exit" in (self.folder / f"{name}.log").read_text()
            process.kill()
            return 0 if process.wait(300) and refused else -signal.SIGKILL

    def ask(self, *words: object, port: int = 6379) -> Any:
        """Return what this pod answers, None where it does not."""
        return ask(self.address, *words, port=port)

    @property
    def role(self) -> str | None:
        """Return `master`, `slave`, or None."""
        said = self.ask("ROLE")
        return said[0] if isinstance(said, list) else None

    def names_primary(self) -> str:
        """Return whom this pod's Sentinel names."""
        said = self.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "buildingos", port=26379)
        return str(said[0]) if isinstance(said, list) else ""

    def knows_all(self) -> bool:
        """Tell whether this pod's Sentinel knows two replicas, two other Sentinels and no fault, and trusts its clock."""
        if "sentinel_tilt:0" not in str(self.ask("INFO", "sentinel", port=26379)):
            return False
        said = self.ask("SENTINEL", "MASTER", "buildingos", port=26379)
        facts = dict(zip(said[::2], said[1::2], strict=True)) if isinstance(said, list) else {}
        return (facts.get("num-slaves"), facts.get("num-other-sentinels"), facts.get("flags")) == ("2", "2", "master")

    def follows(self, leader: "Pod") -> bool:
        """Tell whether this pod is a replica that has what another one has."""
        said = self.ask("ROLE")
        wanted = ["slave", f"{leader.name}.redis-headless", 6379, "connected"]
        return isinstance(said, list) and said[:4] == wanted

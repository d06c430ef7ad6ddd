"""The pods of `bos-tools render redis --env prod` as processes on loopback: three of redis and Sentinel, and HAProxy.

Everything runs as rendered: configurations, scripts, commands, probes, hooks. What a pod has from its surroundings is played:
each has an address of its own in 127.0.0.0/8, so that the ports stay what they are; nss_wrapper and a small name server
answer for the headless Service; folders stand for the volumes. `ALTERED` is all that is written differently.
"""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects
from bos_tools.tree.layout import Tree
from harness import ROOT
from harness.redis import PASSWORD, ask
from harness.servers import PATH, Names, free_address, free_port, needs, run
from harness.waiting import eventually

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


class Cluster:
    """Three pods, their names, and one HAProxy."""

    def __init__(self, folder: Path) -> None:
        made = rendered()
        spec = one(made, "StatefulSet", "redis")["spec"]
        config = one(made, "ConfigMap", "redis-config")["data"]
        self.folder = folder
        self.names = Names(folder / "hosts", spec["serviceName"], DOMAIN)
        self.pods = [
            Pod(f"redis-{number}", folder / f"redis-{number}", spec["template"]["spec"], config)
            for number in range(spec["replicas"])
        ]
        self.port, self.health = free_port(), free_port()
        configure(
            one(made, "ConfigMap", "redis-haproxy")["data"], folder / "haproxy",
            names=self.names.port, port=self.port, health=self.health,
        )  # fmt: skip
        spec = one(made, "Deployment", "redis-haproxy")["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        self.proxy_command = [word.replace("/etc/haproxy", f"{folder}/haproxy") for word in container["command"]]
        self.proxy_grace = spec["terminationGracePeriodSeconds"]
        self.start_proxy()

    def start_proxy(self) -> None:
        """Start HAProxy."""
        env = {"PATH": PATH, "DOMAIN": DOMAIN, "REDISCLI_AUTH": PASSWORD}
        with (self.folder / "haproxy.log").open("ab") as log:
            self.proxy = subprocess.Popen(self.proxy_command, env=env, stdout=log, stderr=log)

    def start(self, *pods: Pod) -> None:
        """Start some pods, or all, each at an address that it never had."""
        for pod in pods or self.pods:
            address = free_address((6379, 26379))
            self.names.set(**{**self.names.known, pod.name: address})
            pod.start(address)

    def lose(self, *pods: Pod) -> None:
        """Lose some pods with their nodes; their names go as well."""
        for pod in pods:
            pod.kill()
            self.names.set(**{name: at for name, at in self.names.known.items() if name != pod.name})

    def primary(self) -> Pod | None:
        """Return the primary when two Sentinels and the pod itself agree on it."""
        named = [pod.names_primary() for pod in self.pods if pod.running]
        for pod in self.pods:
            if named.count(f"{pod.name}.redis-headless") >= 2 and pod.role == "master":
                return pod
        return None

    def leader(self) -> Pod:
        """Return the primary, as soon as there is one."""
        return next(filter(None, [eventually(self.primary, "nobody was elected")]))

    def whole(self) -> bool:
        """Tell whether there is one primary, the other two follow it, every Sentinel knows that, and the proxy too."""
        leader = self.primary()
        return (
            leader is not None
            and all(pod.knows_all() for pod in self.pods)
            and all(pod.follows(leader) for pod in self.others(leader))
            and self.reaches(leader)
        )

    def missed(self) -> int:
        """Return how often the Sentinels agreed that a primary was down."""
        return sum((pod.folder / "sentinel.log").read_text().count("+odown master") for pod in self.pods)

    def reaches(self, pod: Pod) -> bool:
        """Tell whether a new connection to the Service `redis` reaches this pod."""
        said, own = ask("127.0.0.1", "INFO", "server", port=self.port), pod.ask("INFO", "server")
        return isinstance(said, str) and isinstance(own, str) and _run_id(said) == _run_id(own)

    def is_healthy(self, path: str) -> bool:
        """Tell what the proxy answers to a probe of the kubelet."""
        try:
            with urlopen(f"http://127.0.0.1:{self.health}{path}", timeout=5) as answer:
                return bool(answer.status == 200)
        except HTTPError as refused:
            refused.close()
            return False

    def others(self, pod: Pod) -> list[Pod]:
        """Return the pods but one."""
        return [other for other in self.pods if other is not pod]

    def close(self) -> None:
        """End every process."""
        for pod in self.pods:
            pod.send(signal.SIGKILL)
        self.proxy.kill()
        for process in [self.proxy, *(p for pod in self.pods for p in pod.running.values())]:
            process.wait(300)
        self.names.close()


def _run_id(info: str) -> str:
    return next(line for line in info.splitlines() if line.startswith("run_id:"))


@contextmanager
def cluster(folder: Path, data: Path | None = None) -> Iterator[Cluster]:
    """Run a cluster that has formed, with a folder of data as redis-0's claim; its logs are where the folder is."""
    for program in ("redis-server", "redis-sentinel", "redis-cli", "haproxy"):
        needs(program)
    made = Cluster(folder)
    try:
        if data is not None:
            shutil.copytree(data, made.pods[0].folder / "data")
        made.start()
        eventually(made.whole, "three pods never formed a cluster")
        yield made
    finally:
        made.close()


def came_back(redis: Cluster) -> bool:
    """Wait until a cluster is whole again, and tell whether that came."""
    try:
        eventually(redis.whole, patience=90)
    except AssertionError:
        return False
    return True

"""Three pods of redis and Sentinel with HAProxy before them: what is asked of them as one."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from harness.redis import PASSWORD, ask
from harness.redis_pods import DOMAIN, Pod, configure, one, rendered
from harness.servers import PATH, Names, free_address, free_port, needs
from harness.waiting import eventually


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
            with urlopen(f"http://127.0.0.1:{self.health}{path}", timeout=60) as answer:
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
        eventually(redis.whole)
    except AssertionError:
        return False
    return True

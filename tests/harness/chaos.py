"""Chaos in a sandbox: kills and pauses by a seed, and an oracle that hears from the API server what became of objects."""

import json
import random
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self

from bos_tools.sandbox import Sandbox
from harness.hosted import Hosted

VICTIMS = ("argocd-repo-server", "argocd-application-controller", "argocd-server", "gitea", "kube-apiserver")
CALM, HURT = (2.0, 8.0), (0.5, 8.0)
"""Seconds between two disturbances, and of one."""


class Chaos:
    """Disturbs one program at a time, as a seed decides, while it is a context; what it did is noted."""

    def __init__(self, hosted: Hosted, seed: int) -> None:
        self._hosted, self._random = hosted, random.Random(seed)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.done: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._hosted.heal()

    def _run(self) -> None:
        while not self._ended.wait(self._random.uniform(*CALM)):
            victim, seconds = self._random.choice(VICTIMS), self._random.uniform(*HURT)
            kills = self._random.random() < 0.5
            self.done.append(f"{victim} {'killed' if kills else 'paused'} for {seconds:.1f} s")
            if kills:
                self._hosted.kill(victim)
                self._ended.wait(seconds)
                self._hosted.heal()
            else:
                with self._hosted.paused(victim):
                    self._ended.wait(seconds)


class Oracle:
    """When Argo CD gave each Deployment each of its versions, by the objects' own times; use it as a context.

    It listens to the API server, and begins again where that ends.
    """

    def __init__(self, box: Sandbox, namespace: str) -> None:
        self._box, self._namespace = box, namespace
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._listening: subprocess.Popen[str] | None = None
        self._since: dict[tuple[str, str], float] = {}

    def since(self, service: str, version: str) -> float | None:
        """Return when a service was given a version, in seconds since 1970; None for one that nobody heard of."""
        return self._since.get((service, version))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._listening is not None:
            self._listening.kill()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            with self._listened() as lines:
                for one in documents(lines):
                    image = str(one["spec"]["template"]["spec"]["containers"][0]["image"])
                    self._since.setdefault((one["metadata"]["name"], image.rpartition(":")[2]), written(one))
            self._ended.wait(0.2)

    @contextmanager
    def _listened(self) -> Iterator[Iterable[str]]:
        words = [
            "get",
            "deployments",
            "--namespace",
            self._namespace,
            "--watch",
            "--output=json",
            "--show-managed-fields",
        ]
        argv = [str(self._box.kubectl), "--kubeconfig", str(self._box.kubeconfig), *words]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            self._listening = process
            try:
                yield process.stdout or ()
            finally:
                process.kill()


def documents(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the JSON documents of a stream, each of many lines; one that breaks off is none."""
    kept: list[str] = []
    for line in lines:
        kept.append(line)
        if line.startswith("}"):
            yield json.loads("".join(kept))
            kept = []


def written(one: dict[str, Any]) -> float:
    """Return when Argo CD wrote an object's wish last."""
    fields = [field for field in one["metadata"].get("managedFields") or [] if field["manager"] == "argocd-controller"]
    return max(datetime.fromisoformat(field["time"]).timestamp() for field in fields)

"""Two writers while everything around them is killed and paused: what `wait` and `verify` say is true at every end.

BOS_CHAOS_SECONDS says how long (by hand 1800), BOS_CHAOS_SEED which disturbances.
"""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from harness.chaos import Chaos, Oracle
from harness.deliveries import CLASSES, KEPT
from harness.git import git
from harness.hosted import Hosted
from harness.program import TOOL
from harness.volumes import claim, growth, patch
from harness.waiting import eventually

ENV = "chaos"
SECONDS = float(os.environ.get("BOS_CHAOS_SECONDS", "90"))
SEED = int(os.environ.get("BOS_CHAOS_SEED", "12"))
TIMEOUT = 45
SLACK = 20.0
"""Seconds for a process to start and to end on a machine that has much else to do."""
BLINK = 2.0
"""Seconds by which the times of objects, which are whole seconds, may be later than what happened."""
FINAL = {"application-failed", "infeasible", "hand-grown", "synced-not-applied", "sync-failed"}
"""Reasons which say that waiting is of no use: nothing here is of that kind."""
GROWTH = growth(count=1000, hours=1)


@pytest.fixture
def world(dev, tmp_path, monkeypatch) -> Iterator[Hosted]:
    """Two services, one with a volume, registered."""
    for name in ("BOS_ARGOCD_USERNAME", "BOS_ARGOCD_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BOS_ARGOCD_SERVER", dev.argocd_url)
    monkeypatch.setenv("BOS_ARGOCD_TOKEN", dev.argocd_token)
    dev.box.ask("apply", "-f", "-", stdin=CLASSES.encode())
    made = Hosted(dev, ENV, tmp_path, ["backend", "web"])
    unit, says = made.unit("web"), f"overlays/{ENV}/environment.yaml"
    made.edit(
        {
            "base/web/claim.yaml": claim("web-data", "1Gi").replace("  labels:\n    app: x\n", KEPT),
            "base/web/kustomization.yaml": "resources:\n- deployment.yaml\n- claim.yaml\n",
            unit: made.text(unit) + "patches:\n- path: web-data.yaml\n",
            f"overlays/{ENV}/web/web-data.yaml": patch("web-data", "1Gi"),
            says: made.text(says) + GROWTH,
        }
    )
    said = made.argocd("register", "--push", "--apply", "--timeout", "300")
    assert said.code == 0, said.err
    git(made.work, "pull", "-q", "--ff-only")
    yield made
    made.heal()
    made.close()


class Told(NamedTuple):
    """How a command of the program ended."""

    words: tuple[str, ...]
    code: int
    document: Any
    err: str
    ended: float
    seconds: float

    @property
    def reason(self) -> str:
        """Return why it refused or failed."""
        return str((self.document or {}).get("error", {}).get("reason", "")) if self.code else ""


def tell(work: Path, *words: str) -> Told:
    """Run the program in a clone."""
    began = time.monotonic()
    done = subprocess.run([TOOL, *words, "--output", "json"], cwd=work, capture_output=True, text=True, check=False)
    document = json.loads(done.stdout) if done.stdout.strip() else None
    return Told(words, done.returncode, document, done.stderr, time.time(), time.monotonic() - began)


class Writer:
    """Somebody who changes one service again and again, and holds what the program says against the oracle."""

    def __init__(self, world: Hosted, oracle: Oracle, service: str) -> None:
        self.world, self.oracle, self.service = world, oracle, service
        self.work = world.clone(f"clone-{service}")
        self.wrong: list[str] = []
        self.right = 0

    def land(self, *words: str) -> str:
        """Land a change, however often it takes, and return the commit that holds it."""

        def landed() -> str:
            said = tell(self.work, *words, "--env", ENV, "--push")
            if said.code == 0:
                return str(said.document["commit"] or git(self.work, "ls-remote", "origin", "main").split()[0])
            return ""

        return eventually(landed, f"{' '.join(words)} lands")

    def judge(self, said: Told, timeout: float) -> None:
        """Note what no command may do: say that something is final that is not, or not keep to its time."""
        what = f"{' '.join(said.words)}: {said.code} after {said.seconds:.0f} s: {said.err[-600:]}"
        if said.seconds > timeout + SLACK:
            self.wrong.append(f"past its timeout: {what}")
        if said.code not in (0, 5) or said.reason in FINAL:
            self.wrong.append(f"a failure that is none: {what}")

    def bump(self, number: int) -> None:
        """Land a version, and wait until it is live."""
        version = f"v9.0.{number}"
        commit = self.land("bump", self.service, version)
        while True:
            words = ("argocd", "wait", self.service, "--env", ENV, "--revision", commit, "--timeout", str(TIMEOUT))
            said = tell(self.work, *words)
            self.judge(said, TIMEOUT)
            if said.code == 0:
                break
            if said.seconds < TIMEOUT - 1:
                self.wrong.append(f"ended before its time: {said.code} after {said.seconds:.0f} s: {said.err[-600:]}")
                return
        since = eventually(lambda: self.oracle.since(self.service, version), f"{version} is in the cluster")
        if since is None or since > said.ended + BLINK:
            self.wrong.append(f"live before it was: {version} at {since}, said at {said.ended}")
        self.right += 1

    def grow(self) -> None:
        """Grow the volume by one commit, and wait until it has arrived."""
        self.land("pvc", "grow", self.service, "+1Gi", "--no-live")
        where = ("--env", ENV, "--kubeconfig", str(self.world.box.kubeconfig))
        while True:
            said = tell(self.work, "pvc", "verify", self.service, *where, "--timeout", str(TIMEOUT))
            self.judge(said, TIMEOUT)
            if said.code == 0:
                break
            if said.code not in (0, 5):
                return
        git(self.work, "fetch", "-q", "origin")
        text = git(self.work, "show", f"origin/main:overlays/{ENV}/{self.service}/web-data.yaml")
        wanted = next(line.split()[1] for line in text.splitlines() if "storage:" in line)
        found = self.world.get("pvc", "web-data")["status"]["capacity"]["storage"]
        if found != wanted:
            self.wrong.append(f"done before it was: {found} of {wanted}")
        self.right += 1

    def run(self, end: float, *what: Callable[[int], None]) -> None:
        """Do what there is to do in turns, until a moment."""
        number = 0
        try:
            while time.monotonic() < end and not self.wrong:
                number += 1
                what[number % len(what)](number)
        except (AssertionError, OSError, ValueError, LookupError) as error:  # a thread has nobody else to tell
            self.wrong.append(f"{type(error).__name__}: {error}")


def test_what_is_said_while_all_falls_over_is_true(world: Hosted):
    with Oracle(world.box, ENV) as oracle:
        web, backend = (Writer(world, oracle, service) for service in ("web", "backend"))
        end = time.monotonic() + SECONDS
        with Chaos(world, SEED) as chaos:
            threads = [
                threading.Thread(target=web.run, args=(end, web.bump, lambda _: web.grow())),
                threading.Thread(target=backend.run, args=(end, backend.bump)),
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(max(0.0, end - time.monotonic()))
        for thread in threads:
            thread.join()
        calm = world.argocd("wait", "--timeout", "240")

    said = f"seed {SEED}: {'; '.join(chaos.done)}"
    assert web.wrong + backend.wrong == [], said
    assert calm.code == 0, calm.err + said
    assert web.right >= 1, said
    assert backend.right >= 1, said
    assert chaos.done

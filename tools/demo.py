"""Show the main job: a bump with its proof on a scratch remote, then in a real cluster from pull request to roll-out.

`--svg FILE` draws the first part, for the README, and leaves the cluster out.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bos_tools.doors.http import Server
from bos_tools.sandbox.binaries import Binaries
from bos_tools.sandbox.modules import CLUSTER, needed
from bos_tools.sandbox.progress import spell

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
SANDBOX = "demo"

BUMP = (
    ("What runs where?", "bos-tools status"),
    ("Pin another version: one line changes, and the render proves the effect.", "bos-tools bump backend v1.0.1"),
    ("The same line, and nothing else:", "git diff --stat"),
    ("A version that moves is refused.", "bos-tools bump backend latest"),
    ("Land it on the remote branch; the work tree stays as it is.", "bos-tools bump backend v1.0.1 --push"),
    ("Two more at once.", "bos-tools bump web=v1.0.1 grafana=13.2.1 --push"),
    ("Who pinned what, when?", "git checkout -q . && git pull -q && bos-tools history backend --limit 1"),
)
REFUSED = "bos-tools bump backend latest"
IMAGE = "kubectl -n buildingos get deployment backend -o jsonpath='{..image}'"
PATIENCE = 120.0
"""Seconds for a merge to reach the cluster; Argo CD would look by itself every two to three minutes."""


class Demo:
    """A story that is told while it happens."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        self.lines: list[str] = []
        self.took: list[tuple[str, float]] = []

    def say(self, *lines: str) -> None:
        """Print lines, and keep them for the picture."""
        self.lines += lines
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()

    @contextmanager
    def step(self, says: str) -> Iterator[None]:
        """Tell what is done now, and how long it took."""
        self.say("", f"# {says}")
        started = time.monotonic()
        yield
        self.took.append((says, time.monotonic() - started))
        sys.stdout.write(f"# {self.took[-1][1]:.1f} s\n")

    def type(self, command: str, *, shown: str = "") -> str:
        """Run a command as a user types it, and return what it printed."""
        self.say(f"$ {shown or command}")
        done = subprocess.run(  # noqa: S602 -- fixed words, as a user types them
            command, shell=True, cwd=self.work, env=self.env,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        self.say(*done.stdout.rstrip().splitlines())
        if done.returncode != (1 if command == REFUSED else 0):
            raise SystemExit(f"demo: exit code {done.returncode}: {shown or command}")
        return done.stdout

    def watch(self, command: str) -> None:
        """Run a command that takes long, and let it tell what it does where we tell."""
        self.say(f"$ {command}")
        code = subprocess.run(command.split(), cwd=self.work, env=self.env, check=False).returncode  # noqa: S603 -- fixed words
        if code != 0:
            raise SystemExit(f"demo: exit code {code}: {command}")

    def use(self) -> dict[str, Any]:
        """Let the commands from now on use the sandbox; return what is known of it."""
        words = ("--name", SANDBOX, "--output", "json")
        env, status = (
            json.loads(
                subprocess.run(  # noqa: S603 -- fixed words
                    [BIN / "bos-tools", "sandbox", what, *words],
                    cwd=self.work, env=self.env, capture_output=True, text=True, check=True,
                ).stdout
            )
            for what in ("env", "status")
        )  # fmt: skip
        self.env |= env
        kubectl = str(Path(status["kubectl"]).parent)
        if kubectl not in self.env["PATH"].split(os.pathsep):
            self.env["PATH"] = f"{kubectl}{os.pathsep}{self.env['PATH']}"
        return dict(status)


def repository(folder: Path) -> Path:
    """Make a clone with a bare remote, holding this repository's manifests as they are now."""
    work = folder / "buildingos"
    work.mkdir(parents=True)
    for name in ("base", "overlays"):
        shutil.copytree(ROOT / name, work / name)
    shutil.copy(ROOT / "pyproject.toml", work)
    shutil.copytree(ROOT / "tools" / "sandbox", work / "tools" / "sandbox")
    bare = folder / "remote.git"
    for command in (
        "git init -q -b main", "git config user.name Demo", "git config user.email demo@example.com", "git add -A",
        "git commit -q -m Start", f"git init -q --bare -b main {bare}", f"git remote add origin {bare}",
        "git push -q -u origin main",
    ):  # fmt: skip
        subprocess.run(command.split(), cwd=work, check=True)  # noqa: S603 -- fixed words
    return work


def bump(demo: Demo) -> None:
    """Bump, prove, refuse, push: what needs no cluster."""
    for says, command in BUMP:
        with demo.step(says):
            demo.type(command)


def cluster(demo: Demo) -> None:
    """Let a pull request reach a cluster by itself."""
    up = f"bos-tools sandbox up --env dev --name {SANDBOX}"
    with demo.step("A cluster of Kubernetes v1.34.3, as plain processes on this machine."):
        demo.watch(f"{up} --no-argocd --no-forge")
    demo.use()
    with demo.step("It has the nodes of dev, and its API server takes what we ship; nothing is changed yet."):
        demo.type("kubectl get nodes")
        demo.type("kubectl create namespace buildingos")
        demo.type("bos-tools render backend --env dev | kubectl apply --server-side --dry-run=server -f -")
    with demo.step("Argo CD and a forge join it."):
        demo.watch(up)
    gitea = str(demo.use()["gitea"])
    forge = Server("the forge", f"{gitea}/api/v1", headers=_token(demo))
    with demo.step("A repository in the forge, with a webhook to Argo CD."):
        url = _hosted(demo, forge, gitea)
    with demo.step("Register dev: the Applications go to Git first, the root to Argo CD; then all come up."):
        demo.type("bos-tools argocd configure")
        demo.type(f"bos-tools argocd register --env dev --skip-platform --push --apply --repo-url {url}")
    demo.type("git pull -q")
    with demo.step("Bump backend by a pull request."):
        demo.type("bos-tools bump backend v1.0.1 --branch main --pr")
    with demo.step("Somebody merges it. Nobody tells Argo CD but the forge's webhook, and the Deployment changes:"):
        _merge(forge)
        _reached(demo, ":v1.0.1")
        demo.type(IMAGE)
    with demo.step("Is the commit live, and rolled out?"):
        demo.type("git pull -q && bos-tools argocd wait backend --env dev --revision HEAD")
        demo.type("kubectl -n buildingos rollout status deployment/backend --timeout 60s")


def _token(demo: Demo) -> dict[str, str]:
    return {"Authorization": f"token {demo.env['GITEA_TOKEN']}"}


def _hosted(demo: Demo, forge: Server, gitea: str) -> str:
    """Put the work into the forge; return the address at which Argo CD reads it."""
    forge.call("POST", "/user/repos", json={"name": "buildingos", "default_branch": "main"})
    forge.call(
        "POST", "/repos/bot/buildingos/hooks",
        json={
            "type": "gitea", "active": True, "events": ["push"],
            "config": {"url": demo.env["BOS_ARGOCD_SERVER"] + "/api/webhook", "content_type": "json"},
        },
    )  # fmt: skip
    url = f"{gitea}/bot/buildingos.git"
    secret = url.replace("://", f"://bot:{demo.env['GITEA_TOKEN']}@")
    demo.type(f"git remote set-url origin {secret} && git push -q origin main", shown=f"git push {url} main")
    return url


def _merge(forge: Server) -> None:
    number = forge.call("GET", "/repos/bot/buildingos/pulls", params={"state": "open"}).data[0]["number"]
    merge = f"/repos/bot/buildingos/pulls/{number}/merge"
    forge.call("POST", merge, json={"Do": "rebase"}, retry=lambda failed: failed.status in (405, 502, 503, 504))


def _reached(demo: Demo, image: str) -> None:
    """Look until the cluster has the image."""
    deadline = time.monotonic() + PATIENCE
    while True:
        said = subprocess.run(  # noqa: S602 -- fixed words
            IMAGE, shell=True, cwd=demo.work, env=demo.env, capture_output=True, text=True, check=False
        ).stdout
        if image in said:
            return
        if time.monotonic() > deadline:
            raise SystemExit(f"demo: {PATIENCE:.0f} s after the merge the cluster runs {said}")
        time.sleep(0.1)


def tell(demo: Demo, *, whole: bool) -> None:
    """Tell the story; the cluster goes with it."""
    if not whole:
        bump(demo)
        return
    binaries = Binaries(ROOT)
    missing = binaries.missing(needed(argocd=True, forge=True))
    first = [module for module in missing if module is CLUSTER]
    ready = "It is built already."
    if missing:
        ready = f"It is built first, once: about {spell(binaries.seconds(missing))}"
        ready += f", the cluster alone {spell(binaries.seconds(first))}." if first else "."
    demo.say(f"# First the bump itself, then the same with a cluster. {ready}")
    bump(demo)
    demo.work = repository(demo.work.parent / "again")
    try:
        cluster(demo)
    finally:
        with demo.step("Nothing stays."):
            demo.type(f"bos-tools sandbox down --name {SANDBOX}")
    demo.say("", *(f"# {seconds:6.1f} s  {says}" for says, seconds in demo.took if seconds >= 0.05))


def draw(lines: list[str], target: Path) -> None:
    """Draw a terminal that shows these lines."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=118, file=StringIO(), force_terminal=True)
    for line in lines:
        style = {"#": "dim", "$": "bold cyan", "+": "green", "-": "red"}.get(line[:1], "")
        console.print(Text(line, style=style))
    drawn = console.export_svg(title="bos-tools")
    target.write_text(re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL))  # no font from a foreign server


def main() -> None:
    """Tell the story, or draw its first part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--svg", type=Path, help="draw the first part into this file")
    svg = parser.parse_args().svg
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(repository(Path(folder)))
        tell(demo, whole=svg is None)
    if svg is not None:
        draw(demo.lines[1:], svg)


if __name__ == "__main__":
    main()

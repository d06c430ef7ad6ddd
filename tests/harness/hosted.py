"""An environment of its own in a shared sandbox: hosted on its Gitea, delivered by its Argo CD, disturbed at will."""

import io
import json
import os
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from bos_tools.cli.main import main
from bos_tools.doors.http import Server
from bos_tools.sandbox import Sandbox, processes
from harness.argocd import ENVIRONMENT, SHARED
from harness.git import git
from harness.repositories import deployment, files, repository, write
from harness.waiting import eventually


class Said(NamedTuple):
    """How a command ended, what it printed, and how long it took."""

    code: int
    out: str
    err: str
    seconds: float


class Hosted:
    """A repository with some services, and the environment that it holds, by one name."""

    def __init__(
        self, box: Sandbox, env: str, folder: Path, services: Iterable[str], more: Mapping[str, str] | None = None
    ) -> None:
        self.box, self.env, self.folder = box, env, folder
        self.services = sorted(services)
        self.forge = Server("Gitea", f"{box.gitea_url}/api/v1", headers={"Authorization": f"token {box.gitea_token}"})
        self.path = f"/repos/{box.gitea_user}/{env}"
        self.url = f"{box.gitea_url}/{box.gitea_user}/{env}.git"
        self.address = self.url.replace("://", f"://{box.gitea_user}:{box.gitea_token}@")
        self.forge.call("POST", "/user/repos", json={"name": env, "default_branch": "main"})
        self.work = repository(folder / "work", {**self._files(), **(more or {})})
        git(self.work, "remote", "add", "origin", self.address)
        git(self.work, "push", "-qu", "origin", "main")
        eventually(lambda: not self.forge.call("GET", self.path).data["empty"], "Gitea sees the first push")
        box.box.ask("create", "namespace", env)

    def _files(self) -> dict[str, str]:
        made = files(self.services, [self.env]) | SHARED
        made["pyproject.toml"] = f'[tool.bos-tools]\nenvironments = ["{self.env}"]\n'
        component = f"overlays/{self.env}/env/kustomization.yaml"
        made[component] = made[component].replace("buildingos", self.env)
        for service in self.services:
            made[f"base/{service}/deployment.yaml"] = deployment(service)
        made[f"overlays/{self.env}/environment.yaml"] = (
            ENVIRONMENT.replace("https://git.example.com/bos.git", self.url)
            .replace("environment: dev", f"environment: {self.env}")
            .replace("project: buildingos-dev", f"project: {self.env}")
            .replace("namespace: buildingos", f"namespace: {self.env}")
        )
        return made

    @property
    def root(self) -> str:
        """Return the name of the root."""
        return self.env

    def application(self, service: str) -> str:
        """Return the name of a service's Application."""
        return f"{self.env}-{service}"

    # --- commands ---------------------------------------------------------------------------------------

    def run(self, *words: str, work: Path | None = None) -> Said:
        """Run `bos-tools …` for the environment, in this clone or another one."""
        out, err, began = io.StringIO(), io.StringIO(), time.monotonic()
        group, rest = (words[:2], words[2:]) if words[0] in ("argocd", "pvc") else (words[:1], words[1:])
        with redirect_stdout(out), redirect_stderr(err):
            code = main(["--repo", str(work or self.work), *group, "--env", self.env, *rest])
        assert self.box.argocd_token not in out.getvalue() + err.getvalue()
        return Said(code, out.getvalue(), err.getvalue(), time.monotonic() - began)

    def argocd(self, *words: str, work: Path | None = None) -> Said:
        """Run `bos-tools argocd …`."""
        return self.run("argocd", *words, work=work)

    def clone(self, name: str) -> Path:
        """Return another person's clone."""
        made = self.folder / name
        git(self.folder, "clone", "-q", self.address, str(made))
        return made

    # --- Git --------------------------------------------------------------------------------------------

    def unit(self, service: str) -> str:
        """Return the file of a service's pin."""
        return f"overlays/{self.env}/{service}/kustomization.yaml"

    def edit(self, changes: Mapping[str, str | None], message: str = "Change") -> str:
        """Commit some files as they should be, None for one that goes, push them, and return the commit."""
        for path, text in changes.items():
            if text is None:
                (self.work / path).unlink()
            else:
                write(self.work, {path: text})
        git(self.work, "add", "-A")
        git(self.work, "commit", "-qm", message)
        git(self.work, "push", "-q", "origin", "main")
        return self.head()

    def text(self, path: str) -> str:
        """Return a file of the work tree."""
        return (self.work / path).read_text()

    def revert(self) -> str:
        """Take the last commit back, push, and return the commit that does."""
        git(self.work, "revert", "--no-edit", "HEAD")
        git(self.work, "push", "-q", "origin", "main")
        return self.head()

    def head(self) -> str:
        """Return the newest commit of the work tree."""
        return git(self.work, "rev-parse", "HEAD").strip()

    # --- the cluster ------------------------------------------------------------------------------------

    def get(self, kind: str, name: str, namespace: str = "") -> Any:
        """Return an object as the API server has it."""
        words = ("get", kind, name, "--namespace", namespace or self.env, "--output=json")
        return json.loads(self.box.box.ask(*words))

    def app(self, name: str) -> Any:
        """Return an Application as the API server has it."""
        return self.get("application", name, "argocd")

    def image(self, service: str) -> str:
        """Return the version of a service that the cluster is told to run."""
        found = self.get("deployment", service)
        return str(found["spec"]["template"]["spec"]["containers"][0]["image"]).rpartition(":")[2]

    def patch(self, kind: str, name: str, patch: Any, namespace: str = "argocd") -> None:
        """Change an object behind everybody's back."""
        self.box.box.ask("patch", kind, name, "-n", namespace, "--type=merge", "--patch", json.dumps(patch))

    # --- disturbances -----------------------------------------------------------------------------------

    def kill(self, name: str) -> None:
        """End a program of the sandbox."""
        processes.stop(self.box.folder, name)

    def heal(self) -> None:
        """Let every program run again."""
        self.box.box.ensure(*self.box.programs)

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """Let a program hang."""
        pids = [found.pid for found in processes.living(self.box.folder) if found.name == name]
        assert pids, name
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def close(self) -> None:
        """Take the environment away."""
        assert self.argocd("unregister").code == 0
        for name in (self.env, f"{self.env}-root", f"{self.env}-addons"):
            self.box.box.ask("delete", "appproject", name, "--namespace", "argocd", "--ignore-not-found")
        self.box.box.ask("delete", "namespace", self.env, "--wait=false")
        self.forge.call("DELETE", self.path)
        self.forge.close()

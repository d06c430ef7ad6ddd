"""A repository of volumes, delivered to a sandbox: by Argo CD with self-heal, or by hand where that is not the point."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bos_tools.cli.main import main
from bos_tools.sandbox import Sandbox
from harness.git import git, remote
from harness.repositories import repository
from harness.volumes import STATEFUL, claim, contents
from harness.waiting import eventually

CLASSES = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: disk
provisioner: disk.csi.example.com
allowVolumeExpansion: true
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fixed
provisioner: disk.csi.example.com
"""
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  strategy:
    type: Recreate
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: web
        image: web
        volumeMounts:
        - name: data
          mountPath: /data
      volumes:
      - name: data
        persistentVolumeClaim:
          claimName: web-data
"""
KEPT = "  labels:\n    app: x\n  annotations:\n    argocd.argoproj.io/sync-options: Prune=false,Delete=false\n"


def files(space: str) -> dict[str, str]:
    """Return the repository's files for one namespace, dev only, each claim kept by Argo CD."""
    made = {path: text for path, text in contents().items() if "/preprod/" not in path and "/prod/" not in path}
    made["pyproject.toml"] = made["pyproject.toml"].replace('"dev", "preprod", "prod"', '"dev"')
    made["base/web/deployment.yaml"] = WEB
    made["base/web/kustomization.yaml"] = "resources:\n- deployment.yaml\n- claim.yaml\n"
    del made["base/web/fixed.yaml"]
    made["overlays/dev/env/kustomization.yaml"] = made["overlays/dev/env/kustomization.yaml"].replace(
        "buildingos", space
    )
    for path in list(made):
        if path.startswith("base/") and "claim" in path:
            made[path] = made[path].replace("  labels:\n    app: x\n", KEPT)
    for path in [path for path in made if "/platform/" in path]:
        del made[path]
    made["overlays/dev/kustomization.yaml"] = "resources:\n- postgres\n- redis\n- web\n"
    return made


class World:
    """One namespace, one repository with its remote, and the sandbox that both are in."""

    def __init__(self, box: Sandbox, space: str, folder: Path) -> None:
        self.box, self.space = box, space
        self.work = repository(folder / "work", files(space))
        self.bare = remote(self.work, folder / "origin.git")
        self.kubectl("apply", "-f", "-", stdin=CLASSES)
        self.kubectl("create", "namespace", space)

    def kubectl(self, *words: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubectl and return what it printed."""
        done = subprocess.run(
            [str(self.box.kubectl), *words], input=stdin, capture_output=True, text=True, check=False,
            env={**os.environ, "KUBECONFIG": str(self.box.kubeconfig)},
        )  # fmt: skip
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout if check else done.stderr

    def get(self, kind: str, name: str = "", *, namespace: str = "") -> Any:
        """Return an object, or the items of a list."""
        data = json.loads(
            self.kubectl("get", kind, *([name] if name else []), "-n", namespace or self.space, "-o", "json")
        )
        return data if name else data["items"]

    def pvc(self, *words: str) -> int:
        """Run `bos-tools pvc …` for dev and return its exit code."""
        return main(["--repo", str(self.work), "pvc", *words, "--env", "dev", "--kubeconfig", str(self.box.kubeconfig)])

    def deliver(self, service: str) -> str:
        """Apply a unit by hand, and return what the server complained of."""
        rendered = subprocess.run(
            [str(Path(self.box.kubectl).with_name("kubectl")), "kustomize", f"overlays/dev/{service}"],
            cwd=self.work, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        return self.kubectl("apply", "-f", "-", stdin=rendered, check=False)

    def wish(self, name: str, how: str) -> None:
        """Tell the sandbox how the next growth of a claim ends."""
        self.kubectl("annotate", "pvc", name, "-n", self.space, "--overwrite", f"sandbox.buildingos.io/resize={how}")

    def capacity(self, name: str) -> str:
        """Return a claim's live capacity."""
        return str((self.get("pvc", name).get("status", {}).get("capacity") or {}).get("storage", ""))

    def pods(self) -> dict[str, tuple[str, int]]:
        """Return each pod's UID and restarts."""
        return {
            pod["metadata"]["name"]: (
                pod["metadata"]["uid"],
                sum(one["restartCount"] for one in pod.get("status", {}).get("containerStatuses") or []),
            )
            for pod in self.get("pods")
        }

    # --- by Argo CD -------------------------------------------------------------------------------------

    def application(self, service: str) -> str:
        """Return the name of a service's Application."""
        return f"{self.space}-{service}"

    def register(self, service: str) -> None:
        """Let Argo CD sync a unit by itself, healing what others change."""
        spec: dict[str, Any] = {
            "project": "default",
            "source": {"repoURL": f"file://{self.bare}", "path": f"overlays/dev/{service}", "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": self.space},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                "syncOptions": ["RespectIgnoreDifferences=true"],
                "retry": {"limit": 1, "backoff": {"duration": "1s"}},
            },
        }
        if service == "redis":
            spec["ignoreDifferences"] = [
                {"group": "apps", "kind": "StatefulSet", "jsonPointers": ["/spec/volumeClaimTemplates"]}
            ]
        meta = {
            "name": self.application(service),
            "namespace": "argocd",
        }
        made = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": meta, "spec": spec}
        self.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(made))

    def unregister(self, service: str, *, cascade: bool) -> None:
        """Delete an Application, with its workloads if said."""
        finalizers = '["resources-finalizer.argocd.argoproj.io"]' if cascade else "[]"
        patch = f'{{"metadata":{{"finalizers":{finalizers}}}}}'
        self.kubectl("patch", "application", self.application(service), "-n", "argocd", "--type=merge", "-p", patch)
        self.kubectl("delete", "application", self.application(service), "-n", "argocd", "--timeout=600s")

    def refresh(self, service: str) -> None:
        """Make Argo CD look at Git now."""
        self.kubectl(
            "annotate", "application", self.application(service), "-n", "argocd", "--overwrite", "argocd.argoproj.io/refresh=normal"
        )  # fmt: skip

    def synced(self, service: str) -> Any:
        """Return the Application once it is Synced at the remote's head; what was so already needed no operation."""
        return self.settled(service, lambda phase, sync: phase in ("Succeeded", "") and sync == "Synced")

    def failed(self, service: str) -> Any:
        """Return the Application once its sync of the remote's head has failed for good."""
        return self.settled(service, lambda phase, _: phase in ("Failed", "Error"))

    def settled(self, service: str, holds: Callable[[str, str], bool]) -> Any:
        head = git(self.bare, "rev-parse", "main").strip()

        def look() -> Any:
            app = self.get("application", self.application(service), namespace="argocd")
            sync, operation = ((app.get("status") or {}).get(key) or {} for key in ("sync", "operationState"))
            is_ours = (operation.get("syncResult") or {}).get("revision") == head
            if sync.get("revision") == head and holds(operation.get("phase", "") if is_ours else "", sync["status"]):
                return app
            self.refresh(service)
            return None

        return eventually(look, f"{service} settles at {head[:8]}")

    def push(self, message: str) -> None:
        """Commit everything in the work tree and push it, as a human does."""
        git(self.work, "add", "-A")
        git(self.work, "commit", "-qm", message)
        git(self.work, "push", "-q", "origin", "main")


def fourth(world: World) -> None:
    """Scale the StatefulSet to four replicas, its claim declared in the same commit."""
    (world.work / "base/redis/claim-3.yaml").write_text(
        claim("data-redis-3", "8Gi").replace("  labels:\n    app: x\n", KEPT)
    )
    listing = world.work / "base/redis/kustomization.yaml"
    listing.write_text(listing.read_text() + "- claim-3.yaml\n")
    assert STATEFUL.count("replicas: 3") == 1
    workload = world.work / "base/redis/deployment.yaml"
    workload.write_text(workload.read_text().replace("replicas: 3", "replicas: 4"))

"""Make a large repository in the layout of ours: N services in M environments, with pins, claims and components."""

import os
import subprocess
from pathlib import Path

ENVIRONMENTS = ("dev", "test", "preprod", "prod")
QUIET = {
    "GIT_AUTHOR_NAME": "Bench", "GIT_AUTHOR_EMAIL": "bench@example.com",
    "GIT_COMMITTER_NAME": "Bench", "GIT_COMMITTER_EMAIL": "bench@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
}  # fmt: skip

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: 2
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:
      labels: {{app: {name}}}
    spec:
      containers:
      - name: {name}
        image: {name}
        ports:
        - containerPort: 8080
        resources:
          requests: {{cpu: 100m, memory: 128Mi}}
          limits: {{memory: 256Mi}}
        readinessProbe:
          httpGet: {{path: /ready, port: 8080}}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector: {{app: {name}}}
  ports:
  - port: 80
    targetPort: 8080
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {name}-data
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: {size}Gi
"""
UNIT = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ../../../base/{name}
components:
- ../env
images:
- name: {name}
  newName: registry.example.com/buildingos/{name}
  newTag: v1.0.0
patches:
- path: data.yaml
"""


def service(number: int) -> str:
    """Return a service's name."""
    return f"svc-{number:03d}"


def generate(root: Path, services: int, environments: tuple[str, ...] = ENVIRONMENTS) -> Path:
    """Write the repository and commit it on main."""
    names = [service(number) for number in range(services)]
    listed = ", ".join(f'"{env}"' for env in environments)
    put(root / "pyproject.toml", f"[tool.bos-tools]\nenvironments = [{listed}]\ndata-services = []\n")
    for name in names:
        base = root / "base" / name
        put(base / "kustomization.yaml", "resources:\n- deployment.yaml\n- service.yaml\n- pvc.yaml\n")
        put(base / "deployment.yaml", DEPLOYMENT.format(name=name))
        put(base / "service.yaml", SERVICE.format(name=name))
        put(base / "pvc.yaml", CLAIM.format(name=name, size=1))
    for env in environments:
        overlay = root / "overlays" / env
        put(overlay / "kustomization.yaml", "resources:\n" + "".join(f"- {name}\n" for name in names))
        component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamespace: buildingos\n"
        put(overlay / "env" / "kustomization.yaml", component)
        for name in names:
            put(overlay / name / "kustomization.yaml", UNIT.format(name=name))
            put(overlay / name / "data.yaml", CLAIM.format(name=name, size=20))
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Start")
    git(root, "gc", "-q")
    return root


def put(path: Path, text: str) -> None:
    """Write one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def git(root: Path, *arguments: str) -> str:
    """Run git without anybody's configuration."""
    done = subprocess.run(
        ["git", *arguments], cwd=root, env={**os.environ, **QUIET}, capture_output=True, text=True, check=True
    )
    return done.stdout

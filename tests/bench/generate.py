"""Make a large repository in the layout of ours: N services in M environments, with pins, claims and components."""

from pathlib import Path

from harness.git import git
from harness.repositories import files, repository, unit

ENVIRONMENTS = ("dev", "test", "preprod", "prod")
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


def service(number: int) -> str:
    """Return a service's name."""
    return f"svc-{number:03d}"


def generate(root: Path, services: int, environments: tuple[str, ...] = ENVIRONMENTS) -> Path:
    """Write the repository and commit it on main."""
    names = [service(number) for number in range(services)]
    listed = ", ".join(f'"{env}"' for env in environments)
    made = files(names, environments)
    made["pyproject.toml"] = f"[tool.bos-tools]\nenvironments = [{listed}]\n"
    for name in names:
        made[f"base/{name}/kustomization.yaml"] = "resources:\n- deployment.yaml\n- service.yaml\n- pvc.yaml\n"
        made[f"base/{name}/deployment.yaml"] = DEPLOYMENT.format(name=name)
        made[f"base/{name}/service.yaml"] = SERVICE.format(name=name)
        made[f"base/{name}/pvc.yaml"] = CLAIM.format(name=name, size=1)
        for env in environments:
            made[f"overlays/{env}/{name}/kustomization.yaml"] = unit(name, extra="patches:\n- path: data.yaml\n")
            made[f"overlays/{env}/{name}/data.yaml"] = CLAIM.format(name=name, size=20)
    repository(root, made)
    git(root, "gc", "-q")
    return root

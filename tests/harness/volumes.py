"""A small repository with every kind of volume, sized in an overlay, in a base, or by a patch for several claims."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bos_tools.intents.grow import Grow, Wish
from bos_tools.storage.live import Claim
from bos_tools.storage.preflight import Look
from harness.repositories import ENVIRONMENTS, files

GIB = 2**30
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
"""When a look at a cluster was."""
PLATFORM = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: disk
provisioner: disk.example.com
allowVolumeExpansion: true
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fixed
provisioner: disk.example.com
"""


def growth(count: int = 4, hours: int = 24, name: str = "disk") -> str:
    """Return the section of environment.yaml that lets volumes of one class grow so often in so many hours."""
    return f"""\
growth:
  threshold: 80
  leadTime: 7d
  horizon: 30d
  targetFill: 70
  classes:
    {name}:
      step: 50Gi
      budget:
        count: {count}
        hours: {hours}
"""


def claim(name: str, size: str = "5Gi", storage_class: str = "disk") -> str:
    """Return a claim as a base declares it."""
    return (
        f"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: {name}\n  labels:\n    app: x\nspec:\n"
        f"  storageClassName: {storage_class}\n  accessModes: [ReadWriteOnce]\n"
        f"  resources:\n    requests:\n      storage: {size} # as the base has it\n"
    )


def patch(name: str, size: str) -> str:
    """Return a patch of an overlay that sets a claim's size."""
    return (
        f"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: {name}\n"
        f"spec:\n  resources:\n    requests:\n      storage: {size}   # room\n"
    )


STATEFUL = """\
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: redis
spec:
  replicas: 3
  serviceName: redis
  selector:
    matchLabels:
      app: redis
  template:
    metadata:
      labels:
        app: redis
    spec:
      containers:
      - name: redis
        image: redis
        volumeMounts:
        - name: data
          mountPath: /data
  volumeClaimTemplates:
  - metadata:
      name: data
    spec:
      storageClassName: disk
      accessModes: [ReadWriteOnce]
      resources:
        requests:
          storage: 5Gi
"""
DATABASE = """\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: postgres
spec:
  instances: 2
  storage:
    storageClass: disk
    size: 5Gi
"""
BY_TEMPLATE = "- op: replace\n  path: /spec/volumeClaimTemplates/0/spec/resources/requests/storage\n  value: 5Gi\n"
FOR_ALL = "- op: replace\n  path: /spec/resources/requests/storage\n  value: 5Gi\n"


def contents(*, patched: bool = True) -> dict[str, str]:
    """Return the files; with patches each environment sets its own sizes, without them the bases do."""
    made = files(["platform", "postgres", "redis", "web"])
    made["base/platform/deployment.yaml"] = PLATFORM
    made["base/web/claim.yaml"] = claim("web-data")
    made["base/web/fixed.yaml"] = claim("web-fixed", storage_class="fixed")
    made["base/web/kustomization.yaml"] = "resources:\n- deployment.yaml\n- claim.yaml\n- fixed.yaml\n"
    made["base/redis/deployment.yaml"] = STATEFUL
    for number in range(3):
        made[f"base/redis/claim-{number}.yaml"] = claim(f"data-redis-{number}")
    made["base/redis/kustomization.yaml"] = "resources:\n- deployment.yaml\n" + "".join(
        f"- claim-{n}.yaml\n" for n in range(3)
    )
    made["base/postgres/deployment.yaml"] = DATABASE
    for env in ENVIRONMENTS:
        for service in ("platform", "postgres"):
            path = f"overlays/{env}/{service}/kustomization.yaml"
            made[path] = made[path].partition("images:")[0]
        if patched:
            made[f"overlays/{env}/web/kustomization.yaml"] += "patches:\n- path: web-data.yaml\n"
            made[f"overlays/{env}/web/web-data.yaml"] = patch("web-data", "5Gi")
            made[f"overlays/{env}/redis/kustomization.yaml"] += (
                "patches:\n- path: claims.yaml\n  target:\n    kind: PersistentVolumeClaim\n"
                "- path: template.yaml\n  target:\n    kind: StatefulSet\n    name: redis\n"
            )
            made[f"overlays/{env}/redis/claims.yaml"] = FOR_ALL
            made[f"overlays/{env}/redis/template.yaml"] = BY_TEMPLATE
    return made


def live(name: str = "web-data", request: int = 5, capacity: int | None = None, **more: Any) -> Claim:
    """Return a bound claim with sizes in GiB, idle unless said otherwise."""
    has = request if capacity is None else capacity
    fields: dict[str, Any] = {"phase": "Bound", "storage_class": "disk", "expands": True, **more}
    return Claim(name, request=Decimal(request * GIB), capacity=Decimal(has * GIB), **fields)


def look(*claims: Claim, size: int = 8, missing: tuple[str, ...] = (), **more: Any) -> Look:
    """Return what was seen in a cluster of a volume that has so many GiB in Git."""
    return Look(Decimal(size * GIB), claims, missing, NOW, **more)


def grow(what: str, size: str = "8Gi", **more: Any) -> Grow:
    """Return the wish that a volume of prod grows; it needs no snapshot unless said."""
    return Grow("prod", what, Wish.read(size), **{"needs_snapshot": False, **more})

"""Objects of many kinds, as small as the API server takes them, and how to change one."""

from copy import deepcopy
from typing import Any

Data = dict[str, Any]
NAMESPACE = "dangers"
NOTES = "argocd.argoproj.io"


def made(kind: str, version: str = "v1", name: str = "one", **parts: Any) -> Data:
    """Return an object."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, **parts}


def but(one: Data, path: str, value: Any) -> Data:
    """Return an object with another value at a path; None takes the field away."""
    changed = deepcopy(one)
    *above, last = path.split(".")
    part: Any = changed
    for step in above:
        part = part[int(step)] if isinstance(part, list) else part.setdefault(step, {})
    key: Any = int(last) if isinstance(part, list) else last
    if value is None:
        del part[key]
    else:
        part[key] = value
    return changed


def noted(one: Data, **notes: str) -> Data:
    """Return an object with annotations of Argo CD: `sync_options="Prune=false"`."""
    return but(one, "metadata.annotations", {f"{NOTES}/{key.replace('_', '-')}": value for key, value in notes.items()})


POD: Data = {
    "metadata": {"labels": {"app": "one"}},
    "spec": {"containers": [{"name": "one", "image": "registry.example.com/one:v1"}]},
}
SELECTOR: Data = {"matchLabels": {"app": "one"}}
DEPLOYMENT = made("Deployment", "apps/v1", spec={"replicas": 1, "selector": SELECTOR, "template": POD})
DAEMON = made("DaemonSet", "apps/v1", spec={"selector": SELECTOR, "template": POD})
CLAIM_SPEC: Data = {
    "accessModes": ["ReadWriteOnce"],
    "storageClassName": "dangers-block",
    "resources": {"requests": {"storage": "2Gi"}},
}
CLAIM = made("PersistentVolumeClaim", spec=CLAIM_SPEC)
SET = made(
    "StatefulSet",
    "apps/v1",
    spec={
        "replicas": 2, "serviceName": "one", "selector": SELECTOR, "template": POD,
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": CLAIM_SPEC}],
    },
)  # fmt: skip
ONCE = but(POD, "spec.restartPolicy", "Never")
JOB = made("Job", "batch/v1", spec={"backoffLimit": 1, "template": ONCE})
CRON = made("CronJob", "batch/v1", spec={"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": ONCE}}})
SERVICE = made("Service", spec={"selector": {"app": "one"}, "ports": [{"name": "http", "port": 80}]})
HEADLESS = but(SERVICE, "spec.clusterIP", "None")
CONFIG = made("ConfigMap", data={"a": "1"})
SEALED = {**CONFIG, "immutable": True}
SECRET = made("Secret", type="Opaque", stringData={"a": "not-a-real-value"})
CLASS: Data = {
    **made("StorageClass", "storage.k8s.io/v1", "dangers-spare"),
    "metadata": {"name": "dangers-spare"}, "provisioner": "disk.csi.example.com", "allowVolumeExpansion": True,
}  # fmt: skip
PRIORITY: Data = {
    "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "dangers-one"}, "value": 7,
}  # fmt: skip
BINDING = made(
    "RoleBinding",
    "rbac.authorization.k8s.io/v1",
    roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "one"},
    subjects=[{"kind": "ServiceAccount", "name": "one"}],
)
INGRESS = made(
    "Ingress",
    "networking.k8s.io/v1",
    spec={"ingressClassName": "nginx", "defaultBackend": {"service": {"name": "one", "port": {"number": 80}}}},
)
POLICY = made("NetworkPolicy", "networking.k8s.io/v1", spec={"podSelector": {}, "policyTypes": ["Ingress"]})
BUDGET = made("PodDisruptionBudget", "policy/v1", spec={"minAvailable": 1, "selector": SELECTOR})
SCALER = made(
    "HorizontalPodAutoscaler",
    "autoscaling/v2",
    spec={"maxReplicas": 2, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "one"}},
)
QUOTA = made("ResourceQuota", spec={"hard": {"pods": "10"}, "scopes": ["NotTerminating"]})
VOLUME: Data = {
    "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "dangers-one"},
    "spec": {
        "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "by-hand",
        "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": "/tmp/dangers"},
    },
}  # fmt: skip
CRD: Data = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "things.dangers.example.com"},
    "spec": {
        "group": "dangers.example.com", "scope": "Namespaced", "names": {"plural": "things", "kind": "Thing"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}],
    },
}  # fmt: skip
SPACE: Data = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "dangers-spare"}}
DATABASE = made("Cluster", "postgresql.cnpg.io/v1", spec={"instances": 3, "storage": {"size": "2Gi"}})
DELETES = {"whenDeleted": "Delete", "whenScaled": "Delete"}

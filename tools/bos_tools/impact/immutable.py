"""What the API server refuses to change: one table, each row with the place in Kubernetes 1.34.3 that says so."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bos_tools.impact.fields import same
from bos_tools.impact.pods import at
from bos_tools.tree.identity import Object
from bos_tools.tree.quantity import quantity

KUBERNETES = "https://github.com/kubernetes/kubernetes/blob/v1.34.3/"
APIS = f"{KUBERNETES}pkg/apis/"
CORE = f"{APIS}core/validation/validation.go"
APPS = f"{APIS}apps/validation/validation.go"
BATCH = f"{APIS}batch/validation/validation.go"
STORAGE = f"{APIS}storage/validation/validation.go"
RBAC = f"{APIS}rbac/validation/validation.go"
CRDS = f"{KUBERNETES}staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go"

Path = tuple[str, ...]
TEMPLATES: Path = ("spec", "volumeClaimTemplates")
AMOUNTS = ("requests", "limits")
When = Callable[[Object, Object], bool]


@dataclass(frozen=True)
class Immutable:
    """One field of a kind that can't be changed, and when."""

    group: str
    kind: str
    path: Path
    source: str
    default: Any = None
    """What the API server fills in where nothing is said: to say it is no change. For a mapping, in what is said."""
    when: When | None = None
    """What must be so for it to hold; None for always."""

    @property
    def field(self) -> str:
        """Return the field's name."""
        return ".".join(self.path)

    def filled(self, value: Any) -> Any:
        """Return a value with what the API server fills in."""
        if isinstance(value, dict) and isinstance(self.default, dict):
            return self.default | value
        if self.path == TEMPLATES and isinstance(value, list):
            return [_claim(item) for item in value]
        return self.default if value is None else value


def _is_sealed(old: Object, _new: Object) -> bool:
    return at(old, "immutable") is True


def _is_not_indexed(_old: Object, new: Object) -> bool:
    return bool(at(new, "spec", "completionMode") != "Indexed")


def _balances(*sides: Object) -> bool:
    return all(at(one, "spec", "type") == "LoadBalancer" for one in sides)


def _has_address(old: Object, new: Object) -> bool:
    """Tell whether a Service keeps its address, and Git says which: what Git leaves out stays as it is."""
    is_named = all(at(one, "spec", "type") != "ExternalName" for one in (old, new))
    return is_named and at(new, "spec", "clusterIP") is not None


def _had(*path: str) -> When:
    """Return whether a field was said before."""
    return lambda old, _new: at(old, *path) is not None


def _said(*path: str) -> When:
    """Return whether a field is said before and after."""
    return lambda old, new: at(old, *path) is not None and at(new, *path) is not None


ROLE = {"apiGroup": "rbac.authorization.k8s.io"}


def _claim(template: Any) -> Any:
    """Return a template of claims without what the API server says of it itself."""
    if not isinstance(template, dict):
        return template
    spec = template.get("spec")
    kept = {key: value for key, value in template.items() if key not in ("apiVersion", "kind", "status")}
    return kept | {"spec": {"volumeMode": "Filesystem", **spec} if isinstance(spec, dict) else spec}


def _rows(
    group: str, kind: str, source: str, *fields: str, when: When | None = None, **defaults: Any
) -> list[Immutable]:
    """Return a row for each field; a default goes by the field's last word."""
    paths = [tuple(field.split(".")) for field in fields]
    return [Immutable(group, kind, path, source, defaults.get(path[-1]), when) for path in paths]


IMMUTABLE: tuple[Immutable, ...] = (
    *_rows("apps", "Deployment", f"{APPS}#L712", "spec.selector"),
    *_rows("apps", "ReplicaSet", f"{APPS}#L767", "spec.selector"),
    *_rows("apps", "DaemonSet", f"{APPS}#L403", "spec.selector"),
    *_rows(
        "apps", "StatefulSet", f"{APPS}#L268",
        "spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates",
        podManagementPolicy="OrderedReady", serviceName="",
    ),
    *_rows("batch", "Job", f"{BATCH}#L627", "spec.selector", "spec.template", "spec.podFailurePolicy"),
    *_rows("batch", "Job", f"{BATCH}#L629", "spec.completionMode", completionMode="NonIndexed"),
    *_rows("batch", "Job", f"{BATCH}#L631", "spec.backoffLimitPerIndex", "spec.managedBy", "spec.successPolicy"),
    *_rows("batch", "Job", f"{BATCH}#L863", "spec.completions", when=_is_not_indexed, completions=1),
    *_rows("", "Service", f"{CORE}#L8784", "spec.clusterIP", when=_has_address),
    *_rows("", "Service", f"{CORE}#L8842", "spec.ipFamilies.0", when=_said("spec", "ipFamilies")),
    *_rows("", "Service", f"{CORE}#L8914", "spec.loadBalancerClass", when=_balances),
    *_rows("", "Service", f"{CORE}#L6599", "spec.healthCheckNodePort", when=_said("spec", "healthCheckNodePort")),
    *_rows(
        "", "PersistentVolumeClaim", f"{CORE}#L2509",
        "spec.accessModes", "spec.storageClassName", "spec.selector", "spec.dataSource", "spec.dataSourceRef",
    ),
    *_rows("", "PersistentVolumeClaim", f"{CORE}#L2524", "spec.volumeMode", volumeMode="Filesystem"),
    *_rows("", "PersistentVolumeClaim", f"{CORE}#L2475", "spec.volumeName", when=_said("spec", "volumeName")),
    *_rows(
        "", "PersistentVolume", f"{CORE}#L2208",
        "spec.csi", "spec.nfs", "spec.hostPath", "spec.local", "spec.iscsi", "spec.fc", "spec.rbd", "spec.cephfs",
    ),
    *_rows("", "PersistentVolume", f"{CORE}#L2212", "spec.volumeMode", volumeMode="Filesystem"),
    *_rows("", "PersistentVolume", f"{CORE}#L2215", "spec.nodeAffinity", when=_had("spec", "nodeAffinity")),
    *_rows("", "ConfigMap", f"{CORE}#L7491", "immutable", "data", "binaryData", when=_is_sealed),
    *_rows("", "Secret", f"{CORE}#L7431", "type", type="Opaque"),
    *_rows("", "Secret", f"{CORE}#L7434", "immutable", "data", "stringData", when=_is_sealed),
    *_rows("", "ResourceQuota", f"{CORE}#L7834", "spec.scopes"),
    *_rows("storage.k8s.io", "StorageClass", f"{STORAGE}#L72", "parameters", "provisioner"),
    *_rows("storage.k8s.io", "StorageClass", f"{STORAGE}#L80", "reclaimPolicy", reclaimPolicy="Delete"),
    *_rows("storage.k8s.io", "StorageClass", f"{STORAGE}#L83", "volumeBindingMode", volumeBindingMode="Immediate"),
    *_rows("storage.k8s.io", "VolumeAttributesClass", f"{STORAGE}#L625", "driverName", "parameters"),
    *_rows(
        "storage.k8s.io", "CSIDriver", f"{STORAGE}#L440", "spec.attachRequired", "spec.volumeLifecycleModes",
        attachRequired=True, volumeLifecycleModes=["Persistent"],
    ),
    *_rows("rbac.authorization.k8s.io", "RoleBinding", f"{RBAC}#L166", "roleRef", roleRef=ROLE),
    *_rows("rbac.authorization.k8s.io", "ClusterRoleBinding", f"{RBAC}#L210", "roleRef", roleRef=ROLE),
    *_rows(
        "scheduling.k8s.io", "PriorityClass", f"{APIS}scheduling/validation/validation.go#L56",
        "value", "preemptionPolicy", value=0, preemptionPolicy="PreemptLowerPriority",
    ),
    *_rows("node.k8s.io", "RuntimeClass", f"{APIS}node/validation/validation.go#L50", "handler"),
    *_rows("networking.k8s.io", "IngressClass", f"{APIS}networking/validation/validation.go#L588", "spec.controller"),
    *_rows("discovery.k8s.io", "EndpointSlice", f"{APIS}discovery/validation/validation.go#L89", "addressType"),
    *_rows("resource.k8s.io", "ResourceClaim", f"{APIS}resource/validation/validation.go#L98", "spec"),
    *_rows("resource.k8s.io", "ResourceClaimTemplate", f"{APIS}resource/validation/validation.go#L583", "spec"),
    *_rows("apiextensions.k8s.io", "CustomResourceDefinition", f"{CRDS}#L623", "spec.scope", "spec.names.kind"),
    *_rows("apiextensions.k8s.io", "CustomResourceDefinition", f"{CRDS}#L628", "spec.group", "spec.names.plural"),
)  # fmt: skip
"""Ingress, NetworkPolicy, PodDisruptionBudget, HorizontalPodAutoscaler, CronJob, LimitRange, ServiceAccount, Role and
Namespace have no row, because all that Git says of them can be changed."""


def touched(old: Object, new: Object) -> Iterator[Immutable]:
    """Yield the rows that forbid to make one state of an object into another."""
    for row in IMMUTABLE:
        if (row.group, row.kind) != (new.group, new.kind) or (row.when is not None and not row.when(old, new)):
            continue
        before, after = (_plain(row.filled(_at(one.data, row.path))) for one in (old, new))
        if not same(before, after):
            yield row


def _at(data: Any, path: Path) -> Any:
    for step in path:
        if isinstance(data, list):
            data = data[int(step)] if len(data) > int(step) else None
        else:
            data = data.get(step) if isinstance(data, dict) else None
    return data


def _plain(data: Any, *, is_amounts: bool = False) -> Any:
    """Return a value as the API server compares it: nothing, an empty text, list and mapping are one, 1Gi is 1024Mi."""
    if isinstance(data, dict):
        inner = {key: _plain(value, is_amounts=is_amounts or key in AMOUNTS) for key, value in data.items()}
        return {key: value for key, value in inner.items() if value is not None} or None
    if isinstance(data, list):
        return [_plain(item) for item in data] or None
    if is_amounts and (number := quantity(str(data))) is not None:
        return str(number.normalize())
    return data if data != "" else None

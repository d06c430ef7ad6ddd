"""Who an object is, in the files and in the render alike."""

from dataclasses import dataclass
from typing import Any

CLUSTER_SCOPED = {
    "": "Namespace Node PersistentVolume",
    "admissionregistration.k8s.io": "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding"
    " MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"
    " ValidatingWebhookConfiguration",
    "apiextensions.k8s.io": "CustomResourceDefinition",
    "apiregistration.k8s.io": "APIService",
    "certificates.k8s.io": "CertificateSigningRequest ClusterTrustBundle",
    "flowcontrol.apiserver.k8s.io": "FlowSchema PriorityLevelConfiguration",
    "networking.k8s.io": "IPAddress IngressClass ServiceCIDR",
    "node.k8s.io": "RuntimeClass",
    "postgresql.cnpg.io": "ClusterImageCatalog",
    "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
    "resource.k8s.io": "DeviceClass DeviceTaintRule ResourceSlice",
    "scheduling.k8s.io": "PriorityClass",
    "storage.k8s.io": "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass",
}
"""Group to the kinds that belong to no namespace (Kubernetes 1.34 and our operators): the one list of them."""


def is_cluster_scoped(group: str, kind: str) -> bool:
    """Tell whether a kind belongs to no namespace.

    >>> is_cluster_scoped("networking.k8s.io", "IngressClass"), is_cluster_scoped("", "Service")
    (True, False)
    """
    return kind in CLUSTER_SCOPED.get(group, "").split()


@dataclass(frozen=True)
class Object:
    """One object, in the namespace that the kustomizations give it."""

    kind: str
    group: str
    namespace: str
    name: str
    data: Any

    @property
    def id(self) -> str:
        """Return who it is, version aside: `Deployment.apps buildingos/backend`."""
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"

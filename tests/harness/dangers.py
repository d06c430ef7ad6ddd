"""Sixty labelled changes: an object before and after, and what the change does when it reaches a cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bos_tools.render.objects import identified
from bos_tools.tree.identity import Object
from harness.kinds import (
    BINDING,
    BUDGET,
    CLAIM,
    CLASS,
    CONFIG,
    CRD,
    CRON,
    DAEMON,
    DATABASE,
    DELETES,
    DEPLOYMENT,
    HEADLESS,
    INGRESS,
    JOB,
    POLICY,
    PRIORITY,
    QUOTA,
    SCALER,
    SEALED,
    SECRET,
    SERVICE,
    SET,
    SPACE,
    VOLUME,
    Data,
    but,
    noted,
)

GONE: Data = {}
"""The object after a change that removes it."""


@dataclass(frozen=True)
class Row:
    """One change, and what is said of it."""

    name: str
    old: Data
    new: Data
    danger: str
    word: str = ""
    """What the reason says."""
    played: bool = True
    """Whether the API server can be asked by applying both states."""
    argocd: Mapping[str, Any] = field(default_factory=dict)
    """The spec of the Application that keeps it, where it is not the usual one."""

    @property
    def sides(self) -> tuple[Object, Object | None]:
        """Return the object before and after."""
        return identified(self.old), identified(self.new) if self.new else None


IGNORED: Data = {
    "ignoreDifferences": [{"group": "apps", "kind": "StatefulSet", "jsonPointers": ["/spec/volumeClaimTemplates"]}],
    "syncPolicy": {"automated": {"prune": True}, "syncOptions": ["RespectIgnoreDifferences=true"]},
}
IMAGE = "spec.template.spec.containers.0.image"
TEMPLATE_SIZE = "spec.volumeClaimTemplates.0.spec.resources.requests.storage"
SIZE = "spec.resources.requests.storage"
TWO = "registry.example.com/one:v2"

ROWS: tuple[Row, ...] = (
    Row("a count of replicas", DEPLOYMENT, but(DEPLOYMENT, "spec.replicas", 3), "safe"),
    Row("a label of a Deployment", DEPLOYMENT, but(DEPLOYMENT, "metadata.labels", {"team": "a"}), "safe"),
    Row("an image", DEPLOYMENT, but(DEPLOYMENT, IMAGE, TWO), "rolls", "replaced"),
    Row(
        "an annotation of pods", DEPLOYMENT, but(DEPLOYMENT, "spec.template.metadata.annotations", {"a": "b"}), "rolls"
    ),
    Row(
        "a label of pods",
        DEPLOYMENT,
        but(DEPLOYMENT, "spec.template.metadata.labels", {"app": "one", "b": "c"}),
        "rolls",
    ),
    Row(
        "an image under Recreate",
        but(DEPLOYMENT, "spec.strategy", {"type": "Recreate"}),
        but(but(DEPLOYMENT, "spec.strategy", {"type": "Recreate"}), IMAGE, TWO),
        "rolls",
        "all its pods end",
    ),
    Row("an image while paused", DEPLOYMENT, but(but(DEPLOYMENT, IMAGE, TWO), "spec.paused", True), "safe", "paused"),
    Row(
        "a selector",
        DEPLOYMENT,
        but(
            but(DEPLOYMENT, "spec.selector.matchLabels", {"app": "two"}),
            "spec.template.metadata.labels",
            {"app": "two"},
        ),
        "refused",
        "spec.selector",
    ),
    Row(
        "pods that their Deployment does not select",
        DEPLOYMENT,
        but(DEPLOYMENT, "spec.template.metadata.labels", {"app": "two"}),
        "refused",
        "selects",
    ),
    Row(
        "a selector with Force",
        DEPLOYMENT,
        noted(
            but(
                but(DEPLOYMENT, "spec.selector.matchLabels", {"app": "two"}),
                "spec.template.metadata.labels",
                {"app": "two"},
            ),
            sync_options="Force=true",
        ),
        "recreates",
        "Force=true",
        played=False,
    ),
    Row("an image of a DaemonSet", DAEMON, but(DAEMON, IMAGE, TWO), "rolls"),
    Row(
        "an image under OnDelete",
        DAEMON,
        but(but(DAEMON, IMAGE, TWO), "spec.updateStrategy", {"type": "OnDelete"}),
        "safe",
        "OnDelete",
    ),
    Row("a selector of a DaemonSet", DAEMON, but(DAEMON, "spec.selector.matchLabels", {"b": "c"}), "refused"),
    Row("an image of a StatefulSet", SET, but(SET, IMAGE, TWO), "rolls"),
    Row("a count of a StatefulSet", SET, but(SET, "spec.replicas", 1), "safe"),
    Row(
        "fewer replicas whose claims go",
        but(SET, "spec.persistentVolumeClaimRetentionPolicy", DELETES),
        but(but(SET, "spec.persistentVolumeClaimRetentionPolicy", DELETES), "spec.replicas", 1),
        "loses-data",
        "from 2 to 1",
    ),
    Row(
        "what a StatefulSet does with claims",
        SET,
        but(SET, "spec.persistentVolumeClaimRetentionPolicy", DELETES),
        "safe",
    ),
    Row("a service name", SET, but(SET, "spec.serviceName", "two"), "refused", "spec.serviceName"),
    Row("how pods start", SET, but(SET, "spec.podManagementPolicy", "Parallel"), "refused"),
    Row("how pods start, as it is by default", SET, but(SET, "spec.podManagementPolicy", "OrderedReady"), "safe"),
    Row("the size in a template", SET, but(SET, TEMPLATE_SIZE, "3Gi"), "refused", "spec.volumeClaimTemplates"),
    Row("the same size in a template", SET, but(SET, TEMPLATE_SIZE, "2048Mi"), "safe"),
    Row("a template that is left alone", SET, but(SET, TEMPLATE_SIZE, "3Gi"), "safe", "alone", False, IGNORED),
    Row("a label in a template", SET, but(SET, "spec.volumeClaimTemplates.0.metadata.labels", {"a": "b"}), "refused"),
    Row("one template less", SET, but(SET, "spec.volumeClaimTemplates", None), "refused"),
    Row("a Job's image", JOB, but(JOB, IMAGE, TWO), "refused", "spec.template"),
    Row("a Job's retries", JOB, but(JOB, "spec.backoffLimit", 2), "safe"),
    Row("a Job's mode", JOB, but(but(JOB, "spec.completionMode", "Indexed"), "spec.completions", 1), "refused"),
    Row(
        "a hook's image",
        noted(JOB, hook="Sync"),
        noted(but(JOB, IMAGE, TWO), hook="Sync"),
        "recreates",
        "hook",
        played=False,
    ),
    Row("a schedule", CRON, but(CRON, "spec.schedule", "0 0 2 1 *"), "safe"),
    Row("the image of jobs to come", CRON, but(CRON, f"spec.jobTemplate.{IMAGE}", TWO), "safe"),
    Row("a Service's port", SERVICE, but(SERVICE, "spec.ports.0.port", 81), "safe"),
    Row("a Service's type", SERVICE, but(SERVICE, "spec.type", "NodePort"), "safe"),
    Row("a Service that becomes headless", SERVICE, HEADLESS, "refused", "spec.clusterIP"),
    Row("a headless Service whose address Git leaves out", HEADLESS, SERVICE, "safe"),
    Row("a headless Service that gets an address", HEADLESS, but(SERVICE, "spec.clusterIP", "10.0.0.77"), "refused"),
    Row("a configuration in place", CONFIG, {**CONFIG, "data": {"a": "2"}}, "safe"),
    Row("an immutable configuration", SEALED, {**SEALED, "data": {"a": "2"}}, "refused", "data"),
    Row("a configuration that is no longer immutable", SEALED, CONFIG, "refused", "immutable"),
    Row("a configuration that becomes immutable", CONFIG, SEALED, "safe"),
    Row("a Secret's type", SECRET, {**SECRET, "type": "example.com/other"}, "refused", "type"),
    Row("a Secret's value", SECRET, {**SECRET, "stringData": {"a": "nor-is-this-one"}}, "safe"),
    Row("a claim that grows", CLAIM, but(CLAIM, SIZE, "3Gi"), "safe"),
    Row("a claim that shrinks", CLAIM, but(CLAIM, SIZE, "1Gi"), "refused", "shrink"),
    Row("a claim of the same size", CLAIM, but(CLAIM, SIZE, "2048Mi"), "safe"),
    Row("a claim of another class", CLAIM, but(CLAIM, "spec.storageClassName", "dangers-fixed"), "refused"),
    Row("another access to a claim", CLAIM, but(CLAIM, "spec.accessModes", ["ReadWriteMany"]), "refused"),
    Row("a claim as it is by default", CLAIM, but(CLAIM, "spec.volumeMode", "Filesystem"), "safe"),
    Row(
        "a claim of a class that lets none grow",
        but(CLAIM, "spec.storageClassName", "dangers-fixed"),
        but(but(CLAIM, "spec.storageClassName", "dangers-fixed"), SIZE, "3Gi"),
        "refused",
        "grow",
    ),
    Row("a class that lets no claim grow any more", CLASS, but(CLASS, "allowVolumeExpansion", False), "safe"),
    Row("a class that retains", CLASS, but(CLASS, "reclaimPolicy", "Retain"), "refused", "reclaimPolicy"),
    Row("a class with parameters", CLASS, but(CLASS, "parameters", {"a": "b"}), "refused", "parameters"),
    Row("when a class binds", CLASS, but(CLASS, "volumeBindingMode", "WaitForFirstConsumer"), "refused"),
    Row("a priority's value", PRIORITY, but(PRIORITY, "value", 8), "refused", "value"),
    Row("a priority's description", PRIORITY, but(PRIORITY, "description", "more"), "safe"),
    Row("a binding's role", BINDING, but(BINDING, "roleRef.name", "two"), "refused", "roleRef"),
    Row("a binding's subjects", BINDING, but(BINDING, "subjects.0.name", "two"), "safe"),
    Row("an Ingress", INGRESS, but(INGRESS, "spec.defaultBackend.service.port.number", 81), "safe"),
    Row("a NetworkPolicy", POLICY, but(POLICY, "spec.podSelector", {"matchLabels": {"a": "b"}}), "safe"),
    Row("a budget's selector", BUDGET, but(BUDGET, "spec.selector.matchLabels", {"a": "b"}), "safe"),
    Row("whom a scaler scales", SCALER, but(SCALER, "spec.scaleTargetRef.name", "two"), "safe"),
    Row("a quota's amount", QUOTA, but(QUOTA, "spec.hard.pods", "20"), "safe"),
    Row("a quota's scopes", QUOTA, but(QUOTA, "spec.scopes", ["Terminating"]), "refused", "spec.scopes"),
    Row("where a volume lies", VOLUME, but(VOLUME, "spec.hostPath.path", "/tmp/other"), "refused", "spec.hostPath"),
    Row("what becomes of a volume", VOLUME, but(VOLUME, "spec.persistentVolumeReclaimPolicy", "Delete"), "safe"),
    Row("a definition's scope", CRD, but(CRD, "spec.scope", "Cluster"), "refused", "spec.scope"),
    Row("a definition's short names", CRD, but(CRD, "spec.names.shortNames", ["th"]), "safe"),
    Row("a database's image", DATABASE, but(DATABASE, "spec.imageName", "postgres:18"), "rolls", "operator", False),
    Row("a database's replicas", DATABASE, but(DATABASE, "spec.instances", 4), "safe", "", False),
    Row("a database that shrinks", DATABASE, but(DATABASE, "spec.storage.size", "1Gi"), "refused", "shrink", False),
    Row("a Deployment that goes", DEPLOYMENT, GONE, "pruned", "deletes", False),
    Row("a Service that goes", SERVICE, GONE, "pruned", "", False),
    Row("a Namespace that goes", SPACE, GONE, "loses-data", "everything in it", False),
    Row("a definition that goes", CRD, GONE, "loses-data", "every object of its kind", False),
    Row("a claim that goes", CLAIM, GONE, "loses-data", "dangers-block", False),
    Row("a claim that is kept", noted(CLAIM, sync_options="Prune=false"), GONE, "orphaned", "Prune=false", False),
    Row(
        "a claim of a class that retains",
        but(CLAIM, "spec.storageClassName", "dangers-kept"),
        GONE,
        "pruned",
        "retains",
        False,
    ),
    Row("a StatefulSet that goes", SET, GONE, "pruned", "claims of its pods stay", False),
    Row(
        "a StatefulSet that goes with its claims",
        but(SET, "spec.persistentVolumeClaimRetentionPolicy", DELETES),
        GONE,
        "loses-data",
        "whenDeleted",
        False,
    ),
    Row("a database that goes", DATABASE, GONE, "loses-data", "operator", False),
    Row("what a person confirms", noted(SERVICE, sync_options="Prune=confirm"), GONE, "pruned", "confirms", False),
    Row("a hook that goes", noted(JOB, hook="Sync"), GONE, "orphaned", "never pruned", False),
    Row(
        "a hook that has gone already",
        noted(JOB, hook="Sync", hook_delete_policy="HookSucceeded"),
        GONE,
        "safe",
        "succeeded",
        False,
    ),
    Row(
        "what an Application that does not prune leaves",
        SERVICE,
        GONE,
        "orphaned",
        "does not prune",
        False,
        {"syncPolicy": {"automated": {}}},
    ),
)
CLASSES: tuple[Data, ...] = tuple(
    {
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": f"dangers-{name}"},
        "provisioner": "disk.csi.example.com", "reclaimPolicy": policy, "allowVolumeExpansion": expands,
    }
    for name, policy, expands in (("block", "Delete", True), ("fixed", "Delete", False), ("kept", "Retain", True))
)  # fmt: skip
"""The classes that the rows name."""

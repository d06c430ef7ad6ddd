"""The pods of a workload, and when a change of it replaces them."""

from typing import Any

from bos_tools.impact.fields import same
from bos_tools.storage.volumes import DATABASE, DATABASES
from bos_tools.tree.identity import Object

ROLLING = {
    "Deployment": "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#updating-a-deployment",
    "StatefulSet": "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies",
    "DaemonSet": "https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/",
}
"""The kinds whose pods are replaced when their template changes; where that is said."""
RESTARTING = (
    "imageName", "imageCatalogRef", "resources", "postgresql", "env", "envFrom", "projectedVolumeTemplate",
    "affinity", "topologySpreadConstraints", "priorityClassName", "schedulerName",
)  # fmt: skip
"""What of a database makes CloudNativePG restart its instances, or may: some parameters are only read again.
https://cloudnative-pg.io/documentation/current/rolling_update/
"""


def is_database(one: Object) -> bool:
    """Tell whether an object is a database whose pods an operator makes."""
    return (one.kind, one.group) == (DATABASE, DATABASES)


def template(one: Object) -> Any:
    """Return what an object's pods are made from, None where it makes none."""
    if is_database(one):
        return {key: at(one, "spec", key) for key in RESTARTING}
    return at(one, "spec", "template") if one.kind in ROLLING and one.group == "apps" else None


def rolls(old: Object | None, new: Object) -> bool:
    """Tell whether the pods that run are replaced when one state of an object becomes another."""
    if old is None or template(new) is None or same(template(old), template(new)):
        return False
    return at(new, "spec", "updateStrategy", "type") != "OnDelete" and at(new, "spec", "paused") is not True


def at(one: Object, *path: str) -> Any:
    """Return what lies at a path of keys, None where it is absent."""
    data = one.data
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data

"""Secrets in a cluster: which keys there are, and new ones; a value that is there is replaced only on demand."""

import base64
import binascii
from collections.abc import Iterable, Mapping

from bos_tools.doors.kubernetes.client import SECRET, Cluster, ClusterSaid, Data
from bos_tools.errors import OutsideError

TRIES = 3
"""Another writer at the same Secret is rare, and a third is none that waits its turn."""


def held(cluster: Cluster, namespace: str, names: Iterable[str]) -> dict[tuple[str, str], bytes]:
    """Return the values of the named Secrets, by Secret and key."""
    found: dict[tuple[str, str], bytes] = {}
    for name in names:
        made = cluster.get(SECRET, name, namespace)
        for key, value in ((made or {}).get("data") or {}).items():
            try:
                found[name, key] = base64.b64decode(value or "", validate=True)
            except binascii.Error as error:
                raise OutsideError(f"Secret {name} is not Base64: {key}", reason="bad-secret") from error
    return found


def put(
    cluster: Cluster, namespace: str, name: str, kind: str, values: Mapping[str, str], *, replace: bool
) -> list[str]:
    """Write values into a Secret, which is made when there is none; return the keys that were written.

    Without `replace` a key that has a value keeps it, one that another writer made in between too.
    Raises ClusterSaid with the server's words, such as for a namespace that is not there.
    """
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    for _ in range(TRIES):
        made = cluster.get(SECRET, name, namespace)
        try:
            if made is None:
                cluster.create(SECRET, _secret(namespace, name, kind, data))
                return sorted(data)
            there = made.get("data") or {}
            new = {key: value for key, value in data.items() if replace or not there.get(key)}
            if new:
                version = {"resourceVersion": made["metadata"]["resourceVersion"]}
                cluster.merge(SECRET, name, namespace, {"metadata": version, "data": new})
            return sorted(new)
        except ClusterSaid as said:
            if said.status == 404:
                said.hint = f"`platform` makes the namespace: sync it first, or kubectl create namespace {namespace}"
            if said.status != 409:
                raise
    raise OutsideError(f"Secret {name} is being changed by somebody else", reason="conflict", hint="try it again")


def _secret(namespace: str, name: str, kind: str, data: dict[str, str]) -> Data:
    labels = {"app.kubernetes.io/managed-by": "bos-tools", "app.kubernetes.io/part-of": "buildingos"}
    return {
        "apiVersion": SECRET.api,
        "kind": SECRET.kind,
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "type": kind,
        "data": data,
    }

"""The nodes of an environment, as its environment.yaml has them."""

from dataclasses import dataclass, field
from typing import Any

from bos_tools.errors import RepositoryError
from bos_tools.sandbox import usage
from bos_tools.tree.nodes import parse, plain_data
from bos_tools.tree.source import Source

PODS = 110
"""Pods on a node: the kubelet's own limit."""


@dataclass(frozen=True)
class Taint:
    """What keeps pods from a node."""

    key: str
    value: str
    effect: str

    @classmethod
    def read(cls, text: str) -> "Taint":
        """Read `key=value:Effect`."""
        pair, _, effect = text.rpartition(":")
        key, _, value = pair.partition("=")
        return cls(key, value, effect)


@dataclass(frozen=True)
class Node:
    """One node that KWOK plays."""

    name: str
    role: str
    cpu: int
    memory: str
    labels: dict[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()

    def manifest(self) -> dict[str, Any]:
        """Return the Node object."""
        room = {"cpu": str(self.cpu), "memory": self.memory, "pods": str(PODS), "ephemeral-storage": "100Gi"}
        labels = {
            "kubernetes.io/hostname": self.name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            f"node-role.kubernetes.io/{self.role}": "",
            **self.labels,
        }
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": self.name,
                "labels": labels,
                "annotations": {
                    "kwok.x-k8s.io/node": "fake",
                    "metrics.k8s.io/resource-metrics-path": usage.PATH.format(self.name),
                },
            },
            "spec": {"taints": [vars(taint) for taint in self.taints]},
            "status": {"capacity": room, "allocatable": room},
        }


def read(source: Source, env: str) -> list[Node]:
    """Return an environment's nodes, named `role-number`.

    Raises RepositoryError for an environment.yaml that is missing or says something else.
    """
    path = f"overlays/{env}/environment.yaml"
    data = source.read(path)
    if data is None:
        raise RepositoryError("the environment says nothing of its nodes", reason="missing-file", path=path)
    table = plain_data(parse(data, path).single())
    try:
        return [node for group in table["nodes"] for node in _group(group)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RepositoryError(
            "`nodes` is not a list of roles with count, cpu and memory",
            reason="malformed-environment",
            path=path,
            hint="bos-tools check",
        ) from error


def _group(group: dict[str, Any]) -> list[Node]:
    taints = tuple(Taint.read(text) for text in group.get("taints", ()))
    return [
        Node(
            name=f"{group['role']}-{number}",
            role=group["role"],
            cpu=int(group["cpu"]),
            memory=str(group["memory"]),
            labels={str(key): str(value) for key, value in group.get("labels", {}).items()},
            taints=taints,
        )
        for number in range(1, int(group["count"]) + 1)
    ]

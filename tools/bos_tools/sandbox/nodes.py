"""The nodes of an environment, as its environment.yaml has them."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bos_tools.sandbox import usage
from bos_tools.tree.layout import Tree
from bos_tools.tree.source import Source

if TYPE_CHECKING:
    from bos_tools.tree.environment import NodeGroup

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

    Raises RepositoryError for an environment.yaml that names none, or can't be read.
    """
    tree = Tree(source)
    groups = tree.environment(env).nodes
    if not groups:
        raise tree.unsaid(env, "the environment says nothing of its nodes: no `nodes`", reason="missing-file")
    return [node for group in groups for node in _group(group)]


def _group(group: "NodeGroup") -> list[Node]:
    taints = tuple(Taint.read(text) for text in group.taints)
    return [
        Node(f"{group.role}-{number}", group.role, group.cpu, group.memory, group.labels, taints)
        for number in range(1, group.count + 1)
    ]

"""A model of the scheduler, small and strict: the nodes of an environment, its pods, and where they may go."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects
from bos_tools.review.rendered import selected, tolerates
from bos_tools.tree.identity import Object
from bos_tools.tree.layout import Tree
from bos_tools.tree.quantity import quantity
from harness import ROOT

TREE = Tree(WorkTree(ROOT))
SYSTEM = (0.5, 1.5 * 2**30)
"""CPU and memory of a node that the kubelet, the network and the storage driver keep for themselves."""


@dataclass
class Node:
    """A node with what is left of it."""

    name: str
    labels: dict[str, str]
    taints: list[str]
    cpu: float
    memory: float
    pods: list["Pod"] = field(default_factory=list)


@dataclass(eq=False)
class Pod:
    """One pod: its workload, what it asks for, and the template's generation."""

    owner: str
    spec: dict[str, Any]
    labels: dict[str, str]
    cpu: float
    memory: float
    generation: int = 0


class World:
    """One environment, rendered, with its nodes."""

    def __init__(self, env: str) -> None:
        self.made = objects(Renderer().one(TREE.graph, f"overlays/{env}"))
        self.says = yaml.safe_load((ROOT / f"overlays/{env}/environment.yaml").read_text())

    def of(self, *kinds: str) -> list[Object]:
        return [one for one in self.made if one.kind in kinds]

    def hpa(self, name: str) -> dict[str, Any] | None:
        return next((one.data["spec"] for one in self.of("HorizontalPodAutoscaler") if one.name == name), None)

    def nodes(self) -> list[Node]:
        return [
            Node(f"{said['role']}-{number}", {"kubernetes.io/hostname": f"{said['role']}-{number}", **said.get("labels", {})},
                 said.get("taints", []), said["cpu"] - SYSTEM[0], float(quantity(said["memory"]) or 0) - SYSTEM[1])
            for said in self.says["nodes"] for number in range(said["count"])
        ]  # fmt: skip

    def pods(self, name: str, count: int | None = None) -> list[Pod]:
        """Return a workload's pods: as many as asked, else as many as it can come to."""
        one = next(one for one in self.of("Deployment", "StatefulSet", "Job", "Cluster") if one.name == name)
        hpa = self.hpa(name)
        if one.kind == "Cluster":
            said = one.data["spec"]
            labels = {"cnpg.io/cluster": name}
            apart = [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": labels}}]
            spec = {
                "affinity": {"nodeAffinity": said["affinity"]["nodeAffinity"],
                             "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": apart}},
                "tolerations": said["affinity"]["tolerations"],
            }  # fmt: skip
            beside = [store.data["spec"]["instanceSidecarConfiguration"] for store in self.of("ObjectStore")]
            containers, most = [said, *beside], said["instances"]
        else:
            spec = one.data["spec"]["template"]["spec"]
            labels = one.data["spec"]["template"]["metadata"]["labels"]
            containers = spec["containers"]
            most = hpa["maxReplicas"] if hpa else one.data["spec"].get("replicas", 1)
        cpu, memory = (
            max(sum(wants(c, key) for c in containers), *(wants(c, key) for c in spec.get("initContainers", [])), 0.0)
            for key in ("cpu", "memory")
        )
        return [Pod(name, spec, labels, cpu, memory) for _ in range(most if count is None else count)]

    def surge(self, name: str) -> int:
        """Return how many pods a roll-out adds."""
        one = next((one for one in self.of("Deployment") if one.name == name), None)
        if one is None or one.data["spec"]["strategy"]["type"] != "RollingUpdate":
            return 0
        return int(one.data["spec"]["strategy"]["rollingUpdate"]["maxSurge"])

    def workloads(self) -> list[str]:
        return [one.name for one in self.of("Cluster", "StatefulSet", "Deployment", "Job")]


def wants(container: dict[str, Any], key: str) -> float:
    return float(quantity(container["resources"]["requests"][key]) or 0)


@cache
def world(env: str) -> World:
    return World(env)


def fits(pod: Pod, node: Node, nodes: list[Node]) -> bool:
    """Tell whether the scheduler may put a pod on a node: room, taints, affinities, and spread that must hold."""
    if pod.cpu > node.cpu or pod.memory > node.memory or not bears(pod, node):
        return False
    affinity = pod.spec.get("affinity") or {}
    terms = (
        affinity.get("nodeAffinity", {})
        .get("requiredDuringSchedulingIgnoredDuringExecution", {})
        .get("nodeSelectorTerms")
    )
    if terms and not any(selected(term, node.labels) for term in terms):
        return False
    for term in affinity.get("podAntiAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution", []):
        if any(selected(term["labelSelector"], other.labels) for other in node.pods):
            return False
    for term in affinity.get("podAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution", []):
        same = list(term.get("matchLabelKeys", []))
        friends = [
            other for one in nodes for other in one.pods
            if selected(term["labelSelector"], other.labels) and all(other.labels.get(k) == pod.labels.get(k) for k in same)
        ]  # fmt: skip
        if friends and not any(friend in node.pods for friend in friends):
            return False
    for said in pod.spec.get("topologySpreadConstraints", []):
        if said["whenUnsatisfiable"] == "DoNotSchedule":
            assert said["nodeTaintsPolicy"] == "Honor"
            assert said["matchLabelKeys"] == ["pod-template-hash"]
            domains = [one for one in nodes if bears(pod, one)]
            count = {one.name: sum(counts(said, pod, other) for other in one.pods) for one in domains}
            if count[node.name] + 1 - min(count.values()) > said["maxSkew"]:
                return False
    return True


def bears(pod: Pod, node: Node) -> bool:
    return all(any(tolerates(one, taint) for one in pod.spec.get("tolerations", [])) for taint in node.taints)


def counts(said: dict[str, Any], pod: Pod, other: Pod) -> bool:
    return selected(said["labelSelector"], other.labels) and other.generation == pod.generation


def place(pod: Pod, nodes: list[Node]) -> bool:
    """Put a pod on the node with the fewest of its own and then the most room, as the scheduler prefers."""
    able = [node for node in nodes if fits(pod, node, nodes)]
    if not able:
        return False
    node = min(able, key=lambda one: (sum(other.owner == pod.owner for other in one.pods), -one.cpu))
    node.pods.append(pod)
    node.cpu -= pod.cpu
    node.memory -= pod.memory
    return True


def remove(pod: Pod, nodes: list[Node]) -> None:
    node = next(node for node in nodes if pod in node.pods)
    node.pods.remove(pod)
    node.cpu += pod.cpu
    node.memory += pod.memory

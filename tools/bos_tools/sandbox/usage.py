"""What pods use, as KWOK's nodes tell it and the real metrics-server asks: so the HPAs can act."""

from typing import Any

import yaml

from bos_tools.sandbox.box import Box
from bos_tools.sandbox.modules import CLUSTER
from bos_tools.sandbox.ports import LOOPBACK
from bos_tools.sandbox.processes import Program

ANNOTATION = "sandbox.buildingos.io/{}"
"""On a pod: `sandbox.buildingos.io/cpu: 400m`, `sandbox.buildingos.io/memory: 300Mi`, for each of its containers."""
IDLE = {"cpu": "1m", "memory": "1Mi"}
OWN = {
    'node.CumulativeUsage("cpu")': 'node.CumulativeUsage("cpu") + 0.05 * node.SinceSecond()',
    'node.Usage("memory")': 'node.Usage("memory") + 209715200.0',
}
"""A node uses 50m and 200Mi itself: one that uses nothing, as without pods, metrics-server takes for not measured."""
PATH = "/metrics/nodes/{}/metrics/resource"
NAME, NAMESPACE = "metrics-server", "kube-system"


def kwok_settings(box: Box) -> str:
    """Return the file that tells KWOK how usage is told and what it is."""
    usage = {what: {"expression": _expression(ANNOTATION.format(what), idle)} for what, idle in IDLE.items()}
    told = {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "ClusterResourceUsage",
        "metadata": {"name": "annotated"},
        "spec": {"usages": [{"usage": usage}]},
    }
    metric = box.binaries.source(CLUSTER, "kustomize/metrics/resource/metrics-resource.yaml").read_text()
    for pods_alone, with_its_own in OWN.items():
        metric = metric.replace(f"'{pods_alone}'", f"'{with_its_own}'")
    return f"{metric}\n---\n{yaml.safe_dump(told)}"


def _expression(annotation: str, idle: str) -> str:
    value = f'pod.metadata.annotations["{annotation}"]'
    return f'"{annotation}" in pod.metadata.annotations ? Quantity({value}) : Quantity("{idle}")'


def program(box: Box) -> Program:
    """Return metrics-server."""
    kubeconfig = str(box.kubeconfig)
    argv = [
        str(box.binaries.program(CLUSTER, NAME)), "--kubeconfig", kubeconfig, "--authentication-kubeconfig", kubeconfig,
        "--authorization-kubeconfig", kubeconfig, "--bind-address", LOOPBACK, "--secure-port", str(box.port(NAME)),
        "--tls-cert-file", box.path("pki", "apiserver.crt"), "--tls-private-key-file", box.path("pki", "apiserver.key"),
        "--kubelet-use-node-status-port", "--kubelet-insecure-tls", "--kubelet-preferred-address-types=InternalIP",
        "--metric-resolution=10s", "--kubelet-request-timeout=5s",
    ]  # fmt: skip
    return Program(NAME, tuple(argv), f"https://{box.address(NAME)}/livez")


def objects(box: Box) -> list[dict[str, Any]]:
    """Return what leads the API server to metrics-server: by name, for an endpoint can't be on loopback."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    }
    api = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1beta1.metrics.k8s.io"},
        "spec": {
            "group": "metrics.k8s.io",
            "version": "v1beta1",
            "service": {"name": NAME, "namespace": NAMESPACE, "port": box.port(NAME)},
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "insecureSkipTLSVerify": True,
        },
    }
    return [service, api]

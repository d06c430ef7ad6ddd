"""Kubernetes without kubelets: the real control plane, KWOK's nodes, and the stand-ins around them."""

import json
import time

from bos_tools.errors import OutsideError
from bos_tools.sandbox import usage
from bos_tools.sandbox.box import Box
from bos_tools.sandbox.modules import CLUSTER
from bos_tools.sandbox.nodes import Node
from bos_tools.sandbox.ports import LOOPBACK
from bos_tools.sandbox.processes import PATIENCE, Program

LEASE = 40
"""Seconds of a node's lease: without one the nodes flap and no Deployment becomes available."""
NOT_READY = "node.kubernetes.io/not-ready"
"""A taint that the controller takes away a moment after a node has become Ready."""


def store(box: Box) -> Program:
    """Return etcd."""
    client, peer = (f"http://{box.address(name)}" for name in ("etcd", "etcd-peer"))
    argv = [
        str(box.binaries.program(CLUSTER, "etcd")), "--data-dir", box.path("etcd"), "--log-level", "warn",
        "--unsafe-no-fsync",  # a sandbox need not outlive a power cut
        "--listen-client-urls", client, "--advertise-client-urls", client,
        "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
    ]  # fmt: skip
    return Program("etcd", tuple(argv), f"{client}/health")


def api_server(box: Box) -> Program:
    """Return the API server."""
    argv = [
        _kubernetes(box, "kube-apiserver"), "--etcd-servers", f"http://{box.address('etcd')}",
        "--bind-address", LOOPBACK, "--secure-port", str(box.port("kube-apiserver")),
        # nobody is told of an address: the default route's may not exist, and loopback is refused
        "--advertise-address", "192.0.2.2", "--endpoint-reconciler-type", "none",
        "--tls-cert-file", box.path("pki", "apiserver.crt"), "--tls-private-key-file", box.path("pki", "apiserver.key"),
        "--client-ca-file", box.path("pki", "ca.crt"), "--authorization-mode", "Node,RBAC",
        "--service-account-key-file", box.path("pki", "sa.key"),
        "--service-account-signing-key-file", box.path("pki", "sa.key"),
        "--service-account-issuer", "https://kubernetes.default.svc", "--service-cluster-ip-range", "10.0.0.0/16",
        "--requestheader-client-ca-file", box.path("pki", "ca.crt"), "--requestheader-allowed-names", "front-proxy",
        "--requestheader-extra-headers-prefix", "X-Remote-Extra-", "--requestheader-group-headers", "X-Remote-Group",
        "--requestheader-username-headers", "X-Remote-User",
        "--proxy-client-cert-file", box.path("pki", "front-proxy.crt"),
        "--proxy-client-key-file", box.path("pki", "front-proxy.key"),
    ]  # fmt: skip
    return Program("kube-apiserver", tuple(argv), f"https://{box.address('kube-apiserver')}/readyz")


def controllers(box: Box) -> list[Program]:
    """Return what turns objects into other objects: controllers, scheduler, kubelets, stand-ins."""
    kubeconfig = str(box.kubeconfig)
    manager, scheduler, kwok, standins = (
        box.address(name) for name in ("kube-controller-manager", "kube-scheduler", "kwok", "standins")
    )
    common = ["--kubeconfig", kubeconfig, "--leader-elect=false", "--bind-address", LOOPBACK, "--secure-port"]
    return [
        Program(
            "kube-controller-manager",
            (
                _kubernetes(box, "kube-controller-manager"), *common, str(box.port("kube-controller-manager")),
                "--use-service-account-credentials", "--root-ca-file", box.path("pki", "ca.crt"),
                "--service-account-private-key-file", box.path("pki", "sa.key"),
                "--horizontal-pod-autoscaler-sync-period=5s",
            ),
            f"https://{manager}/healthz",
        ),
        Program(
            "kube-scheduler",
            (_kubernetes(box, "kube-scheduler"), *common, str(box.port("kube-scheduler"))),
            f"https://{scheduler}/healthz",
        ),
        Program(
            "kwok",
            (
                str(box.binaries.program(CLUSTER, "kwok")), "--kubeconfig", kubeconfig, "--manage-all-nodes=true",
                f"--node-lease-duration-seconds={LEASE}", "--cidr=10.10.0.0/16", f"--node-ip={LOOPBACK}",
                f"--server-address={kwok}", f"--node-port={box.port('kwok')}", "--config", box.path("kwok.yaml"),
                "--tls-cert-file", box.path("pki", "apiserver.crt"),
                "--tls-private-key-file", box.path("pki", "apiserver.key"),
                "--v=ERROR",  # it warns of every node without pods whenever metrics-server asks
            ),
            f"http://{kwok}/healthz",
        ),
        Program(
            "standins",
            (str(box.binaries.program(CLUSTER, "standins")), "run", kubeconfig, standins),
            f"http://{standins}/healthz",
        ),
    ]  # fmt: skip


def programs(box: Box) -> list[Program]:
    """Return all of them in the order in which they need each other."""
    return [store(box), api_server(box), *controllers(box), usage.program(box)]


def serve(box: Box) -> None:
    """Bring the API server up."""
    box.ensure(store(box))
    box.ensure(api_server(box))


def populate(box: Box, nodes: list[Node]) -> None:
    """Bring up what acts on the API server's objects, and wait for Ready nodes."""
    (box.folder / "kwok.yaml").write_text(usage.kwok_settings(box))
    box.ensure(*controllers(box), usage.program(box))
    if "cluster" not in box.state.done:
        listed = {"apiVersion": "v1", "kind": "List", "items": [n.manifest() for n in nodes] + usage.objects(box)}
        box.ask("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(listed).encode())
        box.done("cluster")
    box.ask("wait", "--for=condition=Ready", "nodes", "--all", f"--timeout={PATIENCE:.0f}s")
    deadline = time.monotonic() + PATIENCE
    while NOT_READY in box.ask("get", "nodes", "-o", "jsonpath={.items[*].spec.taints[*].key}"):
        if time.monotonic() > deadline:
            raise OutsideError("the sandbox's nodes keep the taint of not being ready", reason="sandbox-process")
        time.sleep(0.2)


def _kubernetes(box: Box, name: str) -> str:
    return str(box.binaries.program(CLUSTER, name))

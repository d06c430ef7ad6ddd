"""Keys, certificates and kubeconfigs of one sandbox."""

import base64
import json
import os
from pathlib import Path

from bos_tools.doors import process
from bos_tools.sandbox import modules
from bos_tools.sandbox.box import Box


def ensure(box: Box) -> None:
    """Make what is missing, for the sandbox's owner only; the kubeconfigs follow the ports."""
    if not (box.folder / "pki").is_dir():
        making = box.folder / "pki.new"
        process.run([str(box.binaries.program(modules.CLUSTER, "standins")), "certificates", str(making)])
        os.rename(making, box.folder / "pki")
    _write(box.kubeconfig, _kubeconfig(box, "default"))
    _write(box.folder / "argocd.kubeconfig", _kubeconfig(box, "argocd"))  # Argo CD finds its namespace there


def _kubeconfig(box: Box, namespace: str) -> str:
    def data(name: str) -> str:
        return base64.b64encode((box.folder / "pki" / name).read_bytes()).decode()

    server = f"https://{box.address('kube-apiserver')}"
    name = "sandbox" if box.state.name == "default" else f"sandbox-{box.state.name}"
    cluster = {"server": server, "certificate-authority-data": data("ca.crt")}
    admin = {"client-certificate-data": data("admin.crt"), "client-key-data": data("admin.key")}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": f"{name}-admin", "user": admin}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-admin", "namespace": namespace}}],
        },
        indent=2,
    )


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.replace(temporary, path)

"""Argo CD as processes: one program in four roles, and the Redis that they share."""

import base64
import os

import yaml

from bos_tools.doors import http
from bos_tools.sandbox.box import Box
from bos_tools.sandbox.modules import ARGO, CLUSTER, KUSTOMIZE
from bos_tools.sandbox.ports import LOOPBACK
from bos_tools.sandbox.processes import Program

NAMESPACE = "argocd"
CONFIG = "manifests/base/config"
CRDS = "manifests/crds"
KINDS = ("applications", "applicationsets", "appprojects")


def programs(box: Box) -> list[Program]:
    """Return Redis and the four roles."""
    redis = box.address("redis")
    repository = box.address("argocd-repo-server")
    to_repository = ["--repo-server", repository, "--repo-server-plaintext"]
    return [
        Program("redis", (str(box.binaries.program(CLUSTER, "miniredis")), redis), f"tcp:{box.port('redis')}"),
        _role(
            box, "repo-server", f"http://{box.address('argocd-repo-server-metrics')}/healthz",
            "--redis", redis, "--address", LOOPBACK, "--port", str(box.port("argocd-repo-server")),
            "--metrics-address", LOOPBACK, "--metrics-port", str(box.port("argocd-repo-server-metrics")),
            "--disable-tls", "--client-ca-path=",
            "--revision-cache-expiration", "3s",  # else a commit is not seen for three minutes
        ),
        _role(
            box, "application-controller", f"http://{box.address('argocd-application-controller')}/healthz",
            "--redis", redis, *to_repository, "--metrics-port", str(box.port("argocd-application-controller")),
            "--app-resync", "120",
        ),
        _role(
            box, "server", f"http://{box.address('argocd-server')}/healthz",
            "--redis", redis, *to_repository, "--insecure", "--address", LOOPBACK,
            "--port", str(box.port("argocd-server")), "--metrics-address", LOOPBACK,
            "--metrics-port", str(box.port("argocd-server-metrics")), "--dex-server", f"http://{LOOPBACK}:1",
        ),
        _role(
            box, "applicationset-controller", f"tcp:{box.port('argocd-applicationset-controller')}",
            "--argocd-repo-server", repository, "--repo-server-plaintext",
            "--probe-addr", box.address("argocd-applicationset-controller"),
            "--metrics-addr", box.address("argocd-applicationset-controller-metrics"),
            "--webhook-addr", box.address("argocd-applicationset-controller-webhook"),
        ),
    ]  # fmt: skip


def _role(box: Box, role: str, health: str, *words: str) -> Program:
    own = f"argocd-{role}"
    entry = box.binaries.entry(ARGO)
    scripts = entry / "source" / "hack"
    env = {
        "ARGOCD_BINARY_NAME": own,
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_TLS_DATA_PATH": box.path(own, "tls"),
        "ARGOCD_SSH_DATA_PATH": box.path(own, "ssh"),
        "ARGOCD_GPG_DATA_PATH": box.path(own, "gpg", "source"),
        "ARGOCD_GNUPGHOME": box.path(own, "gpg", "keys"),
        "ARGOCD_PLUGINSOCKFILEPATH": box.path(own, "plugins"),
        "ARGOCD_ASK_PASS_SOCK": box.path("ask.sock"),
        "KUBECONFIG": box.path("argocd.kubeconfig"),
        "PATH": f"{entry}:{scripts}:{box.binaries.entry(KUSTOMIZE)}:{os.environ.get('PATH', os.defpath)}",
    }
    return Program(own, (str(entry / "argocd"), *words), health, env)


def start(box: Box) -> None:
    """Bring Argo CD up in a cluster that answers, and get a token for its administrator."""
    for program in programs(box):
        for part in ("tls", "ssh", "gpg/source", "gpg/keys", "plugins"):
            (box.folder / program.name / part).mkdir(parents=True, exist_ok=True, mode=0o700)
    if "argocd" not in box.state.done:
        _configure(box)
        box.done("argocd")
    box.ensure(*programs(box))
    if not box.state.argocd_token:
        _log_in(box)
        box.state.save(box.folder)


def _configure(box: Box) -> None:
    """Apply the kinds and the configuration that Argo CD ships."""
    crds = sorted(path for path in box.binaries.source(ARGO, CRDS).iterdir() if path.name != "kustomization.yaml")
    words = [word for path in crds for word in ("-f", str(path))]
    box.ask(
        "apply", "--server-side", "--force-conflicts", "--namespace", NAMESPACE, *words, "-f", "-",
        stdin=yaml.safe_dump_all(_configuration(box)).encode(),
    )  # fmt: skip
    # a role that finds its kinds not served yet gives up
    box.ask_until("get", "--namespace", NAMESPACE, ",".join(f"{kind}.argoproj.io" for kind in KINDS))


def _configuration(box: Box) -> list[dict[str, object]]:
    def made(kind: str, name: str) -> dict[str, object]:
        return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}

    documents = [made("Namespace", NAMESPACE), {**made("Secret", "argocd-redis"), "stringData": {"auth": ""}}]
    folder = box.binaries.source(ARGO, CONFIG)
    for path in sorted(folder.iterdir()):
        if path.name != "kustomization.yaml":
            for document in yaml.safe_load_all(path.read_text()):
                if document["metadata"]["name"] == "argocd-cm":
                    document["data"] |= {
                        "url": f"http://{box.address('argocd-server')}",
                        "users.session.duration": "8760h",  # the token lives as long as the sandbox
                    }
                documents.append(document)
    return documents


def _log_in(box: Box) -> None:
    """Read the first password and trade it for a token."""
    secret = ("get", "secret", "argocd-initial-admin-secret", "--namespace", NAMESPACE)
    encoded = box.ask_until(*secret, "-o", "jsonpath={.data.password}")
    box.state.argocd_password = base64.b64decode(encoded).decode()
    server = http.Server("Argo CD", f"http://{box.address('argocd-server')}")
    try:
        session = {"username": "admin", "password": box.state.argocd_password}
        box.state.argocd_token = str(server.call("POST", "/api/v1/session", json=session).data["token"])
    finally:
        server.close()

"""Kubeconfigs as kubectl takes them, against a real API server: each of these lets kubectl in, too."""

import base64
import json
import os
import pty
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bos_tools.doors.failures import Untrusted
from bos_tools.doors.kubernetes.client import CLAIM, Cluster, ClusterSaid
from bos_tools.errors import MayNot
from harness.servers import free_port

SIGNING = """\
database = $dir/index
new_certs_dir = $dir
rand_serial = yes
default_md = sha256
policy = p
[p]
commonName = supplied
"""
API = "client.authentication.k8s.io"


@pytest.fixture(scope="module")
def ours(bare) -> dict[str, Any]:
    """The sandbox's own kubeconfig: its cluster, and a user with a certificate."""
    said: dict[str, Any] = json.loads(bare.kubeconfig.read_text())
    return said


@pytest.fixture(scope="module")
def token(bare) -> str:
    bare.box.ask(
        "create", "clusterrolebinding", "kubeconfigs", "--clusterrole=view", "--serviceaccount=default:default"
    )
    return str(bare.box.ask("create", "token", "default", "-n", "default")).strip()


def config(ours: dict[str, Any], user: dict[str, Any], path: Path, **cluster: Any) -> str:
    """Write a kubeconfig with this user, and return its path."""
    name = ours["contexts"][0]["context"]["user"]
    clusters = [{**each, "cluster": {**each["cluster"], **cluster}} for each in ours["clusters"]]
    path.write_text(json.dumps({**ours, "clusters": clusters, "users": [{"name": name, "user": user}]}))
    return str(path)


def plugin(folder: Path, version: str, status: dict[str, str], before: str = "") -> dict[str, Any]:
    """Return a user that a command knows."""
    answer = json.dumps({"apiVersion": f"{API}/{version}", "kind": "ExecCredential", "status": status})
    command = folder / "plugin"
    command.write_text(f"#!/bin/sh\n{before}\ncat <<'END'\n{answer}\nEND\n")
    command.chmod(0o755)
    return {"exec": {"apiVersion": f"{API}/{version}", "command": str(command), "interactiveMode": "IfAvailable"}}


def is_let_in(bare, path: str, context: str | None = None) -> bool:
    words = ["--kubeconfig", path, *(["--context", context] if context else [])]
    done = subprocess.run([str(bare.kubectl), *words, "get", "pvc"], capture_output=True, text=True, check=False)
    with Cluster.connect(path, context) as cluster:
        assert cluster.list(CLAIM, "default") == []
    return done.returncode == 0


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_a_plugin_of_either_version_gives_a_token_or_a_certificate(bare, ours, token, tmp_path, version):
    data = ours["users"][0]["user"]
    pair = {
        f"client{name}Data": base64.b64decode(data[f"client-{key}-data"]).decode()
        for name, key in (("Certificate", "certificate"), ("Key", "key"))
    }

    for status in ({"token": token}, pair):
        assert is_let_in(bare, config(ours, plugin(tmp_path, version, status), tmp_path / "config"))


def test_a_context_is_picked_by_its_name_and_the_files_of_kubeconfig_are_one(bare, ours, token, tmp_path, monkeypatch):
    name = ours["current-context"]
    dead = {"name": "dead", "cluster": {"server": f"https://127.0.0.1:{free_port()}"}}
    both = {**ours, "clusters": [dead, *ours["clusters"]], "current-context": "dead"}
    both["contexts"] = [{"name": "dead", "context": {"cluster": "dead", "user": "x"}}, *ours["contexts"]]
    path = tmp_path / "both"
    path.write_text(json.dumps(both))
    assert is_let_in(bare, str(path), name)

    parts = [tmp_path / "clusters", tmp_path / "users"]
    parts[0].write_text(json.dumps({**ours, "users": []}))
    parts[1].write_text(json.dumps({"users": ours["users"]}))
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, parts)))
    with Cluster.connect() as cluster:
        assert cluster.list(CLAIM, "default") == []


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[str]]]:
    """Return a proxy that only tunnels, and where it was asked to go."""
    asked: list[str] = []
    tunnels: list[threading.Thread] = []
    server = socket.create_server(("127.0.0.1", 0))

    def tunnel(one: socket.socket) -> None:
        first = one.recv(65536).decode().split("\r\n")[0]
        host, port = first.split()[1].rsplit(":", 1)
        asked.append(f"{host}:{port}")
        with one, socket.create_connection((host, int(port))) as other:
            one.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                for ready in select.select([one, other], [], [])[0]:
                    if not (data := ready.recv(65536)):
                        return
                    (other if ready is one else one).sendall(data)

    def serve() -> None:
        while True:
            try:
                one, _ = server.accept()
            except OSError:
                return
            tunnels.append(threading.Thread(target=tunnel, args=(one,), daemon=True))
            tunnels[-1].start()

    with server:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
    for one in tunnels:  # each ends with its client
        one.join()


def test_a_proxy_of_the_kubeconfig_is_gone_through(bare, ours, token, tmp_path, proxy):
    url, asked = proxy
    path = config(ours, {"token": token}, tmp_path / "config", **{"proxy-url": url})

    with Cluster.connect(path) as cluster:
        assert cluster.list(CLAIM, "default") == []

    assert asked == [ours["clusters"][0]["cluster"]["server"].removeprefix("https://")]


def test_a_name_in_place_of_the_address_is_held_against_the_servers_certificate(bare, ours, token, tmp_path):
    good, wrong = (
        config(ours, {"token": token}, tmp_path / name, **{"tls-server-name": name})
        for name in ("localhost", "wrong.example.com")
    )

    assert is_let_in(bare, good)
    with Cluster.connect(wrong) as cluster, pytest.raises(Untrusted, match=r"wrong\.example\.com"):
        cluster.list(CLAIM, "default")


def test_who_acts_as_another_one_may_no_more_than_that_one(bare, ours, tmp_path):
    as_nobody = {**ours["users"][0]["user"], "as": "nobody", "as-groups": ["system:authenticated"]}

    with Cluster.connect(config(ours, as_nobody, tmp_path / "config")) as cluster, pytest.raises(MayNot) as told:
        cluster.list(CLAIM, "default")

    assert told.value.message.startswith("nobody may not ask the cluster to list persistentvolumeclaims")


def test_a_certificate_that_has_ended_is_told_with_its_end(bare, ours, tmp_path):
    settings = f"[ca]\ndefault_ca = x\n[x]\ndir = {tmp_path}\n{SIGNING}"
    (tmp_path / "settings").write_text(settings)
    (tmp_path / "index").touch()
    request = ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "request", "-subj", "/CN=late"]
    sign = ["ca", "-batch", "-selfsign", "-config", "settings", "-keyfile", "key", "-in", "request", "-notext"]
    for words in (request, [*sign, "-out", "certificate", "-startdate", "20200101000000Z", "-enddate", "20200102000000Z"]):  # fmt: skip
        subprocess.run(["openssl", *words], cwd=tmp_path, check=True, capture_output=True)
    user = {"client-certificate": "certificate", "client-key": "key"}

    with Cluster.connect(config(ours, user, tmp_path / "config")) as cluster, pytest.raises(ClusterSaid) as told:
        cluster.list(CLAIM, "default")

    assert "whose certificate ended on 2020-01-02 00:00 UTC" in told.value.hint


def test_what_a_plugin_asks_the_person_is_seen_and_answered(bare, ours, token, tmp_path):
    """In a terminal of its own, as somebody types there."""
    path = config(
        ours, plugin(tmp_path, "v1", {"token": token}, 'printf "Enter MFA code: " >&2; read code; test "$code" = 123'),
        tmp_path / "config",
    )  # fmt: skip
    program = (
        "from bos_tools.doors.kubernetes.client import CLAIM, Cluster\n"
        f"print('claims', Cluster.connect({path!r}).list(CLAIM, 'default'))"
    )
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", program])
    said = ""
    while "Enter MFA code: " not in said:
        said += os.read(terminal, 1024).decode()
    os.write(terminal, b"123\n")
    while True:
        try:
            more = os.read(terminal, 1024).decode()
        except OSError:  # the program has ended
            break
        said += more
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, said
    assert "claims []" in said

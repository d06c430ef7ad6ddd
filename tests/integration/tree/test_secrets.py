"""The contract of Secrets, and the values that are made by it."""

import base64
import json
import random
import re
import secrets
import string
from typing import Any

import bcrypt
import pytest

from bos_tools.doors.files import WorkTree
from bos_tools.errors import Refused, Usage
from bos_tools.intents.secret_values import askable, due, login, values
from bos_tools.render.kustomize import Renderer
from bos_tools.review.reading import environments
from bos_tools.review.rules.secrets import revealed
from bos_tools.review.uses import needed
from bos_tools.tree.layout import Tree
from bos_tools.tree.secrets import Form, Key
from harness import ROOT
from harness.git import git

TREE = Tree(WorkTree(ROOT))
CONTRACT = TREE.contract()
PAIRS = CONTRACT.pairs
OFF = {("emqx-license", "key")}
"""What only a component reads that no environment uses yet: emqx-cluster."""
SAID = {
    ("swr-cred", ".dockerconfigjson"): login("r.example.com", "u", "p"),
    ("postgres-backup", "access-key-id"): "id",
    ("postgres-backup", "secret-access-key"): "key",
    ("emqx-license", "key"): "licence",
    ("nodered-secret", "admin-hash"): "correct horse",
}


def the_key(secret: str, name: str) -> Key:
    """Return what the contract says of a key that it has."""
    found = CONTRACT.key(secret, name)
    assert found is not None
    return found


def draw(length: int) -> str:
    return "".join(random.choice("abcXYZ019") for _ in range(length))


@pytest.fixture(scope="module")
def read() -> dict[str, dict[Any, Any]]:
    worlds = environments(TREE, Renderer(), list(TREE.settings.environments))
    assert [error for world in worlds for error in world.unread] == []
    return {world.name: needed(world.objects, world.contract) for world in worlds}


def test_the_contract_is_what_the_environments_read_and_nothing_else(read):
    assert set().union(*read.values()) == set(PAIRS) - OFF
    component = (ROOT / "base/components/emqx-cluster/discovery.yaml").read_text()
    assert all(f"name: {name}" in component and f"key: {one}" in component for name, one in OFF)


def test_what_a_value_is_made_of_is_read_by_the_same_environment(read):
    for env, pairs in read.items():
        for pair in pairs:
            assert set(the_key(*pair).refers) <= set(pairs), (env, pair)


def test_every_value_can_be_made_or_says_who_knows_it_and_its_reader_takes_it():
    made = values(CONTRACT, PAIRS, SAID, {}, draw)

    assert set(made) == set(PAIRS)
    assert set(askable(CONTRACT, PAIRS, {}, generate=True)) == set(SAID)
    for pair, text in made.items():
        said = the_key(*pair)
        if said.form is Form.plain:
            assert re.fullmatch(said.holds, text), pair
        assert not re.search(r"\{\w+[:/]", text) or said.form is Form.login
    assert bcrypt.checkpw(b"correct horse", made["nodered-secret", "admin-hash"].encode())
    assert base64.b64decode(made["tdengine-auth", "grafana-basic-auth"]).startswith(b"grafana:")
    assert made["backend-env", "PGPASSWORD"] == made["postgres-auth", "password"]
    assert f"backend,{made['backend-env', 'MQTT_PASSWORD']},false\n" in made["emqx-auth", "users.csv"]
    config = json.loads(made["swr-cred", ".dockerconfigjson"])
    assert base64.b64decode(config["auths"]["r.example.com"]["auth"]) == b"u:p"


def test_what_is_there_stays_and_an_empty_value_is_none():
    held = {("redis-auth", "password"): b"old", ("grafana-admin", "password"): b""}

    assert ("redis-auth", "password") not in due(CONTRACT, PAIRS, [], held, rotate=False)
    assert due(CONTRACT, PAIRS, ["redis-auth", "grafana-admin"], held, rotate=False) == [("grafana-admin", "password")]


def test_a_value_is_made_of_one_that_is_there():
    held = {("postgres-auth", "password"): "höld".encode()}

    assert values(CONTRACT, [("backend-env", "PGPASSWORD")], {}, held, draw) == {("backend-env", "PGPASSWORD"): "höld"}
    with pytest.raises(Refused, match="postgres-auth/password must be made first"):
        values(CONTRACT, [("backend-env", "PGPASSWORD")], {}, {}, draw)


def test_to_rotate_takes_along_what_is_made_of_it():
    held = dict.fromkeys(PAIRS, b"old")

    assert due(CONTRACT, PAIRS, ["redis-auth"], held, rotate=True) == [
        ("redis-auth", "password"),
        ("backend-env", "REDIS_PASSWORD"),
    ]
    assert due(CONTRACT, PAIRS, ["zlmediakit-secret/secret"], held, rotate=True)[1:] == [
        ("backend-env", "ZLMEDIAKIT_SECRET")
    ]


@pytest.mark.parametrize(
    "name",
    ["nodered-secret", "nodered-secret/credential-secret", "postgres-auth/password", "backend-env/MQTT_PASSWORD"],
)
def test_what_must_never_be_replaced_is_not_and_says_why(name):
    held = dict.fromkeys(PAIRS, b"old")

    with pytest.raises(Refused, match="is never replaced: ") as refused:
        due(CONTRACT, PAIRS, [name], held, rotate=True)

    assert refused.value.exit_code == 1
    # What is not there yet is made all the same.
    assert due(CONTRACT, PAIRS, ["nodered-secret/credential-secret"], {}, rotate=True) == [
        ("nodered-secret", "credential-secret")
    ]


@pytest.mark.parametrize(
    ("names", "rotate", "reason"),
    [(["nothing"], False, "unknown-secret"), (["redis-auth/pass"], True, "unknown-secret"), ([], True, "usage")],
)
def test_names_that_nobody_needs_are_a_mistake_of_the_command_line(names, rotate, reason):
    with pytest.raises(Usage) as wrong:
        due(CONTRACT, PAIRS, names, {}, rotate=rotate)

    assert wrong.value.reason == reason


@pytest.mark.parametrize(
    ("pair", "text"),
    [
        (("zlmediakit-secret", "secret"), "top/secret&"),
        (("grafana-admin", "password"), "top$secret"),
        (("redis-auth", "password"), "top\nsecret"),
        (("redis-auth", "password"), ""),
        (("backend-env", "MQTT_PASSWORD"), "top,secret"),
        (("nodered-secret", "admin-hash"), "topsecret"),
        (("nodered-secret", "admin-hash"), "topsecret" * 9),
        (("emqx-auth", "users.csv"), "topsecret"),
        (("swr-cred", ".dockerconfigjson"), "topsecret"),
        (("swr-cred", ".dockerconfigjson"), '{"auths": {}}'),
        (("swr-cred", ".dockerconfigjson"), '{"auths": {"topsecret": {}}}'),
        (("swr-cred", ".dockerconfigjson"), '{"credsStore": "topsecret"}'),
    ],
)
def test_a_value_that_its_reader_would_refuse_is_refused_and_not_shown(pair, text):
    with pytest.raises(Refused) as refused:
        values(CONTRACT, [pair], {pair: text}, {}, draw)

    assert refused.value.reason == "bad-value"
    assert "topsecret" not in f"{refused.value} {refused.value.hint}"
    assert "/".join(pair) in str(refused.value)


@pytest.mark.parametrize(
    "alphabet",
    [string.ascii_letters + string.digits, string.hexdigits[:16], string.ascii_letters + string.digits + "+/"],
)
@pytest.mark.parametrize(
    "line", ["password: {}", 'PASSWORD="{}"', '"api_key": "{}",', "  token = {}", "db.accessKey={} # dev"]
)
def test_nearly_every_word_drawn_by_chance_is_found(alphabet, line):
    words = ["".join(secrets.choice(alphabet) for _ in range(32)) for _ in range(200)]

    missed = [word for word in words if not list(revealed(line.format(word).encode()))]

    assert len(missed) < 10


@pytest.mark.parametrize(
    "line",
    [
        "secretName: zlmediakit-secret", "name: postgres-auth", "passwordSecret:", "key: grafana-basic-auth",
        "password: $__file{/run/secrets/grafana/postgres-password}", "GF_SECURITY_ADMIN_PASSWORD__FILE: /run/secrets/grafana/admin-password",
        "secret=@SECRET@", "tokenReview: system:auth-delegator-2", "existingSecret: buildingos-redis-auth-v2",
    ],
)  # fmt: skip
def test_a_name_of_a_secret_is_none(line):
    assert list(revealed(line.encode())) == []


def test_no_file_of_this_repository_holds_a_secret_value():
    """`check` reads base/ and overlays/ alone; tests hold made-up ones."""
    names = [name for name in git(ROOT, "ls-files").splitlines() if not name.startswith("tests/")]

    found = {(name, what) for name in names for what, _ in revealed((ROOT / name).read_bytes())}

    assert found == {  # an example beside the code that hides it, and the field that such a generator has
        ("tools/bos_tools/doors/command.py", "a password in an address"),
        ("tools/bos_tools/tree/fields.py", "a generator of Secrets"),
    }

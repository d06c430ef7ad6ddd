"""What tells the items of a list apart is what Kubernetes merges them by, held against its own OpenAPI."""

import json
from importlib.resources import files

import pytest

from bos_tools.tree.leaves import DEFAULTS, named

OPENAPI = files("kubernetes_validate") / "kubernetes-json-schema" / "v1.34.0-local-strict" / "_definitions.json"
OF_SERVERS = ("Status", "StorageVersionMigrationList", "JSONSchemaProps")
"""What only servers write, and the one list that is a map of rules."""


def keyed() -> list[tuple[str, str, tuple[str, ...]]]:
    """Return each list of Kubernetes 1.34 that has merge keys: its definition, its field, its keys."""
    return [
        (name.rpartition(".")[2], field, tuple(keys))
        for name, schema in json.loads(OPENAPI.read_text())["$defs"].items()
        if not name.endswith(OF_SERVERS)
        for field, said in schema.get("properties", {}).items()
        if (keys := said.get("x-kubernetes-list-map-keys"))
    ]


@pytest.mark.parametrize(("definition", "field", "keys"), keyed(), ids=str)
def test_the_items_of_a_list_with_merge_keys_are_named_by_all_of_them(definition, field, keys):
    one, other = ({key: f"{key}-{number}" for key in keys} for number in (1, 2))
    alike = {**other, keys[0]: one[keys[0]]}

    assert named([one, other], f"spec.{field}") == [",".join(one.values()), ",".join(other.values())]
    assert (named([one, alike], f"spec.{field}") is None) == (one == alike)


def test_a_key_that_is_left_out_is_what_the_api_server_takes_for_it():
    assert DEFAULTS == {"protocol": "TCP"}
    assert named([{"port": 53}, {"port": 53, "protocol": "UDP"}], "spec.ports") == ["53,TCP", "53,UDP"]


@pytest.mark.parametrize("items", [["a", "b"], [{"name": "a"}, {"name": "a"}], [{"name": "a"}, {}], [{"name": ["a"]}]])
def test_items_that_nothing_tells_apart_have_no_names(items):
    assert named(items, "spec.rules") is None

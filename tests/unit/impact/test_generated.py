"""Objects of generators are paired by the hash that kustomize gives them, recomputed, and never by a likeness of names."""

import pytest

from bos_tools.impact.generated import Couple, _hashes, coupled, stem
from bos_tools.tree.identity import Object


def config(name: str, data: dict[str, str] | None = None, kind: str = "ConfigMap", **more: object) -> Object:
    whole = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "data": data or {}, **more}
    return Object(kind, "", "buildingos", name, whole)


def hashed(name: str, data: dict[str, str], kind: str = "ConfigMap", **more: object) -> Object:
    made = config(name, data, kind, **more)
    return config(f"{name}-{min(_hashes(kind, made.data))}", data, kind, **more)


def test_a_name_is_a_generators_only_when_it_ends_with_the_hash_of_what_it_holds():
    made = hashed("web-config", {"a": "1"})

    assert stem(made) == "web-config"
    assert stem(config(made.name, {"a": "2"})) is None
    assert stem(config("web-abcdefghij", {"a": "1"})) is None
    assert stem(Object("Deployment", "apps", "", made.name, made.data)) is None


def test_a_renamed_object_is_paired_with_the_one_of_the_same_generator():
    old, new = hashed("config", {"a": "1"}), hashed("config", {"a": "2"})
    other = hashed("config-web", {"a": "1"})

    assert coupled([old, other], [other, new]) == [
        Couple(other, other, "config-web"),
        Couple(old, new, "config"),
    ]


def test_a_likeness_of_names_pairs_nothing():
    old, new = config("web-config-1", {"a": "1"}), config("web-config-2", {"a": "1"})

    assert coupled([old], [new]) == [Couple(None, new), Couple(old, None)]


def test_one_that_loses_its_hash_is_still_the_same_generators():
    old, new = hashed("config", {"a": "1"}), config("config", {"a": "2"})

    assert coupled([old], [new]) == [Couple(old, new, "config")]
    assert coupled([new], [old]) == [Couple(new, old, "config")]


def test_objects_of_one_name_and_two_kinds_are_two():
    old, new = hashed("auth", {"a": "1"}), hashed("auth", {"a": "Mg=="}, "Secret", type="Opaque")

    assert coupled([old], [new]) == [Couple(None, new, "auth"), Couple(old, None, "auth")]


@pytest.mark.parametrize("text", ["<&>", "\u2028", "\b\f", "ü", '"\\', "\x7f", "\t\n"])
def test_text_is_hashed_as_go_writes_it(text):
    assert stem(hashed("config", {"a": text})) == "config"

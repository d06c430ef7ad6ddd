"""Objects against the schemas of their kinds, once, before any rule walks them (Kubernetes 1.34 and the operators)."""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pkgutil import get_data
from typing import Any, NamedTuple

from bos_tools.tree.identity import Object
from bos_tools.tree.nodes import Path

TYPES = {
    "array": "a list", "object": "a mapping", "string": "a text", "integer": "a whole number", "number": "a number",
    "boolean": "true or false", "null": "nothing",
}  # fmt: skip
REFERENCE = "#/$defs/"


class Wrong(NamedTuple):
    """One place where an object is not what its kind's schema says."""

    message: str
    path: Path
    is_misshapen: bool
    """Whether a rule that walks the object could fall over it; a field too many is only never read."""


def wrong(made: Iterable[Object]) -> list[list[Wrong]]:
    """Return what is wrong with each object, nothing of a kind that no schema here describes.

    >>> wrong([Object("Service", "", "", "web", {"apiVersion": "v1", "kind": "Service", "spec": {"ports": 80}})])
    [[Wrong(message='`ports` is a list, not a whole number', path=('spec', 'ports'), is_misshapen=True)]]
    """
    named = [(_name(one), one) for one in made]
    known = frozenset(name for name, _ in named if name in _shipped()["kinds"])
    return [list(_errors(known, name, one)) if name in known else [*_unserved(name)] for name, one in named]


def _name(made: Object) -> str:
    version = str(made.data.get("apiVersion", "")).rpartition("/")[2]
    return f"{made.group}/{version}/{made.kind}"


@cache
def _shipped() -> Any:
    """Return the file that `tests/harness/pruned.py` writes: kinds, and the definitions that they lead to."""
    return json.loads(get_data("bos_tools.review.schemas", "kubernetes.json") or b"")


@cache
def _groups() -> frozenset[str]:
    return frozenset(name.partition("/")[0] for name in _shipped()["kinds"])


def _unserved(name: str) -> Iterator[Wrong]:
    group, version, kind = name.split("/")
    if group in _groups() and "." not in group.partition(".k8s.io")[0]:
        version = f"{group}/{version}" if group else version
        yield Wrong(f"Kubernetes 1.34 serves no {kind} of {version or 'no version'}", ("kind",), is_misshapen=True)


@cache
def _validator(names: frozenset[str]) -> Any:
    """Compile one schema for some kinds, under the name of each: what they share is compiled once."""
    import jsonschema_rs

    shipped = _shipped()
    kinds = {name: {"$ref": REFERENCE + shipped["kinds"][name]} for name in names}
    return jsonschema_rs.validator_for({"properties": kinds, "$defs": shipped["$defs"]})


def _errors(names: frozenset[str], name: str, made: Object) -> Iterator[Wrong]:
    for error in _validator(names).iter_errors({name: made.data}):
        path, word = tuple(error.instance_path[1:]), error.schema_path[-1]
        if word == "additionalProperties":
            for unknown in error.kind.unexpected:
                yield Wrong(f"{_field(path)} has no field `{unknown}`", (*path, unknown), is_misshapen=False)
        else:
            yield Wrong(f"{_field(path)} {_demand(word, error)}", path, is_misshapen=True)


def _demand(word: str, error: Any) -> str:
    """Return what a schema demands; the value itself is never shown, because it may be a secret."""
    if word == "required":
        return f"lacks `{error.kind.property}`"
    if word == "enum":
        return f"is one of {', '.join(map(str, error.kind.options))}"
    if word == "type":
        types = [error.kind.types] if isinstance(error.kind.types, str) else list(error.kind.types)
        return f"is {' or '.join(TYPES[one] for one in types if one != 'null')}, not {_type(error.instance)}"
    if word in ("oneOf", "anyOf"):
        return f"is a single value, not {_type(error.instance)}"
    return "is nothing" if word == "not" else f"does not fulfil the schema's `{word}`"


def _field(path: Path) -> str:
    named = [str(step) for step in path if isinstance(step, str)]
    if not named:
        return "the object"
    return f"`{named[-1]}`" if named[-1] == path[-1] else f"an item of `{named[-1]}`"


def _type(value: Any) -> str:
    name = {list: "array", dict: "object", str: "string", bool: "boolean", int: "integer", float: "number"}
    return TYPES[name.get(type(value), "null")]

"""An object's leaf fields by name, and the order of what is named."""

from collections.abc import Iterator
from typing import Any

KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "ports": (("containerPort", "protocol"), ("port", "protocol")),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
    "volumeMounts": (("mountPath",),),
    "volumeDevices": (("devicePath",),),
    "hostAliases": (("ip",),),
    "ownerReferences": (("uid",),),
    "conditions": (("type",),),
}
"""The lists of which Kubernetes 1.34 merges the items by something else than `name`, as its OpenAPI says."""
DEFAULTS = {"protocol": "TCP"}
"""What the API server takes for a key that an item leaves out."""


def leaves(data: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each leaf's path and value; items of a list are named by what Kubernetes merges them by.

    >>> list(leaves({"a": [{"name": "x", "image": "i"}], "b": {}}))
    [('a[x].name', 'x'), ('a[x].image', 'i'), ('b', {})]
    """
    inner = list(steps(data, prefix))
    if not inner:
        yield prefix, data
    for path, value in inner:
        yield from leaves(value, path)


def orders(data: Any, prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield each list whose items are named, with their names in its order, which their leaves do not tell.

    >>> list(orders({"a": [{"name": "x"}, {"name": "y"}]}))
    [('a', ['x', 'y'])]
    """
    if isinstance(data, list) and (names := named(data, prefix)):
        yield prefix, names
    for path, value in steps(data, prefix):
        yield from orders(value, path)


def steps(data: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield what a mapping or a list holds, each with its path; a leaf and an empty one hold nothing."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield below(prefix, key), value
    elif isinstance(data, list) and data:
        for label, value in zip(named(data, prefix) or range(len(data)), data, strict=True):
            yield f"{prefix}[{label}]", value


def below(prefix: str, key: Any) -> str:
    """Return the path of a key in the mapping at a path."""
    return prefix + (f'["{key}"]' if "." in str(key) or "/" in str(key) else f".{key}" if prefix else str(key))


def named(items: list[Any], field: str) -> list[str] | None:
    """Return what tells the items of a field's list apart in any order, None where only their place does.

    >>> named([{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}], "a.ports")
    ['80,TCP', '80,UDP']
    """
    if not all(isinstance(item, dict) for item in items):
        return None
    for keys in (*KEYS.get(field.rpartition(".")[2], ()), ("name",)):
        marks = [[item.get(key, DEFAULTS.get(key)) for key in keys] for item in items]
        if all(isinstance(mark, str | int) for one in marks for mark in one):
            names = [",".join(map(str, one)) for one in marks]
            if len(set(names)) == len(names):
                return names
    return None

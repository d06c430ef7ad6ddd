"""An object's leaf fields by name, and the order of what is named."""

from collections.abc import Iterator
from typing import Any


def leaves(data: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each leaf's path and value; items of a list are named by `name` where all of them have one.

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
    if isinstance(data, list) and (names := labels(data)) != [str(index) for index in range(len(data))]:
        yield prefix, names
    for path, value in steps(data, prefix):
        yield from orders(value, path)


def steps(data: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield what a mapping or a list holds, each with its path; a leaf and an empty one hold nothing."""
    if isinstance(data, dict):
        for key, value in data.items():
            step = f'["{key}"]' if "." in str(key) or "/" in str(key) else (f".{key}" if prefix else str(key))
            yield f"{prefix}{step}", value
    elif isinstance(data, list) and data:
        for label, value in zip(labels(data), data, strict=True):
            yield f"{prefix}[{label}]", value


def labels(items: list[Any]) -> list[str]:
    """Return what names each item of a list: its unique `name`, else its index."""
    names = [item.get("name") if isinstance(item, dict) else None for item in items]
    unique = all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
    return [str(name) for name in names] if unique else [str(index) for index in range(len(items))]

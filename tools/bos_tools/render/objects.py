"""Rendered objects: who they are, and their leaf fields."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from bos_tools.tree.identity import Object

SEPARATOR = re.compile(rb"^---\n", re.MULTILINE)


class _Loader(yaml.CSafeLoader):
    """Kubernetes has no timestamps: a date stays the text that it is."""

    yaml_implicit_resolvers = {  # noqa: RUF012 -- PyYAML's own class attribute
        first: [(tag, pattern) for tag, pattern in pairs if not tag.endswith(":timestamp")]
        for first, pairs in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def objects(render: bytes) -> list[Object]:
    """Return a render's objects in its order."""
    return [made for text in split(render) for made in read(text)]


def split(render: bytes) -> list[bytes]:
    """Return a render's documents: kustomize writes `---` at a line's start only between them."""
    return [part for part in SEPARATOR.split(render) if part.strip()]


def read(text: bytes) -> Iterator[Object]:
    """Yield the object of one document, nothing for an empty one."""
    data = yaml.load(text, _Loader)  # noqa: S506 -- a safe loader
    if isinstance(data, dict):
        meta = data.get("metadata") or {}
        group = str(data.get("apiVersion", "")).rpartition("/")[0]
        yield Object(
            str(data.get("kind", "")), group, str(meta.get("namespace") or ""), str(meta.get("name", "")), data
        )


def leaves(data: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each leaf's path and value; items of a list are named by `name` where all of them have one.

    >>> list(leaves({"a": [{"name": "x", "image": "i"}], "b": {}}))
    [('a[x].name', 'x'), ('a[x].image', 'i'), ('b', {})]
    """
    if isinstance(data, dict) and data:
        for key, value in data.items():
            step = f'["{key}"]' if "." in str(key) or "/" in str(key) else (f".{key}" if prefix else str(key))
            yield from leaves(value, f"{prefix}{step}")
    elif isinstance(data, list) and data:
        for label, value in zip(labels(data), data, strict=True):
            yield from leaves(value, f"{prefix}[{label}]")
    else:
        yield prefix, data


def labels(items: list[Any]) -> list[str]:
    """Return what names each item of a list: its unique `name`, else its index."""
    names = [item.get("name") if isinstance(item, dict) else None for item in items]
    unique = all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
    return [str(name) for name in names] if unique else [str(index) for index in range(len(items))]


def images(made: Object) -> Iterator[tuple[str, str]]:
    """Yield the fields of an object that name an image: containers of any kind, and operators' `imageName`."""
    for field, value in leaves(made.data):
        if isinstance(value, str) and (
            (field.endswith(".image") and re.search(r"[cC]ontainers\[[^]]*\]\.image$", field))
            or field == "spec.imageName"
        ):
            yield field, value

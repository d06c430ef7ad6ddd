"""Rendered objects: who they are, and which leaf fields differ between two renders."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Change:
    """One leaf field that differs; None stands for an absent side."""

    object: str
    field: str
    old: Any
    new: Any


def objects(render: bytes) -> list[Object]:
    """Return a render's objects in its order."""
    return [made for text in split(render) for made in _load(text)]


def split(render: bytes) -> list[bytes]:
    """Return a render's documents: kustomize writes `---` at a line's start only between them."""
    return [part for part in SEPARATOR.split(render) if part.strip()]


def _load(text: bytes) -> Iterator[Object]:
    data = yaml.load(text, _Loader)  # noqa: S506 -- a safe loader
    if isinstance(data, dict):
        meta = data.get("metadata") or {}
        group = str(data.get("apiVersion", "")).rpartition("/")[0]
        yield Object(
            str(data.get("kind", "")), group, str(meta.get("namespace") or ""), str(meta.get("name", "")), data
        )


def differences(before: bytes, after: bytes) -> list[Change]:
    """Return the leaf fields in which two renders differ, by object and then by field.

    Only documents that differ as text are parsed.  Values of Secrets are shown by key, never by value.
    """
    if before == after:
        return []
    old_texts, new_texts = split(before), split(after)
    same = set(old_texts) & set(new_texts)
    old = {o.id: o for text in old_texts if text not in same for o in _load(text)}
    new = {o.id: o for text in new_texts if text not in same for o in _load(text)}
    changes: list[Change] = []
    for identity in [*old, *(i for i in new if i not in old)]:
        left, right = old.get(identity), new.get(identity)
        hidden = (left or right).kind == "Secret"  # type: ignore[union-attr]  # one of them is there
        was = dict(leaves(left.data)) if left else {}
        now = dict(leaves(right.data)) if right else {}
        for field in [*was, *(f for f in now if f not in was)]:
            if was.get(field, _ABSENT) != now.get(field, _ABSENT) or type(was.get(field)) is not type(now.get(field)):
                secret = hidden and field.split(".")[0] in ("data", "stringData")
                changes.append(
                    Change(identity, field, _hide(was, field, hidden=secret), _hide(now, field, hidden=secret))
                )
    return changes


_ABSENT = object()


def _hide(side: dict[str, Any], field: str, *, hidden: bool) -> Any:
    if field not in side:
        return None
    return "(hidden)" if hidden else side[field]


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

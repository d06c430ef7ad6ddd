"""Rendered objects: who they are, and which images they run."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from bos_tools.tree.identity import Object
from bos_tools.tree.image_fields import KNOWN, FieldSpec
from bos_tools.tree.leaves import leaves, steps

SEPARATOR = re.compile(rb"^---\n", re.MULTILINE)
CONTAINER = re.compile(r"[cC]ontainers\[[^]]*\]\.image$")


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


def images(made: Object, specs: Iterable[FieldSpec] = KNOWN) -> Iterator[tuple[str, str]]:
    """Yield the fields of an object that name an image: containers of any kind at any depth, and those of the specs."""
    for field, value in leaves(made.data):
        if isinstance(value, str) and field.endswith(".image") and CONTAINER.search(field):
            yield field, value
    for spec in specs:
        if spec.selects(made.kind, str(made.data.get("apiVersion", ""))):
            yield from _at(made.data, spec.path, "")


def _at(data: Any, path: tuple[str, ...], prefix: str) -> Iterator[tuple[str, str]]:
    for step, value in steps(data, prefix):
        if isinstance(data, list):
            yield from _at(value, path, step)
        elif path and step == next(iter(steps({path[0]: None}, prefix)))[0]:
            if len(path) == 1 and isinstance(value, str):
                yield step, value
            else:
                yield from _at(value, path[1:], step)

"""Rendered objects: who they are, and which images they run."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from bos_tools.errors import RepositoryError
from bos_tools.tree.identity import Object
from bos_tools.tree.image_fields import KNOWN, FieldSpec
from bos_tools.tree.leaves import leaves, steps

SEPARATOR = re.compile(rb"^---\n", re.MULTILINE)
CONTAINER = re.compile(r"[cC]ontainers\[[^]]*\]\.image$")


DEEP = re.compile(rb"^ {120,}\S", re.MULTILINE)
"""What a line looks like that may lie deeper than the limit; kustomize indents by two."""
DEPTH_LIMIT = 60
"""Levels: Kubernetes objects stay below 25, schemas of CRDs below 50."""
UNKNOWN = ("timestamp", "value", "merge")
"""Types of YAML 1.1 that Kubernetes does not have: `2026-01-01`, `=` and `<<` stay the text that they are."""


class _Loader(yaml.CSafeLoader):
    """YAML as Kubernetes has it; a number that Python can't read is text, as it is for kustomize."""

    yaml_implicit_resolvers = {  # noqa: RUF012 -- PyYAML's own class attribute
        first: [(tag, pattern) for tag, pattern in pairs if tag.rpartition(":")[2] not in UNKNOWN]
        for first, pairs in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    def number(self, node: yaml.ScalarNode) -> Any:
        """Return a number, or the text that only looks like one: `0b_`."""
        read = self.construct_yaml_int if node.tag.endswith(":int") else self.construct_yaml_float
        try:
            return read(node)
        except ValueError:
            return node.value


for _kind in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _Loader.number)


def objects(render: bytes) -> list[Object]:
    """Return a render's objects in its order."""
    return [made for text in split(render) for made in read(text)]


def split(render: bytes) -> list[bytes]:
    """Return a render's documents: kustomize writes `---` at a line's start only between them."""
    return [part for part in SEPARATOR.split(render) if part.strip()]


def read(text: bytes) -> Iterator[Object]:
    """Yield the object of one document, nothing for an empty one."""
    try:
        data = yaml.load(text, _Loader)  # noqa: S506 -- a safe loader
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())[:200]
        raise RepositoryError(f"a render that is no YAML: {said}", reason="render-failed") from error
    except RecursionError:
        data = None
    if data is None or (DEEP.search(text) and _depth(data) > DEPTH_LIMIT):
        name = re.search(rb"^kind: (.*)$", text, re.MULTILINE)
        kind = name[1].decode("utf-8", "replace") if name else "an object"
        raise RepositoryError(f"nested over {DEPTH_LIMIT} levels: {kind}", reason="render-failed")
    if isinstance(data, dict):
        yield identified(data)


def identified(data: dict[str, Any]) -> Object:
    """Return an object by what it says of itself."""
    meta = data.get("metadata") or {}
    group = str(data.get("apiVersion", "")).rpartition("/")[0]
    return Object(str(data.get("kind", "")), group, str(meta.get("namespace") or ""), str(meta.get("name", "")), data)


def _depth(data: Any) -> int:
    """Return the levels of an object, counted without recursion."""
    depth, level = 0, [data]
    while level := [
        inner
        for item in level
        if isinstance(item, dict | list)
        for inner in (item.values() if isinstance(item, dict) else item)
    ]:
        depth += 1
    return depth


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

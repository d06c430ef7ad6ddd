"""The fields in which two states of an object differ, as a reader looks for them: by merge keys, each part once."""

import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, Final

from bos_tools.impact.changes import Field
from bos_tools.tree.leaves import below, named

ABSENT: Final = object()
Side = Any
"""A value, or ABSENT."""
Pair = tuple[str, Side, Side]
"""Where something differs, and how it is on each side."""


def pairs(old: Side, new: Side, path: str = "", *, whole: bool = True) -> Iterator[Pair]:
    """Yield what differs, the deepest part that both sides have; with `whole=False` each leaf of what one side lacks.

    >>> list(pairs({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}))
    [('a.c', 2, 3)]
    """
    if same(old, new):
        return
    if not whole:
        old, new = _opened(old, new), _opened(new, old)
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from pairs(old.get(key, ABSENT), new.get(key, ABSENT), below(path, key), whole=whole)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _listed(old, new, path, whole=whole)
    else:
        yield path, old, new


def told(path: str, old: Side, new: Side) -> Field:
    """Return a field that differs; an absent side is None."""
    return Field(path, None if old is ABSENT else old, None if new is ABSENT else new)


def same(old: Side, new: Side) -> bool:
    """Tell whether two values are the same to the API server: 1, 1.0, true and "1" are four."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(same(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return len(old) == len(new) and all(map(same, old, new))
    return bool(old == new)


def _opened(side: Side, other: Side) -> Side:
    """Return an empty mapping or list in place of what is absent, so that the other's parts are told one by one."""
    if side is ABSENT and isinstance(other, dict | list) and other:
        return type(other)()
    return side


def _listed(old: list[Any], new: list[Any], path: str, *, whole: bool) -> Iterator[Pair]:
    before, after = named(old, path), named(new, path)
    if before is not None and after is not None:
        yield from _keyed(dict(zip(before, old, strict=True)), dict(zip(after, new, strict=True)), path, whole=whole)
    elif any(isinstance(item, dict | list) for item in (*old, *new)):
        yield from _aligned(old, new, path, whole=whole)
    else:
        yield path, old, new


def _keyed(old: dict[str, Any], new: dict[str, Any], path: str, *, whole: bool) -> Iterator[Pair]:
    for name in dict.fromkeys([*old, *new]):
        yield from pairs(old.get(name, ABSENT), new.get(name, ABSENT), f"{path}[{name}]", whole=whole)
    was, now = [name for name in old if name in new], [name for name in new if name in old]
    if was != now:  # init containers run one after another, and a variable may name one above it
        yield path, ", ".join(was), ", ".join(now)


def _aligned(old: list[Any], new: list[Any], path: str, *, whole: bool) -> Iterator[Pair]:
    """Yield what differs in lists whose items only their place tells apart: one more in front moves none of them."""
    before, after = ([json.dumps(item, sort_keys=True, default=str) for item in side] for side in (old, new))
    for tag, a, b, c, d in SequenceMatcher(None, before, after).get_opcodes():
        if tag == "equal":
            continue
        both = min(b - a, d - c)
        for step in range(both):
            yield from pairs(old[a + step], new[c + step], f"{path}[{c + step}]", whole=whole)
        for place in range(a + both, b):
            yield from pairs(old[place], ABSENT, f"{path}[{place}]", whole=whole)
        for place in range(c + both, d):
            yield from pairs(ABSENT, new[place], f"{path}[{place}]", whole=whole)

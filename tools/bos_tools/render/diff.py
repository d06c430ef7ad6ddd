"""The one semantic diff: the leaf fields in which objects differ."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from bos_tools.render.kustomize import Renderer
from bos_tools.render.mask import HIDDEN, hides
from bos_tools.render.objects import read, split
from bos_tools.tree.graph import Graph
from bos_tools.tree.leaves import leaves, orders


class Change(Struct, frozen=True):
    """One leaf field that differs; None stands for an absent side."""

    object: str
    field: str
    old: Any
    new: Any


def differences(before: bytes, after: bytes) -> list[Change]:
    """Return the leaf fields in which two renders differ, by object and then by field.

    Only documents that differ as text are parsed.
    """
    if before == after:
        return []
    old_texts, new_texts = split(before), split(after)
    same = set(old_texts) & set(new_texts)
    old = {o.id: o for text in old_texts if text not in same for o in read(text)}
    new = {o.id: o for text in new_texts if text not in same for o in read(text)}
    return [
        change
        for identity in dict.fromkeys([*old, *new])
        for change in fields(
            identity,
            old[identity].data if identity in old else None,
            new[identity].data if identity in new else None,
        )
    ]


def fields(identity: str, old: Any, new: Any) -> Iterator[Change]:
    """Yield the leaf fields in which two states of one object differ, in the order of the old and then the new one."""
    was = {} if old is None else dict(leaves(old))
    now = {} if new is None else dict(leaves(new))
    for field in dict.fromkeys([*was, *now]):
        if was.get(field, _ABSENT) != now.get(field, _ABSENT) or type(was.get(field)) is not type(now.get(field)):
            yield masked(Change(identity, field, was.get(field), now.get(field)))
    yield from _reordered(identity, old, new)


def _reordered(identity: str, old: Any, new: Any) -> Iterator[Change]:
    """Yield the lists whose items stand in another order: init containers run one after another."""
    before, after = dict(orders(old)), dict(orders(new))
    for field in sorted(before.keys() & after.keys()):
        was = [name for name in before[field] if name in after[field]]
        now = [name for name in after[field] if name in before[field]]
        if was != now:
            yield masked(Change(identity, field, ", ".join(was), ", ".join(now)))


_ABSENT = object()


def masked(change: Change) -> Change:
    """Return a change without the values of a Secret; who holds one already masked gets the same."""
    if not hides(change.object, change.field):
        return change
    old, new = (None if side is None else HIDDEN for side in (change.old, change.new))
    return Change(change.object, change.field, old, new)


def renders(renderer: Renderer, graphs: tuple[Graph, Graph], folders: Sequence[str]) -> list[tuple[bytes, bytes]]:
    """Return the render of each folder on two graphs, nothing where one of them has no such folder."""
    jobs = dict.fromkeys((graph, folder) for graph in graphs for folder in folders)
    there = [job for job in jobs if job[0].kustomization(job[1]) is not None]
    texts: Mapping[tuple[Graph, str], bytes] = dict(zip(there, renderer.render(there), strict=True))
    before, after = graphs
    return [(texts.get((before, folder), b""), texts.get((after, folder), b"")) for folder in folders]

"""How Argo CD is told of an environment: what Git says of it is what it is (decision 11)."""

import json
from collections.abc import Iterator
from typing import Any

from bos_tools.delivery.applications import NOTE, PATHS, objects
from bos_tools.delivery.registration import registration
from bos_tools.errors import RepositoryError
from bos_tools.review.registry import Fault, rule
from bos_tools.review.world import World
from bos_tools.tree.nodes import Node, line_at, parse, plain_data

ANNOTATION_LIMIT = 262144
"""Bytes: client-side apply keeps the whole object in an annotation (k8s.io/apimachinery, TotalAnnotationSizeLimitB)."""
Step = str | int


@rule(
    "A1",
    title="Argo CD is told what the environment is: its Applications and projects are what `argocd register` writes",
    remedy="`bos-tools argocd register --env ENV`",
    source=".github/decisions/0011-argocd.md",
)
def registered(env: World) -> Iterator[Fault]:
    """Exact permissions, no server-side diff, pruning held where the environment asks for it, claims left to their
    StatefulSet. To be run after adding a service or an add-on.
    """
    for path, wanted, root in _files(env):
        if root is None:
            yield env.file(
                path.rpartition("/")[0], 1, f"{env.name} is not registered: {path.rpartition('/')[2]} is missing"
            )
            continue
        for place, message in _differences(wanted, plain_data(root)):
            if PATHS not in place:
                yield env.file(path, line_at(root, place), f"{message}; `bos-tools argocd register` writes it")


@rule(
    "A2",
    title="An Application lists every folder that its unit is made of, in `manifest-generate-paths`",
    remedy="`bos-tools argocd register --env ENV`",
    source=".github/decisions/0011-argocd.md",
)
def paths(env: World) -> Iterator[Fault]:
    """Argo CD does not look when a change touches none of them, so that a folder that is not listed hides changes in
    silence.
    """
    at = ("metadata", "annotations", PATHS)
    for path, wanted, root in _files(env):
        listed = wanted["metadata"].get("annotations", {}).get(PATHS)
        if root is None or listed is None:
            continue
        found = plain_data(root)
        for step in at:
            found = found.get(step) if isinstance(found, dict) else None
        said = set(str(found or "").split(";"))
        needed = set(listed.split(";"))
        if said != needed:
            more = ", ".join(sorted(needed - said))
            less = ", ".join(sorted(said - needed - {""}))
            what = f"a change of these is not seen: {more}" if more else f"it is not made of these: {less}"
            yield env.file(path, line_at(root, list(at)), what)


@rule(
    "A3",
    title="Server-side apply is asked for by the objects that are too large for the other one, and by no other",
    remedy="annotate the object `argocd.argoproj.io/sync-options: ServerSideApply=true`, or take that out",
    source=".github/decisions/0011-argocd.md",
)
def server_side(env: World) -> Iterator[Fault]:
    """From Argo CD 3.6 an application that asks for it as a whole gets the server-side diff, after which a refused
    sync looks Synced.
    """
    for made in env.objects:
        notes = made.get("metadata", "annotations") or {}
        options = str(notes.get(f"{NOTE}/sync-options", "")).split(",")
        asks = "ServerSideApply=true" in [option.strip() for option in options]
        size = len(json.dumps(made.data, separators=(",", ":")))
        place = ("metadata", "annotations", f"{NOTE}/sync-options")
        if size > ANNOTATION_LIMIT and not asks:
            yield env.at(made, f"{made.object.name} needs ServerSideApply=true: it has {size} bytes", place)
        if asks and size <= ANNOTATION_LIMIT:
            yield env.at(made, f"{made.object.name} asks for server-side apply without need", place)


def _files(env: World) -> Iterator[tuple[str, Any, Node | None]]:
    """Yield each file of the registration: its path, what it should say, and what it says.

    Nothing for an environment that names no Argo CD or can't be read: K9 has that.
    """
    try:
        said = registration(env.tree, env.name)
        wanted = objects(env.tree, said)
        found: list[tuple[str, Any, Node | None]] = []
        for name, data in wanted.items():
            path = f"{said.folder}/{name}"
            text = env.tree.source.read(path)
            found.append((path, data, None if text is None else parse(text, path).single()))
    except RepositoryError:
        return
    yield from found


def _differences(wanted: Any, found: Any, place: tuple[Step, ...] = ()) -> Iterator[tuple[list[Step], str]]:
    """Yield where two objects differ, and how, with the nearest place that is there."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in [*wanted, *(key for key in found if key not in wanted)]:
            if key not in found:
                yield [*place, *([key] if key == PATHS else [])], f"{key} is missing: {wanted[key]}"
            elif key not in wanted:
                yield [*place, key], f"{key} is not part of it: {found[key]}"
            else:
                yield from _differences(wanted[key], found[key], (*place, key))
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (left, right) in enumerate(zip(wanted, found, strict=True)):
            yield from _differences(left, right, (*place, index))
    elif wanted != found:
        yield list(place), f"{_last(place)} is {found}, not {wanted}"


def _last(place: tuple[Step, ...]) -> str:
    return str(next((step for step in reversed(place) if isinstance(step, str)), "it"))

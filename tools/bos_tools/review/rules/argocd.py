"""How Argo CD is told of an environment: what Git says of it is what it is (decision 11)."""

import json
from collections.abc import Iterator
from typing import Any

from bos_tools.delivery.applications import API, APPLIED, NOTE, PATHS, objects
from bos_tools.delivery.folder import ROOT, SERVICES, by_name
from bos_tools.delivery.registration import registration
from bos_tools.errors import RepositoryError
from bos_tools.review.registry import Fault, rule
from bos_tools.review.rendered import Rendered, down
from bos_tools.review.world import World
from bos_tools.tree import layout
from bos_tools.tree.documents import document
from bos_tools.tree.nodes import line_at, plain_data
from bos_tools.tree.overrides import beside, inside

ANNOTATION_LIMIT = 262144
"""Bytes: client-side apply keeps the whole object in an annotation (k8s.io/apimachinery, TotalAnnotationSizeLimitB)."""
YAML = (".yaml", ".yml")
Step = str | int


@rule(
    "A1",
    title="Argo CD is told what the environment is: its Applications and projects are what `argocd register` writes",
    remedy="`bos-tools argocd register --env ENV`; what all Applications share stands in base/components/application",
    source=".github/decisions/0011-argocd.md",
)
def registered(env: World) -> Iterator[Fault]:
    """Exact permissions, no server-side diff, pruning held where the environment asks for it, claims left to their
    StatefulSet. To be run after adding a service or an add-on.
    """
    unlisted = {who for made in _unlisted(env).values() for who in made}
    for name, wanted, made in _objects(env):
        if made is None and name in unlisted:  # A5 has it
            continue
        if made is None:
            yield env.file(layout.argocd(env.name), 1, f"{env.name} is not registered: {name} is missing")
            continue
        for place, message in _differences(_judged(wanted), _judged(made.data)):
            if PATHS not in place:
                yield env.at(made, message, tuple(place))
    yield from _of_root(env)


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
    for _, wanted, made in _objects(env):
        listed = down(wanted, *at)
        if made is None or listed is None:
            continue
        said = set(str(made.get(*at) or "").split(";"))
        needed = set(listed.split(";"))
        if said != needed:
            more = ", ".join(sorted(needed - said))
            less = ", ".join(sorted(said - needed - {""}))
            what = f"a change of these is not seen: {more}" if more else f"it is not made of these: {less}"
            yield env.at(made, what, at)


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


@rule(
    "A4",
    title="Nothing but Git's files decides what Argo CD renders of a unit",
    remedy="take the override out: pins, sizes and counts live in the overlay",
    source=".github/decisions/0011-argocd.md",
)
def overridden(env: World) -> Iterator[Fault]:
    """An `.argocd-source` file and the parameters of an Application win over what is reviewed and proved."""
    for unit, _ in env.units:
        for path in beside(env.tree.source, unit.folder):
            yield env.file(path, 1, f"Argo CD would render {unit.folder} with other parameters than Git's")
        for made in (*env.registration, *env.of("Application", "ApplicationSet")):
            for field in inside(made.data, unit.folder):
                yield env.at(made, f"{made.object.name} renders {unit.folder} with parameters of its own", field)


@rule(
    "A5",
    title="What is written in the folder of the registration is listed in its kustomization",
    remedy="list the file under `resources`, or take it away; `bos-tools argocd register --env ENV` lists its own",
    source=".github/decisions/0011-argocd.md",
)
def listed(env: World) -> Iterator[Fault]:
    """The root prunes an Application that is no longer listed as it does one whose file is gone."""
    for path, made in _unlisted(env).items():
        (name, line), more = next(iter(made.items())), len(made) - 1
        what = f"{name}{f' and {more} more' if more else ''}"
        yield env.file(path, line, f"the kustomization lists no file of {what}, so the root would prune it")


def _unlisted(env: World) -> dict[str, dict[str, int]]:
    """Return the files of the folder that nothing lists, each with the lines of the objects that it holds for Argo CD.

    None in a folder that can't be read: K9 has that.
    """
    folder, found = layout.argocd(env.name), dict[str, dict[str, int]]()
    ours = {f"{folder}/{name}" for name in (ROOT, SERVICES)}  # the API applies the one, the other is a patch
    try:
        used = env.tree.graph.closure(folder) if env.tree.graph.kustomization(folder) is not None else {}
        for path, data in env.files.items():
            if path.startswith(f"{folder}/") and path.endswith(YAML) and path not in {*used, *ours}:
                for one in document(path, data).roots:
                    for name, plain in by_name([plain_data(one)]).items():
                        if plain.get("apiVersion") == API and plain["kind"] in ("Application", "AppProject"):
                            found.setdefault(path, {})[name] = one.line
    except RepositoryError:
        return {}
    return found


def _objects(env: World) -> Iterator[tuple[str, Any, Rendered | None]]:
    """Yield each object that the root makes: its name, what it should be, and what it is as its folder renders.

    Nothing for an environment that names no Argo CD or can't be read: K9 has that.
    """
    if any(error.path.startswith(f"{layout.argocd(env.name)}/") for error in env.unread):
        return
    try:
        wanted = objects(env.tree, registration(env.tree, env.name))
    except RepositoryError:
        return
    there = {(made.object.kind, made.object.name): made for made in env.registration}
    for key, data in wanted.items():
        kind, name = str(data["kind"]), str(data["metadata"]["name"])
        if key not in APPLIED:
            yield f"{kind} {name}", data, there.get((kind, name))


def _judged(data: Any) -> Any:
    """Return an object with the order of its options and the pauses of its retries left open."""
    policy = down(data, "spec", "syncPolicy")
    if not isinstance(policy, dict):
        return data
    kept = {key: value for key, value in policy.items() if key != "retry"}
    if isinstance(kept.get("syncOptions"), list):
        kept["syncOptions"] = sorted(map(str, kept["syncOptions"]))
    return {**data, "spec": {**data["spec"], "syncPolicy": kept}}


def _of_root(env: World) -> Iterator[Fault]:
    """Yield where the root and its project, which nothing renders, are otherwise than they should be."""
    try:
        said = registration(env.tree, env.name)
        made = objects(env.tree, said)
        wanted = by_name([made[key] for key in APPLIED])
        path = f"{said.folder}/{ROOT}"
        text = env.tree.source.read(path)
        roots = document(path, text).roots if text is not None else []
        found = {name: root for root in roots for name in by_name([plain_data(root)])}
    except RepositoryError:
        return
    for name, data in wanted.items():
        if name not in found:
            yield env.file(said.folder, 1, f"{env.name} is not registered: {name} is missing")
            continue
        for place, message in _differences(data, plain_data(found[name])):
            yield env.file(path, line_at(found[name], place), message)


def _differences(wanted: Any, found: Any, place: tuple[Step, ...] = ()) -> Iterator[tuple[list[Step], str]]:
    """Yield where two objects differ, and how, with the nearest place that is there."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in [*wanted, *(key for key in found if key not in wanted)]:
            if key not in found:
                yield [*place, *([key] if key == PATHS else [])], f"{key} is missing: {_said(wanted[key])}"
            elif key not in wanted:
                yield [*place, key], f"{key} is no part of it: {_said(found[key])}"
            else:
                yield from _differences(wanted[key], found[key], (*place, key))
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (left, right) in enumerate(zip(wanted, found, strict=True)):
            yield from _differences(left, right, (*place, index))
    elif wanted != found:
        yield list(place), f"{_last(place)} is {_said(found)}, not {_said(wanted)}"


def _said(value: Any) -> str:
    """Return a value as a file has it, not as Python does."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _last(place: tuple[Step, ...]) -> str:
    return str(next((step for step in reversed(place) if isinstance(step, str)), "it"))

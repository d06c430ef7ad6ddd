"""Kustomize's silent no-ops: what it builds with exit code 0 and no effect (decision 15)."""

import re
from collections.abc import Iterator

from bos_tools.render.objects import images
from bos_tools.review.registry import Fault, rule
from bos_tools.review.rules.pods import named
from bos_tools.review.world import World
from bos_tools.tree.applied import patch, selects
from bos_tools.tree.identity import Object
from bos_tools.tree.image_fields import specs
from bos_tools.tree.kustomization import Kustomization
from bos_tools.tree.layout import Unit
from bos_tools.tree.nodes import Node, scalar_tag

READ_BY = "buildingos.io/read-by"
DUPLICATE, FORBIDDEN = "duplicate-key", "forbidden-source"
"""The reasons of the reader's errors that have a rule of their own; every other one is K9."""


@rule(
    "K1",
    title="Every pin has an effect: some container of its unit runs exactly what it renders",
    remedy="name the image as the base does, or take the entry out",
    source=".github/decisions/0015-rules.md#what-kustomize-builds-in-silence",
)
def pins(env: World) -> Iterator[Fault]:
    """A name that matches nothing builds with exit code 0, and the old version runs on."""
    for unit, found in env.units:
        if unit.service not in env.rendered:
            continue
        known = specs(env.tree.graph, unit.folder)
        running = {image for made in env.objects if made.unit == unit for _, image in images(made.object, known)}
        for pin in found.pins:
            if not any(map(pin.renders, running)) and not _shadows(env, unit, found, pin.name):
                yield env.file(
                    found.path, pin.line, f"the pin of {pin.name} has no effect: nothing runs {pin.rendered}"
                )
            elif pin.is_versioned and (suffix := pin.node.get("tagSuffix")) is not None and suffix.value:
                yield env.file(found.path, suffix.line, f"tagSuffix has no effect beside a version: {suffix.value}")


@rule(
    "K2",
    title="Every patch with a target changes something wherever its kustomization is used",
    remedy="correct the target, or take the patch out",
    source=".github/decisions/0015-rules.md#what-kustomize-builds-in-silence",
)
def patches(env: World) -> Iterator[Fault]:
    """A target that matches nothing is silently fine for kustomize."""
    for found, objects in _used(env):
        for item in found.sequence("patches"):
            target = item.get("target")
            if target is not None and target.keys and not _deletes(env, found, item):
                if not any(selects(target, one) for one in objects):
                    yield env.file(found.path, target.line, "a patch whose target matches nothing")


@rule(
    "K3",
    title="Every target of a replacement selects an object",
    remedy="correct the selector, or take the target out",
    source=".github/decisions/0015-rules.md#what-kustomize-builds-in-silence",
)
def replacements(env: World) -> Iterator[Fault]:
    """A replacement that matches nothing builds with exit code 0."""
    for found, objects in _used(env):
        for item in found.sequence("replacements"):
            targets = item.get("targets")
            for target in targets.items if targets is not None else []:
                select = target.get("select")
                if select is not None and not any(selects(select, one) for one in objects):
                    yield env.file(found.path, select.line, "a replacement whose target matches nothing")


@rule(
    "K4",
    title="No mapping has a key twice",
    remedy="take one of the two out",
    source=".github/decisions/0015-rules.md#what-kustomize-builds-in-silence",
)
def duplicate_keys(env: World) -> Iterator[Fault]:
    """kustomize lets the last one win. What has one is not rendered, so the unit's other rules are silent."""
    yield from _unread(env, DUPLICATE)


@rule(
    "K5",
    title="No kustomization pins the same image twice",
    remedy="keep one entry an image",
    source=".github/decisions/0015-rules.md#what-kustomize-builds-in-silence",
)
def twice(env: World) -> Iterator[Fault]:
    """The last entry wins, so an edit of the first has no effect."""
    for found in _kustomizations(env):
        seen: set[str] = set()
        for pin in found.pins:
            if pin.name in seen:
                yield env.file(found.path, pin.line, f"the image is pinned twice: {pin.name}")
            seen.add(pin.name)


@rule(
    "K6",
    title="No patch has an empty target",
    remedy="name what the patch is for",
    source=".github/decisions/0015-rules.md#what-kustomize-builds-in-silence",
)
def everything(env: World) -> Iterator[Fault]:
    """`target: {}` with `$patch: delete` empties the whole render with exit code 0."""
    for found in _kustomizations(env):
        for item in found.sequence("patches"):
            target = item.get("target")
            if target is not None and not target.keys:
                yield env.file(found.path, item.line, "a patch with an empty target changes every object")


@rule(
    "K7",
    title="No pin of an overlay is shadowed by an entry that sets the same image first",
    remedy="take `newName` out of the base",
    source=".github/decisions/0015-rules.md#what-kustomize-builds-in-silence",
)
def shadowed(env: World) -> Iterator[Fault]:
    """When a base sets `newName`, the overlay's entry of the original name no longer matches."""
    for unit, found in env.units:
        for pin in found.pins:
            if shadow := _shadows(env, unit, found, pin.name):
                yield env.file(found.path, pin.line, f"the pin of {pin.name} is shadowed: {shadow}")


@rule(
    "K8",
    title="Every source is a path inside the repository: no Helm, no remote base",
    remedy="put a copy into base/, at the version that was read",
    source=".github/decisions/0015-rules.md#what-is-not-rendered",
)
def local(env: World) -> Iterator[Fault]:
    """What a render reads must stand in the commit that is reviewed. The unit is not rendered then, so its other rules
    are silent.
    """
    yield from _unread(env, FORBIDDEN)


@rule(
    "K9",
    title="Every unit can be read and rendered by the kustomize that Argo CD ships",
    remedy="correct the file at the line; `kustomize build` of the unit's folder says the same",
    source=".github/decisions/0015-rules.md#what-is-not-rendered",
)
def renders(env: World) -> Iterator[Fault]:
    """A unit that can't is one finding, and the others are still checked."""
    reasons = {error.reason for error in env.unread} - {DUPLICATE, FORBIDDEN}
    yield from _unread(env, *sorted(reasons))


@rule(
    "K10",
    title="Every tag is a string for YAML",
    remedy="put the tag in quotes",
    source=".github/decisions/0015-rules.md#what-kustomize-builds-in-silence",
)
def strings(env: World) -> Iterator[Fault]:
    """kustomize fails on an unquoted `1.10`, and `1e3` would be another tag."""
    for found in _kustomizations(env):
        for pin in found.pins:
            tag = pin.node.get("newTag")
            if tag is not None and tag.is_plain and scalar_tag(tag.value) != "str":
                yield env.file(found.path, tag.line, f"the tag of {pin.name} is no string without quotes: {tag.value}")


@rule(
    "K11",
    title="Every object is what the API server takes: a kind that it serves, its fields, and their types",
    remedy="write the field as the API reference of its kind has it",
    source="https://kubernetes.io/docs/reference/kubernetes-api/",
)
def schemas(env: World) -> Iterator[Fault]:
    """kustomize builds a number where a list belongs, and a misspelt field is only never read. No other rule looks at
    an object whose fields have other types.
    """
    for made, wrong in env.wrong:
        yield env.at(made, f"{made.object.kind} {made.object.name}: {wrong.message}", wrong.path)


@rule(
    "K12",
    title="Every generated ConfigMap is read by some pod of its unit, or says by a label who else reads it",
    remedy="name it as the pod does, or label it `buildingos.io/read-by`",
    source=".github/decisions/0015-rules.md#what-kustomize-builds-in-silence",
)
def generated(env: World) -> Iterator[Fault]:
    """A misspelt name builds with exit code 0. The hash in its name follows only into pods that name it."""
    for made in env.of("ConfigMap"):
        if made.get("metadata", "labels", READ_BY):
            continue
        pods = [pod for pod in env.pods() if pod.owner.unit == made.unit]
        if not any(("ConfigMap", made.object.name) in named(pod) for pod in pods):
            yield env.at(made, f"no pod reads the ConfigMap {made.object.name}")


@rule(
    "K13",
    title="No kustomization writes a version into templates, or anything into selectors",
    remedy="use `labels` with `pairs` alone",
    source=".github/decisions/0013-growth.md",
)
def labels(env: World) -> Iterator[Fault]:
    """`includeTemplates` also writes into volumeClaimTemplates, which are immutable, as selectors are."""
    for found in _kustomizations(env):
        common = next((key for key in found.root.keys if key.value == "commonLabels"), None)
        if common is not None:
            yield env.file(found.path, common.line, "commonLabels write into selectors, which are immutable")
        for item in found.sequence("labels"):
            pairs = item.get("pairs")
            for key in pairs.keys if pairs is not None else []:
                if _is_true(item.get("includeSelectors")):
                    yield env.file(found.path, key.line, f"a label written into selectors: {key.value}")
                elif _is_true(item.get("includeTemplates")) and re.search("version|chart", key.value):
                    yield env.file(found.path, key.line, f"a version written into templates: {key.value}")


def _unread(env: World, *reasons: str) -> Iterator[Fault]:
    for error in env.unread:
        if error.reason in reasons:
            yield env.file(error.path, max(error.line, 1), error.message)


def _is_true(node: Node | None) -> bool:
    return node is not None and node.value.lower() == "true"


def _kustomizations(env: World) -> list[Kustomization]:
    graph = env.tree.graph
    folders = {folder for unit, _ in env.units for folder in graph.folders(unit.folder)}
    return [found for folder in sorted(folders) if (found := graph.kustomization(folder)) is not None]


def _used(env: World) -> Iterator[tuple[Kustomization, list[Object]]]:
    """Yield each kustomization with the objects of all units that include it; who uses a component is known of all."""
    for found in _kustomizations(env):
        units = {unit for unit, _ in env.units if found.folder in env.tree.graph.folders(unit.folder)}
        if {unit.service for unit in units} <= env.rendered and (env.is_whole or not found.is_component):
            yield found, [made.object for made in env.objects if made.unit in units]


def _shadows(env: World, unit: Unit, found: Kustomization, name: str) -> str:
    for folder in env.tree.graph.folders(unit.folder):
        inner = env.tree.graph.kustomization(folder)
        for pin in inner.pins if inner is not None and folder != found.folder else ():
            if pin.new_name and pin.matches(name):
                return f"{inner.path if inner else folder}:{pin.line}"
    return ""


def _deletes(env: World, found: Kustomization, item: Node) -> bool:
    """Tell whether a patch deletes what it finds, so that the render has it no more."""
    documents = [root for _, _, root in patch(env.tree.graph, found, item)]
    return any((said := root.get("$patch")) is not None and said.value == "delete" for root in documents)

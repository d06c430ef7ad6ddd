"""Kustomize's silent no-ops: what it builds with exit code 0 and no effect (peers.md, "What users ask for", 9)."""

import re
from collections.abc import Iterator

from bos_tools.render.objects import images
from bos_tools.review.findings import Finding
from bos_tools.review.rules_pods import named
from bos_tools.review.world import Environment
from bos_tools.tree.applied import patch, selects
from bos_tools.tree.identity import Object
from bos_tools.tree.kustomization import Kustomization
from bos_tools.tree.layout import Unit
from bos_tools.tree.nodes import Node, scalar_tag

READ_BY = "buildingos.io/read-by"


def k1_pins(env: Environment) -> Iterator[Finding]:
    """Every pin has an effect: some container of its unit runs exactly what it renders.

    Source: peers.md: a name that matches nothing builds with exit code 0.
    """
    for unit, found in env.units:
        if unit.service not in env.rendered:
            continue
        running = {image for made in env.objects if made.unit == unit for _, image in images(made.object)}
        for pin in found.pins:
            if pin.rendered not in running and not _shadows(env, unit, found, pin.name):
                yield env.file(
                    found.path, pin.line, f"the pin of {pin.name} has no effect: nothing runs {pin.rendered}"
                )


def k2_patches(env: Environment) -> Iterator[Finding]:
    """Every patch with a target changes something wherever its kustomization is used.

    Source: manifests.md, "Kustomize facts": a target that matches nothing is silently fine.
    """
    for found, objects in _used(env):
        for item in found.sequence("patches"):
            target = item.get("target")
            if target is not None and target.keys and not _deletes(env, found, item):
                if not any(selects(target, one) for one in objects):
                    yield env.file(found.path, target.line, "a patch whose target matches nothing")


def k3_replacements(env: Environment) -> Iterator[Finding]:
    """Every target of a replacement selects an object.

    Source: peers.md: a replacement that matches nothing builds with exit code 0.
    """
    for found, objects in _used(env):
        for item in found.sequence("replacements"):
            targets = item.get("targets")
            for target in targets.items if targets is not None else []:
                select = target.get("select")
                if select is not None and not any(selects(select, one) for one in objects):
                    yield env.file(found.path, select.line, "a replacement whose target matches nothing")


def k4_duplicate_keys(_: Environment) -> Iterator[Finding]:
    """No mapping has a key twice.

    Source: peers.md: kustomize lets the last one win. The parser refuses the file, so this rule has nothing more to do.
    """
    return iter(())


def k5_twice(env: Environment) -> Iterator[Finding]:
    """No kustomization pins the same image twice.

    Source: peers.md: the last entry wins.
    """
    for found in _kustomizations(env):
        seen: set[str] = set()
        for pin in found.pins:
            if pin.name in seen:
                yield env.file(found.path, pin.line, f"the image is pinned twice: {pin.name}")
            seen.add(pin.name)


def k6_everything(env: Environment) -> Iterator[Finding]:
    """No patch has an empty target.

    Source: peers.md: `target: {}` with `$patch: delete` empties the whole render with exit code 0.
    """
    for found in _kustomizations(env):
        for item in found.sequence("patches"):
            target = item.get("target")
            if target is not None and not target.keys:
                yield env.file(found.path, item.line, "a patch with an empty target changes every object")


def k7_shadowed(env: Environment) -> Iterator[Finding]:
    """No pin of an overlay is shadowed by an entry that sets the same image first.

    Source: peers.md: when a base sets `newName`, the overlay's entry of the original name no longer matches.
    """
    for unit, found in env.units:
        for pin in found.pins:
            if shadow := _shadows(env, unit, found, pin.name):
                yield env.file(found.path, pin.line, f"the pin of {pin.name} is shadowed: {shadow}")


def k8_local(_: Environment) -> Iterator[Finding]:
    """Every source is a path inside the repository: no Helm, no remote base.

    Source: design.md, "Rendering". The unit is not rendered then, so its other rules are silent.
    """
    return iter(())


def k9_renders(_: Environment) -> Iterator[Finding]:
    """Every unit can be read and rendered by the kustomize that Argo CD ships.

    Source: design.md, "Rendering". A unit that can't is one finding, and the others are still checked.
    """
    return iter(())


def k10_strings(env: Environment) -> Iterator[Finding]:
    """Every tag is a string for YAML.

    Source: peers.md: kustomize fails on an unquoted `1.10`, and `1e3` would be another tag.
    """
    for found in _kustomizations(env):
        for pin in found.pins:
            tag = pin.node.get("newTag")
            if tag is not None and tag.is_plain and scalar_tag(tag.value) != "str":
                yield env.file(found.path, tag.line, f"the tag of {pin.name} is no string without quotes: {tag.value}")


def k11_shapes(env: Environment) -> Iterator[Finding]:
    """Every field has the shape that the API server takes: kustomize builds a number where a list belongs.

    Source: Kubernetes, API reference. No other rule looks at such an object.
    """
    for made, message, path in env.misshapen:
        yield env.at(made, f"{made.object.kind} {made.object.name}: {message}", path)


def k12_generated(env: Environment) -> Iterator[Finding]:
    """Every generated ConfigMap is read by some pod of its unit, or says by a label who else reads it.

    Source: peers.md: a misspelt name builds with exit code 0. The hash in its name follows only into pods that name it.
    The label is `buildingos.io/read-by`.
    """
    for made in env.of("ConfigMap"):
        if made.get("metadata", "labels", READ_BY):
            continue
        pods = [pod for other, pod, _ in env.pods() if other.unit == made.unit]
        if not any(("ConfigMap", made.object.name) in named(pod) for pod in pods):
            yield env.at(made, f"no pod reads the ConfigMap {made.object.name}")


def k13_labels(env: Environment) -> Iterator[Finding]:
    """No kustomization writes a version into templates, or anything into selectors.

    Source: storage.md, "What Kubernetes 1.34.3 does": `includeTemplates` also writes into volumeClaimTemplates, which
    are immutable, as selectors are.
    """
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


def _is_true(node: Node | None) -> bool:
    return node is not None and node.value.lower() == "true"


def _kustomizations(env: Environment) -> list[Kustomization]:
    graph = env.tree.graph
    folders = {folder for unit, _ in env.units for folder in graph.folders(unit.folder)}
    return [found for folder in sorted(folders) if (found := graph.kustomization(folder)) is not None]


def _used(env: Environment) -> Iterator[tuple[Kustomization, list[Object]]]:
    """Yield each kustomization with the objects of all units that include it."""
    for found in _kustomizations(env):
        units = {unit for unit, _ in env.units if found.folder in env.tree.graph.folders(unit.folder)}
        if {unit.service for unit in units} <= env.rendered:
            yield found, [made.object for made in env.objects if made.unit in units]


def _shadows(env: Environment, unit: Unit, found: Kustomization, name: str) -> str:
    for folder in env.tree.graph.folders(unit.folder):
        inner = env.tree.graph.kustomization(folder)
        for pin in inner.pins if inner is not None and folder != found.folder else ():
            if pin.name == name and pin.new_name:
                return f"{inner.path if inner else folder}:{pin.line}"
    return ""


def _deletes(env: Environment, found: Kustomization, item: Node) -> bool:
    """Tell whether a patch deletes what it finds, so that the render has it no more."""
    documents = [root for _, _, root in patch(env.tree.graph, found, item)]
    return any((said := root.get("$patch")) is not None and said.value == "delete" for root in documents)

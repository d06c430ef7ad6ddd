"""The layout: where a pin may stand, and what an overlay may hold (base/README.md, "Layout")."""

import re
from collections.abc import Iterator

from msgspec import structs

from bos_tools.errors import RepositoryError
from bos_tools.review.registry import Fault, rule
from bos_tools.review.rendered import Part
from bos_tools.review.world import World
from bos_tools.tree import layout
from bos_tools.tree.applied import patch
from bos_tools.tree.environment import WHOLE, Environment
from bos_tools.tree.nodes import Node, Path, line_at, plain_data
from bos_tools.tree.source import join
from bos_tools.tree.typed import faults

HOLDS = re.compile(
    r"/spec/((volumeClaimTemplates/\d+/spec/)?resources/requests/storage|storage/size|instances|replicas|(min|max)Replicas"
    r"|rules/\d+/host|tls/\d+/hosts/\d+|configuration/(destinationPath|endpointURL))"
)
"""What a patch of an overlay may set."""
EVERYBODYS = frozenset({"control-plane", "worker", "ingress"})
"""The roles of nodes that no service asks for by its plan: Kubernetes' own, and that of the ingress (L6)."""
UNIT_KEYS = frozenset({"apiVersion", "kind", "resources", "components", "images", "patches", "replicas"})


@rule(
    "L1",
    title="Pins stand only in overlays, so that a bump is one line in one file",
    remedy="move the entry of `images` to the overlays",
    source="base/README.md#layout",
)
def pinned_in_overlays(env: World) -> Iterator[Fault]:
    """A base's pin is shared by environments that are to run different versions."""
    for folder in sorted({f for unit, _ in env.units for f in env.tree.graph.folders(unit.folder)}):
        found = env.tree.graph.kustomization(folder)
        if found is not None and not layout.is_overlay(folder):
            for pin in found.pins:
                yield env.file(found.path, pin.line, f"a pin outside of the overlays: {pin.name}")


@rule(
    "L2",
    title="An overlay holds a pin, a size, a count, a host, and nothing else",
    severity="warning",
    remedy="move the field to the base, or to a component that the environments share",
    source="base/README.md#layout",
)
def overlays(env: World) -> Iterator[Fault]:
    """What differs between two overlays is what a promotion has to think of."""
    for unit, found in env.units:
        for key in found.root.keys:
            if key.value not in UNIT_KEYS:
                yield env.file(found.path, key.line, f"an overlay holds a pin, a size, a count or a host: {key.value}")
        for item in found.sequence("patches"):
            for file, shift, root in patch(env.tree.graph, found, item):
                for field, line in _says(root):
                    if not HOLDS.fullmatch(field):
                        message = f"an overlay holds a pin, a size, a count or a host: {field}"
                        yield env.file(file, line + shift, message)
        for item in found.sequence("resources"):
            if join(unit.folder, item.value) not in layout.bases(unit.service):
                yield env.file(
                    found.path, item.line, f"{unit.service} is made of something beside its one base: {item.value}"
                )


def _says(root: Node) -> Iterator[tuple[str, int]]:
    """Yield the pointer and line of every field that a patch sets, of either kind; who it is about aside."""
    if root.kind == "seq":
        for op in root.items:
            said = op.get("path")
            yield said.value if said is not None else "/", op.line
        return
    stack = [("", root, root.line)]
    while stack:
        pointer, node, line = stack.pop()
        node = node.resolved()
        if not node.items:
            if pointer not in ("/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"):
                yield pointer, line
            continue
        for index, item in enumerate(node.items):
            key = node.keys[index] if node.kind == "map" else None
            step, at = (key.value, key.line) if key is not None else (str(index), item.line)
            stack.append((f"{pointer}/{step}", item, at))


@rule(
    "L3",
    title="environment.yaml says what the environment is, in the words of its schema",
    remedy="correct the field; the editor completes it by the schema that the file names",
    source="base/README.md#layout",
)
def environment(env: World) -> Iterator[Fault]:
    """Every gate and number that an environment demands is read from it."""
    path = layout.environment_file(env.name)
    try:
        document = env.tree.document(path)
        root = document.single() if document is not None else None
    except RepositoryError:
        return  # K9 has it
    if root is None:
        yield env.file(path, 0, f"{env.name} has no environment.yaml")
        return
    for place, message in faults(plain_data(root), WHOLE):
        yield env.file(path, line_at(root, place), f"environment.yaml: {message}")
    try:
        facts = env.tree.environment(env.name)
    except RepositoryError as error:
        if not faults(plain_data(root), WHOLE):
            yield env.file(path, error.line, f"environment.yaml: {error.message}")
        return
    if facts.environment and facts.environment != env.name:
        line = line_at(root, ["environment"])
        yield env.file(path, line, f"this is the environment {env.name}: {facts.environment}")
    yield from _classes(env, facts, root)
    yield from _roles(env, facts, root)
    known = env.tree.services(env.name)
    for service in facts.versions:
        if service not in known:
            line = line_at(root, ["versions", service])
            yield env.file(path, line, f"`versions` names no service of {env.name}: {service}")


def _roles(env: World, facts: Environment, root: Node) -> Iterator[Fault]:
    """Yield the nodes that nobody asks for: a misspelt role would leave a service without the nodes of its plan."""
    named = {planned.nodes for planned in env.workloads.values() if planned.nodes is not None}
    for index, group in enumerate(facts.nodes):
        if group.role not in named | EVERYBODYS:
            line = line_at(root, ["nodes", index, "role"])
            known = ", ".join(sorted(named)) or "none"
            message = f"no plan names the nodes of this role: {group.role}; the plans name {known}"
            yield env.file(layout.environment_file(env.name), line, message)


def _classes(env: World, facts: Environment, root: Node) -> Iterator[Fault]:
    """Yield the StorageClasses that the platform does not make, and those that no volume of may grow."""
    path, made = layout.environment_file(env.name), {one.object.name for one in env.of("StorageClass")}
    classes = structs.asdict(facts.classes) if facts.classes is not None else {}
    for key, name in classes.items():
        if made and name not in made:
            yield env.file(path, line_at(root, ["classes", key]), f"the platform makes no StorageClass {name}")
        if facts.growth is not None and name not in facts.growth.classes:
            line = line_at(root, ["growth", "classes"])
            yield env.file(path, line, f"growth.classes has no limits for {key}: {name}")


@rule(
    "L7",
    title="Production demands the strictest gates, and the last environment is production",
    remedy="say `tier: production` and, under `gates`, `digest: required` and `prune: confirm`",
    source="base/README.md#layout",
)
def production(env: World) -> Iterator[Fault]:
    """What guards an environment is data, which is copied with it; without this rule one edit would take it away."""
    path, facts = layout.environment_file(env.name), env.facts
    document = env.tree.document(path) if facts is not None else None  # K9 has what can't be parsed
    if facts is None or document is None:
        return
    root, names = document.single(), env.tree.settings.environments
    if facts.is_production and not facts.gates.holds_pruning:
        line = line_at(root, ["gates", "prune"])
        yield env.file(path, line, f"{env.name} asks a person before it deletes: gates.prune is confirm")
    if len(names) > 1 and env.name == names[-1] and not facts.is_production:
        line = line_at(root, ["tier"])
        yield env.file(path, line, f"the last environment in the order of promotion is production: {env.name}")


@rule(
    "L4",
    title="A service of the plan, or of the first environment, has its unit in every one",
    remedy="add the unit, and list it in the environment's kustomization.yaml",
    source="base/README.md#layout",
)
def everywhere(env: World) -> Iterator[Fault]:
    """The environments differ in numbers, not in what they are made of."""
    first, *others = env.tree.settings.environments
    elsewhere = {name for other in others for name in env.tree.services(other)} & env.workloads.keys()
    for service in sorted({*env.tree.services(first), *elsewhere} - set(env.tree.services(env.name))):
        yield env.file(layout.aggregate_file(env.name), 1, f"{env.name} lacks the service {service}")


@rule(
    "L5",
    title="Every image that a unit runs is pinned in its kustomization",
    remedy="name the image by its placeholder in the base, and pin it in the overlay",
    source="base/README.md#layout",
)
def pinned(env: World) -> Iterator[Fault]:
    """A version that stands in a base is one that no bump or digest reaches."""
    pinned = {unit: [pin for pin in found.pins if pin.is_versioned] for unit, found in env.units}
    running: list[tuple[Part, str, Path]] = [(one, one.image, ("image",)) for one in env.containers()]
    running += [(made, str(made.get("spec", "imageName")), ("spec", "imageName")) for made in env.of("Cluster")]
    for part, image, path in running:
        unit = part.owner.unit
        if not any(pin.renders(image) for pin in pinned[unit]):
            yield env.at(part, f"{unit.service} runs an image that it does not pin: {image}", path)

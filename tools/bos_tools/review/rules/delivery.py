"""How a version arrives: web-init, pins, and the aggregator (base/README.md, rules 8, 9 and 11)."""

from collections.abc import Iterator
from typing import Any

from bos_tools.review.registry import Fault, rule
from bos_tools.review.rendered import Rendered, down, line_of
from bos_tools.review.world import World
from bos_tools.tree import layout
from bos_tools.tree.image_names import is_own
from bos_tools.tree.nodes import Path
from bos_tools.tree.scheme import USUAL, scheme
from bos_tools.tree.tag import is_moving, misspelt


@rule(
    "P8",
    title="web-init unpacks the assets once per version, as an Argo CD hook, and is the volume's only writer",
    remedy=(
        "keep base/web/job.yaml a Sync hook with BeforeHookCreation, of the image that web runs; web mounts "
        "the volume read-only"
    ),
    source="base/README.md#rule-8",
)
def web_init(env: World) -> Iterator[Fault]:
    """A Job's template is immutable, so each sync makes it anew; a second writer would tear a release apart."""
    web = env.one("Deployment", "web")
    job = env.one("Job", "web-init")
    if web is None or not _mounts(web, "frontend-data"):
        return
    if job is None:
        yield env.at(web, "web has a volume for its assets and no Job web-init")
        return
    notes = job.get("metadata", "annotations") or {}
    for key, value in (("hook", "Sync"), ("hook-delete-policy", "BeforeHookCreation")):
        if notes.get(f"argocd.argoproj.io/{key}") != value:
            yield env.at(
                job,
                f"web-init is an Argo CD hook: {key} {value}",
                ("metadata", "annotations", f"argocd.argoproj.io/{key}"),
            )
    for index, mount in _mounts(web, "frontend-data"):
        if mount.get("readOnly") is not True:
            path: Path = ("spec", "template", "spec", "containers", 0, "volumeMounts", index)
            yield env.at(web, "web mounts frontend-data read-only", path)
    images = {container.get("image") for container in job.get("spec", "template", "spec", "containers") or []}
    if images != {c.get("image") for c in web.get("spec", "template", "spec", "containers") or []}:
        place: Path = ("spec", "template", "spec", "containers", 0, "image")
        yield env.at(job, "web-init unpacks another image than web runs", place)
    if not _mounts(job, "frontend-data"):
        yield env.at(job, "web-init does not mount frontend-data", ("spec", "template", "spec", "volumes"))
    scripts = [
        m
        for m in env.of("ConfigMap")
        if m.unit.service == "web" and any(".initialized" in str(v) for v in (m.get("data") or {}).values())
    ]
    if not scripts:
        yield env.at(job, "web-init keeps no sentinel .initialized")


def _mounts(made: Rendered, claim: str) -> list[tuple[int, Any]]:
    pod = made.get("spec", "template", "spec") or {}
    names = [v.get("name") for v in pod.get("volumes") or [] if down(v, "persistentVolumeClaim", "claimName") == claim]
    first = (pod.get("containers") or [{}])[0]
    return [(i, m) for i, m in enumerate(first.get("volumeMounts") or []) if m.get("name") in names]


@rule(
    "P9",
    title="Every pin is an explicit version, and has a digest where the environment demands it",
    remedy="`bos-tools bump SERVICE=VERSION`, with `--digest` where the environment demands one",
    source="base/README.md#rule-9",
)
def versions(env: World) -> Iterator[Fault]:
    """A moving tag is another program tomorrow; what moves, and what is a version of a service at all, its policy says
    (`versions` of plan.yaml or environment.yaml). `gates.undigested` of environment.yaml allows exact pins made with no
    registry at hand.
    """
    gates = env.gates
    file = layout.environment_file(env.name)
    if env.facts is not None and env.facts.is_production and not gates.needs_digest:
        line = line_of(env.files.get(file, b""), b"digest:")
        yield env.file(file, line, f"{env.name} pins digests: gates.digest is required")
    for unit, found in env.units:
        for pin in found.pins:
            is_planned = len(found.pins) == 1 or is_own(unit.service, pin.name)
            by = scheme(unit.service, env.facts, env.plans.get(unit.service)) if is_planned else USUAL
            line = _field(pin.node, "newTag") or pin.line
            if not pin.tag and not pin.digest:
                yield env.file(found.path, line, f"{pin.name} is pinned to no version")
            for key, wrong in misspelt(pin.tag, pin.digest):
                yield env.file(found.path, _field(pin.node, key) or pin.line, f"{pin.name}: {wrong}")
            if pin.tag and by.moves(pin.tag):
                yield env.file(found.path, line, f"{pin.name} is pinned to a moving tag: {pin.tag}")
            elif pin.tag and (wrong := by.read(pin.tag).wrong):
                said = f"{pin.name} has versions by {by.name}, and is pinned to none: {pin.tag}: {wrong}"
                yield env.file(found.path, line, said)
            if gates.needs_digest and not pin.digest and f"{pin.name}:{pin.tag}" not in gates.undigested:
                yield env.file(found.path, line, f"{env.name} pins digests, and {pin.name} has none: {pin.tag}")
    pinned = [pin for _, found in env.units for pin in found.pins if pin.is_versioned]
    for container in env.containers():
        image = container.image
        if (
            "@" not in image
            and (":" not in image.rpartition("/")[2] or is_moving(image.rpartition(":")[2]))
            and not any(pin.renders(image) for pin in pinned)
        ):
            yield env.at(container, f"{container.pod.name} runs no explicit version: {image}", ("image",))


def _field(node: Any, key: str) -> int:
    return next((k.line for k in node.keys if k.value == key), 0)


@rule(
    "P11",
    title="The whole environment is what its units are: the aggregator lists each of them, and nothing else",
    remedy="list each unit once under `resources` of the environment's kustomization.yaml, and keep nothing else there",
    source="base/README.md#rule-11",
)
def aggregator(env: World) -> Iterator[Fault]:
    """Argo CD syncs the units, a cluster without it the aggregator: both must get the same."""
    found = env.aggregator
    if found is None:
        if layout.aggregate_file(env.name) not in env.files:  # else K9 has it
            yield env.file(layout.aggregate(env.name), 1, f"{env.name} has no kustomization that lists its units")
        return
    services = env.tree.services(env.name)
    listed: dict[str, int] = {}
    for item in found.sequence("resources"):
        name = item.value.removeprefix("./").rstrip("/")
        if name in listed or name not in services:
            said = "twice" if name in listed else "what is no unit"
            yield env.file(found.path, item.line, f"{env.name} lists {said}: {name}")
        listed[name] = item.line
    for service in services:
        if service not in listed:
            yield env.file(found.path, _field(found.root, "resources") or 1, f"{env.name} does not list {service}")
    for key in found.root.keys:
        if key.value not in ("apiVersion", "kind", "resources"):
            yield env.file(found.path, key.line, f"an aggregator only lists: {key.value}")

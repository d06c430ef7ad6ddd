"""The plan's rules on reaching and releasing the services: routes, access, secrets, web-init, versions (plan.md)."""

import re
from collections.abc import Iterator
from typing import Any

from bos_tools.review.findings import Finding
from bos_tools.review.world import Environment, Made, down
from bos_tools.tree.nodes import Path
from bos_tools.tree.version import is_moving

PROXY = re.compile(rb"^[^#\n]*http://backend[^\s:/]*:3001", re.MULTILINE)


def p5_routes(env: Environment) -> Iterator[Finding]:
    """The Ingress `buildingos-ingress` of class nginx routes / to web, /api to backend and /mqtt to emqx.

    Source: plan.md, rule 5; inside the cluster only Service names are used, and web proxies to http://backend:3001/.
    """
    wanted = {"/": ("web", 80), "/api": ("backend", 3001), "/mqtt": ("emqx", 8083)}
    for made in env.of("Ingress"):
        if made.object.name != "buildingos-ingress":
            yield env.at(made, f"the Ingress is named buildingos-ingress: {made.object.name}", ("metadata", "name"))
        if made.get("spec", "ingressClassName") != "nginx":
            yield env.at(made, "the Ingress is of class nginx", ("spec", "ingressClassName"))
        for rule_index, rule in enumerate(made.get("spec", "rules") or []):
            paths = down(rule, "http", "paths") or []
            found = {
                path.get("path"): (
                    down(path, "backend", "service", "name"),
                    down(path, "backend", "service", "port", "number"),
                )
                for path in paths
            }
            place: Path = ("spec", "rules", rule_index, "http", "paths")
            for route, target in wanted.items():
                if found.get(route) != target:
                    index = next((i for i, path in enumerate(paths) if path.get("path") == route), None)
                    yield env.at(
                        made, f"{route} goes to {target[0]}:{target[1]}", place if index is None else (*place, index)
                    )
    for unit, _ in env.units:
        for file, data in env.tree.graph.closure(unit.folder).items() if unit.service == "web" else ():
            if file.endswith("nginx.conf") and not PROXY.search(data):
                yield env.file(file, _line_of(data, b"location ^~ /api/"), "web proxies /api/ to http://backend:3001/")


def p6_access(env: Environment) -> Iterator[Finding]:
    """dev is reached by NodePort, preprod and prod by the Ingress.

    Source: plan.md, rule 6; `access` of environment.yaml.
    """
    access = env.says.get("access")
    web = env.one("Service", "web")
    kind = web.get("spec", "type") or "ClusterIP" if web else None
    if web is not None and access == "nodeport" and kind != "NodePort":
        yield env.at(web, f"{env.name} is reached by NodePort, and Service web is a {kind}", ("spec", "type"))
    if access == "ingress":
        for made in env.of("Service"):
            if made.get("spec", "type") == "NodePort":
                yield env.at(made, f"{env.name} is reached by the Ingress, not by NodePort", ("spec", "type"))
        if web is not None and not any(env.of("Ingress")):
            yield env.file(f"overlays/{env.name}/kustomization.yaml", 1, f"{env.name} has no Ingress")


def p7_secrets(env: Environment) -> Iterator[Finding]:
    """Every pod pulls with `swr-cred`, and no secret value is in Git.

    Source: plan.md, rule 7; the contract of Secrets is in manifests.md, section 8.
    """
    for made, pod, path in env.pods():
        if {"name": "swr-cred"} not in (pod.get("imagePullSecrets") or []):
            yield env.at(made, f"{made.object.name} does not pull with swr-cred", (*path, "imagePullSecrets"))
    for made in env.of("Secret"):
        yield env.at(made, f"a Secret in Git: {made.object.name}")
    for unit, _ in env.units:
        for file, data in env.tree.graph.closure(unit.folder).items():
            for mark in (b"PRIVATE KEY-----", b"secretGenerator:"):
                if mark in data:
                    yield env.file(file, _line_of(data, mark), f"a secret value in Git: {mark.decode()}")


def p8_web_init(env: Environment) -> Iterator[Finding]:
    """web-init unpacks the assets once per version, as an Argo CD hook, and is the volume's only writer.

    Source: plan.md, rule 8 and "Decided": a Job's template is immutable, so each sync makes it anew.
    """
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
    scripts = [
        m
        for m in env.of("ConfigMap")
        if m.unit.service == "web" and any(".initialized" in str(v) for v in (m.get("data") or {}).values())
    ]
    if not scripts:
        yield env.at(job, "web-init keeps no sentinel .initialized")


def _mounts(made: Made, claim: str) -> list[tuple[int, Any]]:
    pod = made.get("spec", "template", "spec") or {}
    names = [v.get("name") for v in pod.get("volumes") or [] if down(v, "persistentVolumeClaim", "claimName") == claim]
    first = (pod.get("containers") or [{}])[0]
    return [(i, m) for i, m in enumerate(first.get("volumeMounts") or []) if m.get("name") in names]


def p9_versions(env: Environment) -> Iterator[Finding]:
    """Every pin is an explicit version, and has a digest where the environment demands it.

    Source: plan.md, rule 9. `gates.undigested` of environment.yaml allows exact pins made with no registry at hand.
    """
    gates = env.tree.gates(env.name)
    for _, found in env.units:
        for pin in found.pins:
            line = _field(pin.node, "newTag") or pin.line
            if pin.tag and is_moving(pin.tag):
                yield env.file(found.path, line, f"{pin.name} is pinned to a moving tag: {pin.tag}")
            if gates.needs_digest and not pin.digest and f"{pin.name}:{pin.tag}" not in gates.undigested:
                yield env.file(found.path, line, f"{env.name} pins digests, and {pin.name} has none: {pin.tag}")
    for made, container, path in env.containers():
        image = str(container.get("image") or "")
        if "@" not in image and (":" not in image.rpartition("/")[2] or is_moving(image.rpartition(":")[2])):
            yield env.at(made, f"{made.object.name} runs no explicit version: {image}", (*path, "image"))


def _field(node: Any, key: str) -> int:
    return next((k.line for k in node.keys if k.value == key), 0)


def p11_pipeline(env: Environment) -> Iterator[Finding]:
    """The whole environment is what its units are: the aggregator lists each of them, and nothing else.

    Source: plan.md, rule 11; design.md, "The repository": Argo CD syncs the units, a cluster without it the aggregator.
    """
    found = env.tree.graph.kustomization(f"overlays/{env.name}")
    if found is None:
        yield env.file(f"overlays/{env.name}", 0, f"{env.name} has no kustomization that lists its units")
        return
    listed = {item.value: item.line for item in found.sequence("resources")}
    for unit, _ in env.units:
        if unit.service not in listed:
            yield env.file(found.path, _field(found.root, "resources") or 1, f"{env.name} does not list {unit.service}")
    for key in found.root.keys:
        if key.value not in ("apiVersion", "kind", "resources"):
            yield env.file(found.path, key.line, f"an aggregator only lists: {key.value}")


def _line_of(data: bytes, mark: bytes) -> int:
    at = data.find(mark)
    return data.count(b"\n", 0, at) + 1 if at >= 0 else 1

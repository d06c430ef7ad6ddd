"""The rules that the plan numbers, and its table (plan.md)."""

import re
from collections.abc import Iterator
from typing import Any

from bos_tools.review.findings import Finding
from bos_tools.review.plan import SERVICES
from bos_tools.review.quantity import GIB, quantity
from bos_tools.review.world import Environment, Made, down
from bos_tools.tree.nodes import Path
from bos_tools.tree.version import is_moving

HEALTHCHECK = ["node", "/app/healthcheck.js"]
PROXY = re.compile(rb"^[^#\n]*http://backend[^\s:/]*:3001", re.MULTILINE)


def p0_numbers(env: Environment) -> Iterator[Finding]:
    """Each service has the kind, ports, requests and limits of the plan's table.

    Source: plan.md, table "Services". Too small a request means eviction and late probes.
    """
    for name, planned in SERVICES.items():
        made = env.one(planned.kinds[0], name)
        if name not in {unit.service for unit, _ in env.units}:
            continue
        if made is None:
            path = f"overlays/{env.name}/{name}/kustomization.yaml"
            yield env.file(path, 1, f"{name} is no {' or '.join(planned.kinds)}")
            continue
        for index, container in enumerate(made.get("spec", "template", "spec", "containers") or []):
            if container.get("name") == name:
                yield from _resources(env, made, container, index)
        service = env.one("Service", name)
        ports = {port.get("port") for port in service.get("spec", "ports") or []} if service else set()
        if service is not None and not set(planned.ports) <= ports:
            missing = ", ".join(str(port) for port in planned.ports if port not in ports)
            yield env.at(service, f"Service {name} lacks port {missing}", ("spec", "ports"))
        if planned.hpa is None and made.get("spec", "replicas") != 1:
            yield env.at(made, f"{name} has one replica: {made.get('spec', 'replicas')}", ("spec", "replicas"))


def _resources(env: Environment, made: Made, container: Any, index: int) -> Iterator[Finding]:
    planned = SERVICES[made.object.name]
    for side, pair in (("requests", planned.requests), ("limits", planned.limits)):
        for key, value in zip(("cpu", "memory"), pair, strict=True):
            found = down(container, "resources", side, key)
            if quantity(found) != quantity(value):
                path: Path = ("spec", "template", "spec", "containers", index, "resources", side, key)
                yield env.at(made, f"{made.object.name} {side} {key} is {value} in the plan: {found}", path)


def p1_claims(env: Environment) -> Iterator[Finding]:
    """Every claim is in the plan's range and of a StorageClass that can grow it.

    Source: plan.md, rule 1, and the table's ranges. Only the requested storage of a bound claim ever changes, and only
    upwards.
    """
    classes = {made.object.name: made for made in env.of("StorageClass")}
    for made in classes.values():
        if made.get("allowVolumeExpansion") is not True:
            yield env.at(made, f"StorageClass {made.object.name} can't grow a claim", ("allowVolumeExpansion",))
    ranges = {claim: sizes for planned in SERVICES.values() for claim, sizes in planned.claims.items()}
    for made in env.of("PersistentVolumeClaim"):
        name = made.object.name
        used = made.get("spec", "storageClassName")
        if used not in classes:
            yield env.at(
                made, f"claim {name} is of a class that the platform lacks: {used}", ("spec", "storageClassName")
            )
        size = quantity(made.get("spec", "resources", "requests", "storage"))
        sizes = ranges.get(name)
        if size is None or (sizes and not sizes[0] * GIB <= size <= sizes[1] * GIB):
            shown = made.get("spec", "resources", "requests", "storage")
            within = f"{sizes[0]}–{sizes[1]}Gi" if sizes else "a size"
            yield env.at(
                made, f"claim {name} is {within} in the plan: {shown}", ("spec", "resources", "requests", "storage")
            )
    for name, planned in SERVICES.items():
        for claim in planned.claims if name in {unit.service for unit, _ in env.units} else ():
            if env.one("PersistentVolumeClaim", claim) is None:
                yield env.file(f"overlays/{env.name}/{name}/kustomization.yaml", 1, f"{name} lacks its claim {claim}")


def p2_spread(env: Environment) -> Iterator[Finding]:
    """web and backend spread over nodes, keep one pod through a drain, and scale on CPU 60 % from 2 to 6.

    Source: plan.md, rule 2.
    """
    for name, planned in SERVICES.items():
        made = env.one("Deployment", name)
        if planned.hpa is None or made is None:
            continue
        affinity: Path = ("spec", "template", "spec", "affinity")
        if not down(made.data, *map(str, affinity), "podAntiAffinity"):
            yield env.at(made, f"{name} has no podAntiAffinity over nodes", affinity)
        budget = next((b for b in env.of("PodDisruptionBudget") if b.object.name == name), None)
        if budget is None or budget.get("spec", "minAvailable") != 1:
            yield env.at(
                budget or made, f"{name} has no PodDisruptionBudget with minAvailable 1", ("spec", "minAvailable")
            )
        scaler = env.one("HorizontalPodAutoscaler", name)
        if scaler is None:
            yield env.at(made, f"{name} has no HorizontalPodAutoscaler")
            continue
        for key, value in zip(("minReplicas", "maxReplicas"), planned.hpa, strict=False):
            if scaler.get("spec", key) != value:
                yield env.at(scaler, f"{name} {key} is {value} in the plan: {scaler.get('spec', key)}", ("spec", key))
        targets = [
            down(metric, "resource", "target", "averageUtilization")
            for metric in scaler.get("spec", "metrics") or []
            if down(metric, "resource", "name") == "cpu"
        ]
        if targets != [planned.hpa[2]]:
            path: Path = ("spec", "metrics", 0, "resource", "target", "averageUtilization")
            yield env.at(scaler, f"{name} scales on CPU {planned.hpa[2]} %: {targets}", path)


def p3_probes(env: Environment) -> Iterator[Finding]:
    """Every container has readiness and liveness probes with explicit delays; web asks /health, backend its own script.

    Source: plan.md, rule 3. A default delay or timeout is a number that nobody chose.
    """
    for made, container, path in env.containers():
        if made.object.kind in ("Job", "CronJob") or "initContainers" in path:
            continue
        name = made.object.name
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            said = container.get(probe)
            if not said and probe == "startupProbe":
                continue
            if not said:
                yield env.at(made, f"{name} has no {probe}", (*path, probe))
                continue
            for key in ("initialDelaySeconds", "timeoutSeconds"):
                if key not in said:
                    yield env.at(made, f"{name} {probe} leaves {key} to a default", (*path, probe, key))
            if name == "web" and down(said, "httpGet", "path") != "/health":
                yield env.at(made, f"web {probe} asks GET /health", (*path, probe, "httpGet", "path"))
            if name == "backend" and down(said, "exec", "command") != HEALTHCHECK:
                yield env.at(made, f"backend {probe} runs `{' '.join(HEALTHCHECK)}`", (*path, probe, "exec", "command"))


def p4_nodes(env: Environment) -> Iterator[Finding]:
    """ZLMediaKit and the databases run on dedicated nodes, where the environment has them.

    Source: plan.md, rule 4: node labels, nodeAffinity, and a toleration for the taint.
    """
    roles = {node.get("role") for node in env.says.get("nodes") or [] if isinstance(node, dict)}
    for name, planned in SERVICES.items():
        made = env.one(planned.kinds[0], name)
        if made is None or planned.role not in roles:
            continue
        pod = made.get("spec", "template", "spec") or {}
        terms = down(
            pod, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"
        )
        values = [v for term in terms or [] for e in term.get("matchExpressions") or [] for v in e.get("values") or []]
        path: Path = ("spec", "template", "spec")
        if values != [planned.role]:
            yield env.at(made, f"{name} is not bound to {planned.role} nodes", (*path, "affinity", "nodeAffinity"))
        if not any(t.get("value") == planned.role for t in pod.get("tolerations") or []):
            yield env.at(made, f"{name} does not tolerate the taint of {planned.role} nodes", (*path, "tolerations"))


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
    used: set[str] = set()
    for _, found in env.units:
        for pin in found.pins:
            used.add(f"{pin.name}:{pin.tag}")
            line = _field(pin.node, "newTag") or pin.line
            if pin.tag and is_moving(pin.tag):
                yield env.file(found.path, line, f"{pin.name} is pinned to a moving tag: {pin.tag}")
            if gates.needs_digest and not pin.digest and f"{pin.name}:{pin.tag}" not in gates.undigested:
                yield env.file(found.path, line, f"{env.name} pins digests, and {pin.name} has none: {pin.tag}")
    for made, container, path in env.containers():
        image = str(container.get("image") or "")
        if "@" not in image and (":" not in image.rpartition("/")[2] or is_moving(image.rpartition(":")[2])):
            yield env.at(made, f"{made.object.name} runs no explicit version: {image}", (*path, "image"))
    file = f"overlays/{env.name}/environment.yaml"
    for stale in sorted(gates.undigested - used):
        yield env.file(
            file,
            _line_of(env.tree.source.read(file) or b"", stale.encode()),
            f"no pin is {stale}: remove the allowance",
        )


def _field(node: Any, key: str) -> int:
    return next((k.line for k in node.keys if k.value == key), 0)


def p10_growth(env: Environment) -> Iterator[Finding]:
    """Replicas belong to the HPA, and a claim that many replicas mount is ReadWriteMany.

    Source: plan.md, rule 10 and "Decided". A count in Git fights the HPA under self-heal; a ReadWriteOnce volume keeps
    pods on other nodes in ContainerCreating, unless a required podAffinity keeps them on one.
    """
    scaled = {}
    for made in env.of("HorizontalPodAutoscaler"):
        target = down(made.data, "spec", "scaleTargetRef", "name")
        scaled[target] = made.get("spec", "maxReplicas") or 1
        workload = env.one("Deployment", str(target))
        if workload is None:
            yield env.at(made, f"the HPA scales what does not exist: {target}", ("spec", "scaleTargetRef", "name"))
        elif workload.get("spec", "replicas") is not None:
            yield env.at(workload, f"{target} has a count in Git that fights its HPA", ("spec", "replicas"))
    for made, pod, path in env.pods():
        if scaled.get(made.object.name, 1) < 2 or _on_one_node(pod):
            continue
        for index, volume in enumerate(pod.get("volumes") or []):
            claim = env.one("PersistentVolumeClaim", str(down(volume, "persistentVolumeClaim", "claimName")))
            if claim is not None and "ReadWriteMany" not in (claim.get("spec", "accessModes") or []):
                name = claim.object.name
                yield env.at(
                    made,
                    f"{made.object.name} has many replicas, and {name} is not ReadWriteMany",
                    (*path, "volumes", index),
                )


def _on_one_node(pod: Any) -> bool:
    terms = down(pod, "affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution") or []
    return any(term.get("topologyKey") == "kubernetes.io/hostname" for term in terms)


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

"""How a service is reached: the Ingress, node ports, and the network policies of both ends."""

import re
from collections.abc import Iterator
from typing import Any

from bos_tools.review.registry import Fault, rule
from bos_tools.review.rendered import Rendered, down, line_of, selected
from bos_tools.review.world import World
from bos_tools.tree import layout
from bos_tools.tree.nodes import Path

ROUTES = {"/": ("web", 80), "/api": ("backend", 3001), "/mqtt": ("emqx", 8083)}
NOTES = re.compile(r"^(nginx\.org|(?=[a-z.]*ingress)[a-z.-]*+|traefik\.io)/")
PROXY = re.compile(rb"^[^#\n]*http://backend[^\s:/]*:3001", re.MULTILINE)


@rule(
    "P5",
    title="The Ingress `buildingos-ingress` of class nginx routes / to web, /api to backend and /mqtt to emqx",
    remedy="write the three routes in base/ingress, and the host in the overlay, as environment.yaml has it",
    source="base/README.md#rule-5",
)
def routes(env: World) -> Iterator[Fault]:
    """Inside the cluster only Service names are used, and web proxies to http://backend:3001/. An annotation that only
    one controller reads is lost with the next controller.
    """
    for made in env.of("Ingress"):
        if made.object.name != "buildingos-ingress":
            yield env.at(made, f"the Ingress is named buildingos-ingress: {made.object.name}", ("metadata", "name"))
        if made.get("spec", "ingressClassName") != "nginx":
            yield env.at(made, "the Ingress is of class nginx", ("spec", "ingressClassName"))
        for note in made.get("metadata", "annotations") or {}:
            if NOTES.search(note) and note != "nginx.org/websocket-services":
                place: Path = ("metadata", "annotations", note)
                yield env.at(made, f"an annotation that only one controller reads: {note}", place)
        if not made.get("spec", "rules"):
            yield env.at(made, "the Ingress has no rules", ("spec", "rules"))
        for index, entry in enumerate(made.get("spec", "rules") or []):
            yield from _routed(env, made, entry, ("spec", "rules", index))
    for file, data in env.files.items():
        if file.startswith(f"{layout.base('web')}/") and file.endswith("nginx.conf") and not PROXY.search(data):
            yield env.file(file, line_of(data, b"location ^~ /api/"), "web proxies /api/ to http://backend:3001/")


def _routed(env: World, made: Rendered, entry: Any, at: Path) -> Iterator[Fault]:
    if env.facts is not None and entry.get("host") != env.facts.host:
        yield env.at(made, f"the host of {env.name} is {env.facts.host}: {entry.get('host')}", (*at, "host"))
    paths = down(entry, "http", "paths") or []
    for route, (name, port) in ROUTES.items():
        index = next((i for i, path in enumerate(paths) if path.get("path") == route), None)
        service = down(paths[index], "backend", "service") if index is not None else None
        if (down(service, "name"), down(service, "port", "number")) != (name, port):
            place = (*at, "http", "paths")
            yield env.at(made, f"{route} goes to {name}:{port}", place if index is None else (*place, index))


@rule(
    "P6",
    title="An environment is reached as its `access` says: by NodePort or by the Ingress",
    remedy="use the component `nodeport` where access is nodeport, and base/ingress where it is ingress",
    source="base/README.md#rule-6",
)
def access(env: World) -> Iterator[Fault]:
    """A node port beside the Ingress is a way in past its TLS and its limits."""
    access = env.facts.access if env.facts is not None else None
    web = env.one("Service", "web")
    kind = web.get("spec", "type") or "ClusterIP" if web else None
    if web is not None and access == "nodeport" and kind != "NodePort":
        yield env.at(web, f"{env.name} is reached by NodePort, and Service web is a {kind}", ("spec", "type"))
    if access == "ingress":
        for made in env.of("Service"):
            if made.get("spec", "type") == "NodePort":
                yield env.at(made, f"{env.name} is reached by the Ingress, not by NodePort", ("spec", "type"))
        if web is not None and not any(env.of("Ingress")) and env.is_whole:
            yield env.file(layout.aggregate_file(env.name), 1, f"{env.name} has no Ingress")


@rule(
    "S13",
    title="Every network policy selects some pod, opens to someone, and names peers that exist",
    remedy="write the labels of the pods at both ends",
    source="base/README.md#traffic",
)
def policies(env: World) -> Iterator[Fault]:
    """A misspelt label is silent: the policy allows nothing, or nobody. A rule without peers allows everybody."""
    if not env.is_whole:
        return
    pods = list(env.labelled())
    for made in env.of("NetworkPolicy"):
        spec = made.get("spec") or {}
        if not any(selected(spec.get("podSelector"), labels) for _, labels in pods):
            yield env.at(made, f"the policy {made.object.name} selects no pod", ("spec", "podSelector"))
        for side, key in (("ingress", "from"), ("egress", "to")):
            for index, entry in enumerate(spec.get(side) or []):
                path: Path = ("spec", side, index)
                if not entry.get(key):
                    yield env.at(made, f"the policy {made.object.name} is open {key} everybody", path)
                for number, peer in enumerate(entry.get(key) or []):
                    inside = "namespaceSelector" not in peer and "ipBlock" not in peer
                    if inside and not any(selected(peer.get("podSelector"), labels) for _, labels in pods):
                        message = f"the policy {made.object.name} names a peer that no pod is"
                        yield env.at(made, message, (*path, key, number))


@rule(
    "S14",
    title="What one pod may send, the other may receive, and the other way round",
    remedy="add the rule at the other end, or take this one out",
    source="base/README.md#traffic",
)
def both_ends(env: World) -> Iterator[Fault]:
    """The default denies both ways, so a connection needs a rule at each end."""
    if not env.is_whole:
        return
    pods = list(env.labelled())
    sends, receives = _flows(env, pods, "egress", "to"), _flows(env, pods, "ingress", "from")
    for (source, target, port), (made, path) in sends.items():
        if (source, target, port) not in receives:
            yield env.at(made, f"{source} may send to {target} at {port}, which {target} does not receive", path)
    for (source, target, port), (made, path) in receives.items():
        if (source, target, port) not in sends:
            yield env.at(made, f"{target} may receive from {source} at {port}, which {source} does not send", path)


def _flows(
    env: World, pods: list[tuple[Rendered, dict[str, Any]]], side: str, key: str
) -> dict[tuple[str, str, str], tuple[Rendered, Path]]:
    """Return who may reach whom at which port by pod selectors of one side, and the rule that says so."""
    found: dict[tuple[str, str, str], tuple[Rendered, Path]] = {}
    for made in env.of("NetworkPolicy"):
        own = [pod.object.name for pod, labels in pods if selected(made.get("spec", "podSelector"), labels)]
        for index, entry in enumerate(made.get("spec", side) or []):
            chosen = [peer.get("podSelector") for peer in entry.get(key) or [] if set(peer) == {"podSelector"}]
            peers = [pod.object.name for pod, labels in pods if any(selected(one, labels) for one in chosen)]
            for number, said in enumerate(entry.get("ports") or [{}]):
                port = f"{said.get('port', 'all')}/{said.get('protocol', 'TCP')}"
                place: Path = ("spec", side, index, "ports", number)
                for one in own:
                    for other in peers:
                        flow = (one, other, port) if side == "egress" else (other, one, port)
                        found.setdefault(flow, (made, place))
    return found

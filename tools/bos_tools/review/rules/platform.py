"""What an environment needs beside its own objects: the platform applications of environment.yaml."""

from collections.abc import Iterator
from typing import Any

from bos_tools.review.registry import Fault, rule
from bos_tools.review.rendered import down, line_of, tolerates
from bos_tools.review.world import World
from bos_tools.tree import layout

NEEDS = {
    "HorizontalPodAutoscaler": ("metrics-server",),
    "Ingress": ("nginx-ingress",),
    "Cluster": ("cloudnative-pg",),
    "ObjectStore": ("plugin-barman-cloud", "cert-manager"),
}
"""A kind of object, and the applications without which nothing makes anything of it (base/README.md, "Clusters")."""


@rule(
    "L6",
    title=(
        "What an environment's objects need is a platform application of its own, and the ingress runs on its own nodes"
    ),
    remedy="add the application to `platform` of environment.yaml",
    source="base/README.md#clusters",
)
def platform(env: World) -> Iterator[Fault]:
    """An object of which no controller knows is silent."""
    file = layout.environment_file(env.name)
    if env.facts is None:
        return
    known = {add_on.name: add_on for add_on in env.facts.platform}
    line = line_of(env.files.get(file, b""), b"platform:")
    for kind, names in NEEDS.items():
        for name in names if any(env.of(kind)) else ():
            if name not in known:
                yield env.file(file, line, f"{env.name} has a {kind} and no platform application {name}")
    node = env.nodes("ingress")
    if node is None or "nginx-ingress" not in known:
        return
    said: Any = down(known["nginx-ingress"].values, "controller")
    line = line_of(env.files.get(file, b""), b"- name: nginx-ingress")
    chosen = down(said, "nodeSelector")
    if not isinstance(chosen, dict) or not chosen or not chosen.items() <= node.labels.items():
        yield env.file(file, line, f"the ingress of {env.name} does not select its own nodes")
    listed = down(said, "tolerations")
    borne = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    for taint in node.taints:
        if not any(tolerates(one, taint) for one in borne):
            yield env.file(file, line, f"the ingress of {env.name} does not tolerate a taint of its nodes: {taint}")

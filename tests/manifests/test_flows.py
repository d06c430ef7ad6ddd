"""Who talks to whom, by the configurations, is who may talk to whom, by the policies: no less and no more."""

import configparser
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
import yaml

from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects
from bos_tools.review.rendered import Pod, Rendered, selected
from bos_tools.review.rules.pods import named
from bos_tools.tree.identity import Object
from bos_tools.tree.layout import Tree, Unit
from harness import ROOT

TREE = Tree(WorkTree(ROOT))
ENVIRONMENTS = TREE.settings.environments
WORKLOADS = ("Deployment", "StatefulSet", "Job")
DEVICES, ANYWHERE = "devices", "anywhere"
BLOCKS = {
    frozenset({"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}): DEVICES,
    frozenset({"0.0.0.0/0"}): ANYWHERE,
}


class Flow(NamedTuple):
    """One pod, or someone outside, reaches another at a port of the pod."""

    source: str
    target: str
    port: int
    protocol: str = "TCP"


class World:
    """One environment, rendered."""

    def __init__(self, env: str) -> None:
        self.made = objects(Renderer().one(TREE.graph, f"overlays/{env}"))
        self.says = yaml.safe_load((ROOT / f"overlays/{env}/environment.yaml").read_text())
        self.pods: dict[str, dict[str, str]] = {}
        self.specs: dict[str, Any] = {}
        self.copies: dict[str, int] = {}
        for one in self.of(*WORKLOADS):
            self.pods[one.name] = one.data["spec"]["template"]["metadata"]["labels"]
            self.specs[one.name] = one.data["spec"]["template"]["spec"]
            self.copies[one.name] = one.data["spec"].get("replicas", 1)
        for one in self.of("Cluster"):
            self.pods[one.name] = {"cnpg.io/cluster": one.name, **one.data["spec"]["inheritedMetadata"]["labels"]}
            self.copies[one.name] = one.data["spec"]["instances"]

    def of(self, *kinds: str) -> list[Object]:
        return [one for one in self.made if one.kind in kinds]

    def port(self, pod: str, said: int | str) -> int | None:
        """Return the number of a pod's port."""
        if isinstance(said, int):
            return said
        ports = [port for c in self.specs[pod]["containers"] for port in c.get("ports", [])]
        return next((port["containerPort"] for port in ports if port.get("name") == said), None)

    def behind(self, service: str, port: int, protocol: str = "TCP") -> Iterator[tuple[str, int]]:
        """Yield the pods behind a Service's port, and what it is there."""
        for one in self.of("Service"):
            if (
                one.name == service and one.data["spec"].get("clusterIP") == "None"
            ):  # a name for pods, at any of their ports
                yield from (
                    (pod, port)
                    for pod, labels in self.pods.items()
                    if one.data["spec"]["selector"].items() <= labels.items()
                )
                return
            for said in one.data["spec"]["ports"] if one.name == service else []:
                if (said["port"], said.get("protocol", "TCP")) == (port, protocol):
                    for pod, labels in self.pods.items():
                        if one.data["spec"]["selector"].items() <= labels.items():
                            target = self.port(pod, said.get("targetPort", port))
                            if target is not None:
                                yield pod, target
        for one in self.of("Cluster"):
            made = one.data["spec"]["managed"]["services"]["additional"]
            if service in [said["serviceTemplate"]["metadata"]["name"] for said in made]:
                yield one.name, port

    @property
    def services(self) -> set[str]:
        made = [said for one in self.of("Cluster") for said in one.data["spec"]["managed"]["services"]["additional"]]
        return {one.name for one in self.of("Service")} | {said["serviceTemplate"]["metadata"]["name"] for said in made}


@cache
def world(env: str) -> World:
    return World(env)


def texts(env: World, pod: str) -> Iterator[str]:
    """Yield what configures a pod: its variables, commands, and the files of its ConfigMaps, without comments."""
    spec = env.specs.get(pod, {})
    for container in [*spec.get("initContainers", []), *spec.get("containers", [])]:
        yield "\n".join(f"{one['name']}={one['value']}" for one in container.get("env", []) if "value" in one)
        yield "\n".join(map(str, [*container.get("command", []), *container.get("args", [])]))
    owner = Rendered(Unit("", ""), Object("Pod", "", "", pod, {}))
    wanted = {name for kind, name in named(Pod(owner, spec, (), {})) if kind == "ConfigMap"}
    for one in env.of("ConfigMap"):
        if one.name in wanted:
            flat = one.data["data"]
            yield "\n".join(f"{key}={value}" for key, value in flat.items() if "\n" not in value)
            for text in flat.values():
                yield re.sub(r"(?m)^\s*(#|//).*$", "", text)


def named_peers(env: World) -> Iterator[Flow]:
    """Yield the flows to the Services that configurations name, as `host:port` or as a pair of HOST and PORT."""
    names = "|".join(sorted(map(re.escape, env.services), key=len, reverse=True))
    address = re.compile(rf"(?<![\w-])({names})(?:[.$][^:\s\"']*)?:(\d+)")
    pair = re.compile(rf"(?m)^(\w+)HOST=({names})$")
    for pod in env.specs:
        for text in texts(env, pod):
            found = [(service, int(port)) for service, port in address.findall(text)]
            for prefix, service in pair.findall(text):
                found += [(service, int(port)) for port in re.findall(rf"(?m)^{prefix}PORT=(\d+)$", text)]
            for service, port in found:
                targets = list(env.behind(service, port))
                assert targets, f"{pod} names {service}:{port}, behind which is nothing"
                for target, at in targets:
                    if target != pod or env.copies[pod] > 1:
                        yield Flow(pod, target, at)


def entries(env: World) -> Iterator[Flow]:
    """Yield the flows from outside: by the Ingress, and by node ports."""
    controller = next(
        (f"namespace {one['namespace']}" for one in env.says["platform"] if one["name"] == "nginx-ingress"), ""
    )
    for one in env.of("Ingress"):
        for rule in one.data["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                service = path["backend"]["service"]
                for target, port in env.behind(service["name"], service["port"]["number"]):
                    yield Flow(controller, target, port)
    for one in env.of("Service"):
        for said in one.data["spec"]["ports"] if one.data["spec"].get("type") == "NodePort" else []:
            protocol = said.get("protocol", "TCP")
            for target, port in env.behind(one.name, said["port"], protocol):
                yield Flow(ANYWHERE, target, port, protocol)


def devices(env: World) -> Iterator[Flow]:
    """Yield the flows from the buildings: to every listener for devices that the broker and the stream server open."""
    for text in texts(env, "emqx"):
        for port in re.findall(r"(?m)^listeners\.tcp\.\w+\.bind = \"[\d.]+:(\d+)\"", text):
            yield Flow(DEVICES, "emqx", int(port))
    protocols = {"rtmp": ["TCP"], "rtsp": ["TCP"], "rtp_proxy": ["TCP", "UDP"], "rtc": ["TCP", "UDP"], "srt": ["UDP"]}
    for text in texts(env, "zlmediakit"):
        if "[rtmp]" in text:
            said = configparser.ConfigParser()
            said.read_string(text)
            for section, spoken in protocols.items():
                for protocol in spoken:
                    yield Flow(DEVICES, "zlmediakit", said.getint(section, "port"), protocol)


def operated(env: World) -> Iterator[Flow]:
    """Yield the flows of an operator's database (CloudNativePG 1.30, "Networking" and "Primary isolation")."""
    for one in env.of("Cluster"):
        operator = next(
            f"namespace {app['namespace']}" for app in env.says["platform"] if app["name"] == "cloudnative-pg"
        )
        for port in (5432, 8000):
            yield Flow(operator, one.name, port)
            yield Flow(one.name, one.name, port)
        notes = one.data["spec"]["inheritedMetadata"]["annotations"]
        if notes.get("prometheus.io/scrape") == "true":
            yield Flow("namespace monitoring", one.name, int(notes["prometheus.io/port"]))
        yield Flow(one.name, DEVICES, 6443)  # the API server has a private address, as devices have
        stores = {plugin["parameters"]["barmanObjectName"] for plugin in one.data["spec"]["plugins"]}
        for store in env.of("ObjectStore"):
            if store.name in stores and store.data["spec"]["configuration"]["endpointURL"].startswith("https://"):
                yield Flow(one.name, ANYWHERE, 443)


def elected(env: World) -> Iterator[Flow]:
    """Yield the flows of replicas that Sentinel elects from: among them, and from clients that ask it who is the primary."""
    for service in env.of("Service"):
        for said in service.data["spec"]["ports"] if service.name == "redis-sentinel" else []:
            clients = {
                pod for pod in env.specs for text in texts(env, pod) if re.search(r"(?m)^REDIS_HOST=redis$", text)
            }
            for pod, port in env.behind(service.name, said["port"]):
                for source in {pod, *clients}:
                    yield from (Flow(source, pod, port), Flow(source, pod, 6379))


def needed(env: World) -> set[Flow]:
    return {*named_peers(env), *entries(env), *devices(env), *operated(env), *elected(env)}


def allowed(env: World, side: str, key: str) -> set[Flow]:
    """Return the flows that one side of the policies lets through, DNS aside."""
    found: set[Flow] = set()
    for one in env.of("NetworkPolicy"):
        own = [pod for pod, labels in env.pods.items() if selected(one.data["spec"]["podSelector"], labels)]
        for rule in one.data["spec"].get(side, []) if one.name != "dns" else []:
            for peer in peers(env, rule[key]):
                for pod in own:
                    for said in rule["ports"]:
                        source, target = (pod, peer) if side == "egress" else (peer, pod)
                        port = env.port(target if target in env.specs else pod, said["port"])
                        if port is not None:
                            found.add(Flow(source, target, port, said.get("protocol", "TCP")))
    return found


def peers(env: World, rule: list[dict[str, Any]]) -> Iterator[str]:
    blocks = frozenset(peer["ipBlock"]["cidr"] for peer in rule if "ipBlock" in peer)
    if blocks:
        yield BLOCKS[blocks]
    for peer in rule:
        if "namespaceSelector" in peer:
            yield f"namespace {peer['namespaceSelector']['matchLabels']['kubernetes.io/metadata.name']}"
        elif "podSelector" in peer:
            yield from (pod for pod, labels in env.pods.items() if selected(peer["podSelector"], labels))


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_what_a_configuration_needs_both_ends_allow(env):
    here = world(env)
    wanted = needed(here)

    assert len(wanted) > 20
    assert {flow for flow in wanted if flow.source in here.pods} - allowed(here, "egress", "to") == set()
    assert {flow for flow in wanted if flow.target in here.pods} - allowed(here, "ingress", "from") == set()


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_nothing_is_allowed_that_no_configuration_needs(env):
    here = world(env)
    wanted = needed(here)
    if not here.of("Ingress"):  # the bases let the controller in, which such an environment does not have
        assert "nginx-ingress" not in {one["name"] for one in here.says["platform"]}
        wanted |= {flow for flow in allowed(here, "ingress", "from") if flow.source == "namespace nginx-ingress"}

    assert allowed(here, "egress", "to") - wanted == set()
    assert allowed(here, "ingress", "from") - wanted == set()


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_pod_asks_for_names_and_is_denied_the_rest(env):
    made = {one.name: one.data["spec"] for one in world(env).of("NetworkPolicy")}

    assert made["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert made["dns"]["podSelector"] == {}
    assert {(one["port"], one["protocol"]) for one in made["dns"]["egress"][0]["ports"]} == {(53, "UDP"), (53, "TCP")}
    namespaces = [
        peer["namespaceSelector"]["matchLabels"]
        for peer in made["dns"]["egress"][0]["to"]
        if "namespaceSelector" in peer
    ]
    assert namespaces == [{"kubernetes.io/metadata.name": "kube-system"}]


@pytest.mark.parametrize(
    "flow",
    [
        Flow("web", "backend", 3001), Flow("backend", "postgres", 5432), Flow("backend", "redis", 6379),
        Flow("backend", "tdengine", 6030), Flow("backend", "tdengine", 6041), Flow("backend", "emqx", 1883),
        Flow("backend", "emqx", 18083), Flow("backend", "zlmediakit", 80), Flow("grafana", "postgres", 5432),
        Flow("grafana", "tdengine", 6041), Flow("nodered", "emqx", 1883), Flow("nodered", "backend", 3001),
        Flow("nodered", "tdengine", 6041), Flow("namespace nginx-ingress", "web", 8080),
        Flow("namespace nginx-ingress", "backend", 3001), Flow("namespace nginx-ingress", "emqx", 8083),
        Flow(DEVICES, "emqx", 1883), Flow(DEVICES, "zlmediakit", 9000, "UDP"),
    ],
)  # fmt: skip
def test_the_flows_that_the_facts_name_are_found_in_the_configurations(flow):
    """base/README.md, "Traffic": a search that finds nothing would compare nothing."""
    assert flow in needed(world("preprod"))


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_without_any_one_policy_some_configuration_is_cut_off(env):
    for policy in [one for one in World(env).of("NetworkPolicy") if one.name not in ("default-deny", "dns")]:
        here = World(env)
        here.made = [one for one in here.made if one is not policy and one.id != policy.id]
        sends = {flow for flow in needed(here) if flow.source in here.pods} - allowed(here, "egress", "to")
        receives = {flow for flow in needed(here) if flow.target in here.pods} - allowed(here, "ingress", "from")

        assert sends | receives, policy.id

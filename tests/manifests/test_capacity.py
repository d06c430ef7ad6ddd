"""What the environments ask for fits: into their quotas, onto their nodes at every count and roll-out, and through a drain."""

import random
from collections import Counter
from itertools import pairwise

import pytest

from bos_tools.review.rendered import selected
from bos_tools.tree.quantity import quantity
from harness.scheduler import TREE, Node, World, fits, place, remove, world

ENVIRONMENTS = TREE.settings.environments
SCALED = ("web", "backend")


def filled(here: World, count: int, without: str = "") -> list[Node]:
    """Return the nodes with everything on them, web and backend `count` times; one node may be away."""
    nodes = [node for node in here.nodes() if node.name != without]
    for name in here.workloads():
        for pod in here.pods(name, count if name in SCALED else None):
            assert place(pod, nodes), f"no node takes {name} at {count} replicas, without {without or 'none'}"
    return nodes


@pytest.mark.parametrize("env", ENVIRONMENTS)
@pytest.mark.parametrize("count", [2, 6])
def test_everything_fits_onto_the_nodes(env, count):
    nodes = filled(world(env), count)

    for name in SCALED:
        spread = Counter(node.name for node in nodes for pod in node.pods if pod.owner == name)
        workers = sum(not node.taints for node in nodes)
        assert len(spread) == (1 if env == "dev" else min(count, workers))


@pytest.mark.parametrize("env", ENVIRONMENTS)
@pytest.mark.parametrize("count", [2, 6])
@pytest.mark.parametrize("name", SCALED)
def test_a_roll_out_goes_through_whichever_old_pod_goes_first(env, count, name):
    here = world(env)
    for seed in range(20):
        chance = random.Random(seed)
        nodes = filled(here, count)
        old = [pod for node in nodes for pod in node.pods if pod.owner == name]
        for step in range(count):
            [new] = here.pods(name, 1)
            new.generation = 1
            assert place(new, nodes), f"the roll-out of {name} stands still after {step} of {count}"
            remove(old.pop(chance.randrange(len(old))), nodes)


@pytest.mark.parametrize("env", ["preprod", "prod"])
@pytest.mark.parametrize("count", [2, 6])
def test_everything_still_fits_when_any_one_worker_is_away(env, count):
    here = world(env)
    workers = [node.name for node in here.nodes() if node.name.startswith("worker")]

    assert len(workers) > 1
    for name in workers:
        filled(here, count, without=name)


def test_the_model_says_no_where_the_cluster_would():
    here = World("preprod")
    [pod] = here.pods("web", 1)
    nodes = filled(here, 6)

    assert not any(fits(pod, node, nodes) for node in nodes if node.taints)
    full = [node for node in nodes if not node.taints]
    full[0].cpu = 0.1
    assert place(pod, nodes)
    assert not place(here.pods("web", 1)[0], nodes), "the other node would be two ahead"


def totals(here: World) -> tuple[float, float]:
    """Return what all pods ask for when both HPAs are at their most and everything rolls out at once."""
    every = [pod for name in here.workloads() for pod in here.pods(name) + here.pods(name, here.surge(name))]
    return sum(pod.cpu for pod in every), sum(pod.memory for pod in every)


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_quota_fits_the_sums_and_stops_a_runaway(env):
    here = world(env)
    [quota] = here.of("ResourceQuota")
    hard = quota.data["spec"]["hard"]
    cpu, memory = totals(here)

    assert cpu <= float(quantity(hard["requests.cpu"]) or 0) <= 2 * cpu
    assert memory <= float(quantity(hard["requests.memory"]) or 0) <= 2 * memory
    assert hard["services.loadbalancers"] == "0"
    assert {one.data["spec"].get("type", "ClusterIP") for one in here.of("Service")} <= {"ClusterIP", "NodePort"}


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_budget_lets_a_drain_go_on(env):
    here = world(env)
    for budget in here.of("PodDisruptionBudget"):
        said = budget.data["spec"]
        owners = [
            one for one in here.of("Deployment", "StatefulSet")
            if selected(said["selector"], one.data["spec"]["template"]["metadata"]["labels"])
        ]  # fmt: skip
        hpa = [here.hpa(one.name) for one in owners]
        least = sum(h["minReplicas"] if h else one.data["spec"]["replicas"] for h, one in zip(hpa, owners, strict=True))

        assert said["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
        assert said.get("maxUnavailable", 0) or said["minAvailable"] < least, budget.name


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_what_a_server_logs_into_files_stays_within_the_scratch_space_that_it_has(env):
    """Over its limit the kubelet evicts the pod, the only one of its service. A line of taosd has about 120 bytes; here 300."""
    here = world(env)
    [limits] = here.of("LimitRange")
    scratch = quantity(limits.data["spec"]["limits"][0]["default"]["ephemeral-storage"]) or 0
    [tdengine] = (one for one in here.of("StatefulSet") if one.name == "tdengine")
    [zlmediakit] = (one for one in here.of("Deployment") if one.name == "zlmediakit")

    pod = tdengine.data["spec"]["template"]["spec"]
    said = {one["name"]: one.get("value") for one in pod["containers"][0]["env"]}
    [log] = (one["emptyDir"]["sizeLimit"] for one in pod["volumes"] if one["name"] == "log")
    adapter = (
        int(said["TAOS_ADAPTER_LOG_ROTATION_COUNT"])
        * int(said["TAOS_ADAPTER_LOG_ROTATION_SIZE"].removesuffix("MB"))
        * 2**20
    )
    assert adapter + 2 * int(said["TAOS_NUM_OF_LOG_LINES"]) * 300 < (quantity(log) or 0) <= scratch

    words = zlmediakit.data["spec"]["template"]["spec"]["containers"][0]["command"]
    option = dict(pairwise(words))
    assert int(option["--log-slice"]) * int(option["--log-size"]) * 2**20 < scratch

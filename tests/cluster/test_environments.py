"""Each environment on its own nodes: as environment.yaml has them, and with room for every pod."""

import json

import pytest
import yaml

from bos_tools.cli.main import main
from bos_tools.errors import CommandFailed
from bos_tools.sandbox import up
from harness import ROOT
from harness.waiting import eventually


@pytest.fixture(scope="module", params=["dev", "preprod", "prod"])
def env(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def box(_built, env, tmp_path_factory):
    box = up(ROOT, env, env, with_argocd=False, with_forge=False, folder=tmp_path_factory.mktemp("env") / env)
    yield box
    box.down()


def test_its_nodes_are_those_of_environment_yaml(box, env, read):
    wanted = yaml.safe_load((ROOT / "overlays" / env / "environment.yaml").read_text())["nodes"]

    nodes = {node["metadata"]["name"]: node for node in read(box, "nodes")["items"]}

    assert len(nodes) == sum(group["count"] for group in wanted)
    for group in wanted:
        for number in range(1, group["count"] + 1):
            node = nodes[f"{group['role']}-{number}"]
            assert group.get("labels", {}).items() <= node["metadata"]["labels"].items()
            taints = {f"{t['key']}={t.get('value', '')}:{t['effect']}" for t in node["spec"].get("taints", [])}
            assert taints == set(group.get("taints", []))
            room = node["status"]["allocatable"]
            assert (room["cpu"], room["memory"]) == (str(group["cpu"]), group["memory"])
            ready = [c["status"] for c in node["status"]["conditions"] if c["type"] == "Ready"]
            assert ready == ["True"]


def test_every_pod_of_it_finds_a_node_and_every_claim_a_volume(box, env, read, capsys):
    assert main(["--repo", str(ROOT), "render", "--env", env]) == 0
    rendered = capsys.readouterr().out.encode()

    refused: list[str] = []

    def applied() -> bool:
        try:
            box.box.ask("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=rendered)
        except CommandFailed as failed:  # the first time some come before their namespace
            refused.append(failed.stderr)
            return len(refused) == 4
        return True

    eventually(applied, "everything is applied")
    assert len(refused) < 4, refused[-1]

    def unfinished() -> list[str]:
        pods = read(box, "pods", "--namespace", "buildingos")["items"]
        claims = read(box, "pvc", "--namespace", "buildingos")["items"]
        return [
            *(p["metadata"]["name"] for p in pods if p["status"]["phase"] not in {"Running", "Succeeded"}),
            *(c["metadata"]["name"] for c in claims if c["status"]["phase"] != "Bound"),
        ]

    def available() -> bool:
        kinds = "deployments,statefulsets"
        owners = read(box, kinds, "--namespace", "buildingos")["items"]
        return all(o["status"].get("readyReplicas", 0) == o["spec"]["replicas"] > 0 for o in owners)

    try:
        eventually(lambda: available() and not unfinished(), "every pod runs and every claim is bound")
    except AssertionError:
        raise AssertionError(json.dumps(unfinished())) from None
    labels = [pod["metadata"]["labels"] for pod in read(box, "pods", "-n", "buildingos")["items"]]
    # the operator of CloudNativePG gives its pods a name of its own
    services = {label.get("buildingos.io/database", label["app.kubernetes.io/name"]) for label in labels}
    overlays = {path.parent.name for path in (ROOT / "overlays" / env).glob("*/kustomization.yaml")}
    assert services >= overlays - {"platform", "env", "ingress", "argocd"}

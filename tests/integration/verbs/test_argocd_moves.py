"""A registration that moves: another namespace of Argo CD, another name of the project, a token, a list out of step."""

import json
import re

import pytest

from bos_tools.delivery.applications import objects
from bos_tools.delivery.apply import register
from bos_tools.delivery.elsewhere import Elsewhere
from bos_tools.delivery.registration import registration
from bos_tools.doors.argocd.client import ArgoCD
from bos_tools.doors.files import WorkTree
from bos_tools.tree.layout import Tree
from harness.argocd import ENVIRONMENT
from harness.repositories import write

CHART = """\
platform:
- name: metrics
  repoURL: https://charts.example.com
  chart: metrics
  version: 1.2.3
  namespace: kube-system
"""
URL = "https://git.example.com/bos.git"
FILE = "overlays/dev/environment.yaml"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  namespace: argocd\n", "  namespace: openshift-gitops\n"),
        ("project: buildingos-dev", "project: halls"),
        ("namespace: buildingos\n", "namespace: halls\n"),
        ("revision: main", "revision: trunk"),
        (f"repoURL: {URL}", "repoURL: https://git.example.com/other.git"),
        ("cluster: https://kubernetes.default.svc", "cluster: https://10.0.0.1:6443"),
        ("  namespace: argocd\n  repoURL", "  namespace: gitops\n  repoURL"),
    ],
)
def test_what_environment_yaml_says_anew_is_written_in_one_run_and_then_stays(argocd_repository, run_argocd, old, new):
    write(argocd_repository, {FILE: ENVIRONMENT + CHART})
    assert run_argocd("register")[0] == 0
    assert old in ENVIRONMENT
    write(argocd_repository, {FILE: (ENVIRONMENT + CHART).replace(old, new)})

    code, out, err = run_argocd("register", "--output", "json")
    again, second, _ = run_argocd("register", "--output", "json")

    assert (code, again, err) == (0, 0, "")
    assert (json.loads(out)["changed"], json.loads(second)["changed"]) == (True, False)


def test_all_at_once_and_back_again(argocd_repository, run_argocd):
    write(argocd_repository, {FILE: ENVIRONMENT + CHART})
    run_argocd("register")
    folder = argocd_repository / "overlays/dev/argocd"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    moved = re.sub("argocd$|buildingos-dev", "halls", ENVIRONMENT, flags=re.MULTILINE)

    write(argocd_repository, {FILE: moved})
    there = run_argocd("register")[0]
    write(argocd_repository, {FILE: ENVIRONMENT + CHART})
    back = run_argocd("register")[0]

    assert (there, back) == (0, 0)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.fixture
def tree(tmp_path, argocd_repository):
    return Tree(WorkTree(write(argocd_repository, {FILE: ENVIRONMENT + CHART})))


@pytest.fixture
def client(argocd):
    argocd.apps.clear()
    return ArgoCD.connect("https://argocd.example.com", token="sesame")


def writes(argocd) -> list[str]:
    return [call for call in argocd.seen if not call.startswith("GET")]


@pytest.mark.parametrize("first", [Elsewhere(), Elsewhere(without_add_ons=True), Elsewhere("http://127.0.0.1/b.git")])
@pytest.mark.parametrize("second", [Elsewhere(), Elsewhere(without_add_ons=True), Elsewhere("http://127.0.0.1/b.git")])
def test_whatever_was_registered_before_a_second_run_writes_nothing(client, argocd, tree, first, second):
    made = objects(tree, registration(tree, "dev"))
    register(client, first.apply(made, URL), URL, None)
    register(client, second.apply(made, URL), URL, None)
    before = len(writes(argocd))

    done = register(client, second.apply(made, URL), URL, None)

    assert {one.what for one in done} == {"already so"}
    assert len(writes(argocd)) == before


def test_a_token_is_no_difference_and_what_the_root_marked_stays_marked(client, argocd, tree):
    made = objects(tree, registration(tree, "dev"))
    register(client, made, URL, None)
    project = argocd.projects["buildingos-dev"] = json.loads(json.dumps(argocd.projects["buildingos-dev"]))
    project["spec"]["roles"][0]["jwtTokens"] = [{"iat": 1, "id": "x"}]
    project["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = "buildingos-dev:argoproj.io/AppProject"
    already = register(client, made, URL, None)

    project["spec"]["sourceRepos"] = ["*"]
    changed = register(client, made, URL, None)

    now = argocd.projects["buildingos-dev"]
    assert {one.what for one in already} == {"already so"}
    assert [one.name for one in changed if one.what == "changed"] == ["buildingos-dev"]
    assert now["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] == "buildingos-dev:argoproj.io/AppProject"
    assert now["spec"]["roles"][0]["jwtTokens"] == [{"iat": 1, "id": "x"}]
    assert now["spec"]["sourceRepos"] == [URL]

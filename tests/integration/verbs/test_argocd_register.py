"""Register and unregister through the API: what is written, what is not, and what is refused."""

import json
import re

import pytest

from bos_tools.cli.main import main
from bos_tools.delivery.applications import objects
from bos_tools.delivery.apply import Credentials, register, unregister
from bos_tools.delivery.elsewhere import Elsewhere
from bos_tools.delivery.registration import bears_secret, registration
from bos_tools.doors.argocd.client import ArgoCD
from bos_tools.doors.files import WorkTree
from bos_tools.errors import Refused
from bos_tools.tree.layout import Tree
from harness.argocd import ENVIRONMENT, FakeArgo, application
from harness.repositories import files, write

CHART = """\
platform:
- name: metrics
  repoURL: https://charts.example.com
  chart: metrics
  version: 1.2.3
  namespace: kube-system
"""


@pytest.fixture
def made(tmp_path):
    contents = {**files(["backend", "platform"]), "overlays/dev/environment.yaml": ENVIRONMENT + CHART}
    tree = Tree(WorkTree(write(tmp_path / "tree", contents)))
    return objects(tree, registration(tree, "dev"))


@pytest.fixture
def client(argocd):
    argocd.apps.clear()
    return ArgoCD.connect("https://argocd.example.com", token="sesame")


URL = "https://git.example.com/bos.git"


def changes(argocd: FakeArgo) -> list[str]:
    return [call.split("?")[0] for call in argocd.seen if not call.startswith("GET")]


def test_projects_come_before_the_root_and_children_are_left_to_it(client, argocd, made):
    done = register(client, made, URL, None)

    assert [one.what for one in done] == ["created"] * 4
    assert changes(argocd) == ["POST projects"] * 3 + ["POST applications"]
    assert set(argocd.apps) == {"buildingos-dev"}


def test_a_second_run_writes_nothing(client, argocd, made):
    register(client, made, URL, None)
    before = len(changes(argocd))

    done = register(client, made, URL, None)

    assert {one.what for one in done} == {"already so"}
    assert len(changes(argocd)) == before


def test_a_stale_annotation_goes_by_put_and_never_by_upsert(client, argocd, made):
    register(client, made, URL, None)
    argocd.apps["buildingos-dev"] = json.loads(json.dumps(argocd.apps["buildingos-dev"]))
    argocd.apps["buildingos-dev"]["metadata"]["annotations"]["notifications.example.com/old"] = "yes"
    argocd.apps["buildingos-dev"]["metadata"]["finalizers"] = ["resources-finalizer.argocd.argoproj.io"]

    done = register(client, made, URL, None)

    assert [one.what for one in done if one.kind == "Application"] == ["changed"]
    assert argocd.apps["buildingos-dev"]["metadata"]["annotations"] == made["root"]["metadata"]["annotations"]
    assert "finalizers" not in argocd.apps["buildingos-dev"]["metadata"]
    assert not [call for call in argocd.seen if "applications" in call and "upsert" in call]


def test_an_application_of_another_project_is_not_taken_over(client, argocd, made):
    argocd.apps["dev-backend"] = application("dev-backend", "theirs")

    with pytest.raises(Refused, match="belongs to another project: theirs"):
        register(client, made, URL, None)

    assert changes(argocd) == []


def test_a_projects_tokens_survive(client, argocd, made):
    register(client, made, URL, None)
    project = argocd.projects["buildingos-dev"]
    tokens = {"jwtTokensByRole": {"bos-tools": {"items": [{"id": "1"}]}}}
    argocd.projects["buildingos-dev"] = {**project, "spec": {**project["spec"], "sourceRepos": ["*"]}, "status": tokens}

    register(client, made, URL, None)

    assert argocd.projects["buildingos-dev"]["status"] == tokens
    assert argocd.projects["buildingos-dev"]["spec"]["sourceRepos"] == [URL]


def test_credentials_are_told_in_place_of_the_old_ones(client, argocd, made):
    register(client, made, URL, Credentials("bot", "secret"))

    at = argocd.seen.index("POST repositories?upsert=true")
    assert argocd.bodies[at] == {"repo": URL, "type": "git", "username": "bot", "password": "secret"}


def test_elsewhere_the_root_patches_what_it_renders(made):
    there = Elsewhere("http://127.0.0.1/bos.git", "trunk", without_add_ons=True).apply(made, URL)

    root_ = there["root"]["spec"]["source"]
    assert (root_["repoURL"], root_["targetRevision"]) == ("http://127.0.0.1/bos.git", "trunk")
    assert {patch["target"]["kind"] for patch in root_["kustomize"]["patches"]} == {"Application", "AppProject"}
    assert sum('"$patch": "delete"' in patch["patch"] for patch in root_["kustomize"]["patches"]) == 1
    assert "application-metrics" not in there
    assert there["project-addons"] == made["project-addons"]  # or the root would never be as Git wants it (F16)
    assert there["project"]["spec"]["sourceRepos"] == ["http://127.0.0.1/bos.git"]
    assert Elsewhere().apply(made, URL) == made


def test_no_project_allows_everything_and_only_the_roots_reaches_argo_cd(made):
    projects = {data["metadata"]["name"]: data["spec"] for data in made.values() if data["kind"] == "AppProject"}

    assert "*" not in json.dumps([{**spec, "roles": []} for spec in projects.values()])
    reach = {name for name, spec in projects.items() if any(d["namespace"] == "argocd" for d in spec["destinations"])}
    assert reach == {"buildingos-dev-root"}


def test_unregister_takes_the_root_first_and_leaves_the_workloads(client, argocd):
    argocd.apps = {n: application(n) for n in ("dev-backend", "buildingos-dev", "other")}
    names = {"dev-backend": "buildingos-dev", "buildingos-dev": "buildingos-dev"}

    done = list(unregister(client, names, "buildingos-dev", delete_workloads=False))

    assert [one.name for one in done] == ["buildingos-dev", "dev-backend"]
    assert all("cascade=false" in call for call in argocd.seen if call.startswith("DELETE"))
    assert set(argocd.apps) == {"other"}


@pytest.mark.parametrize("more", [[], ["--yes-delete", "prod"]], ids=["once", "another name"])
def test_workloads_are_not_deleted_unless_told_so_twice(argocd, run_argocd, more):
    code, _, err = run_argocd("unregister", "--delete-workloads", *more)

    assert code == 1
    assert "--yes-delete dev" in err
    assert argocd.seen == []


def test_told_twice_a_running_sync_is_ended_and_the_workloads_go(argocd, run_argocd):
    argocd.apps["dev-backend"]["operation"] = {"sync": {}}

    code, _, _ = run_argocd("unregister", "--delete-workloads", "--yes-delete", "dev")

    assert code == 0
    assert changes(argocd) == ["DELETE applications/dev-backend/operation", "DELETE applications/dev-backend"]
    assert "cascade=true" in argocd.seen[-1]


def test_a_token_goes_to_a_new_file_and_nowhere_else(argocd, run_argocd, tmp_path):
    file = tmp_path / "token"

    code, out, err = run_argocd("token", "--to", str(file), "--output", "json")
    again, _, _ = run_argocd("token", "--to", str(file))

    assert (code, again) == (0, 1)
    assert "project-token" not in out + err
    assert file.read_text() == "project-token"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "url", ["https://me:hunter2@forge/a.git", "https://hunter2@forge/a.git", "ssh://me:hunter2@forge/a"]
)
def test_a_password_in_the_repositorys_address_reaches_neither_argo_cd_nor_the_output(
    argocd_repository, run_argocd, argocd, url
):
    code, out, err = run_argocd("register", "--apply", "--repo-url", url)

    assert (code, argocd.seen) == (2, [])
    assert "hunter2" not in out + err

    file = argocd_repository / "overlays/dev/environment.yaml"
    file.write_text(re.sub(r"repoURL: \S+", f"repoURL: {url}", ENVIRONMENT, count=1))
    code, out, err = run_argocd("register")

    assert code == 4
    assert "hunter2" not in out + err


@pytest.mark.parametrize("words", [["--repo-url", URL], ["--revision", "trunk"], ["--skip-platform"]])
def test_an_option_that_would_change_nothing_without_apply_is_refused(run_argocd, words):
    code, _, err = run_argocd("register", *words)

    assert code == 2
    assert "without --apply" in err


def test_a_user_in_the_address_of_an_ssh_server_is_no_password():
    assert not bears_secret("ssh://git@forge:22/a/b.git")
    assert not bears_secret("git@forge:a/b.git")


@pytest.mark.parametrize(
    "command", ["register", "unregister", "configure", "token", "status", "sync", "wait", "diff", "history", "open"]
)
def test_every_command_of_the_group_has_help_with_examples(command, capsys):
    assert main(["argocd", command, "--help"]) == 0

    text = capsys.readouterr().out
    assert f"bos-tools argocd {command}" in text.split("Examples:")[1]
    assert "--output" in text

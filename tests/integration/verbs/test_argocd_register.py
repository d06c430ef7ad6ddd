"""Register and unregister through the API: what is written, what is not, and what is refused."""

import json
import re

import pytest

from bos_tools.cli.main import main
from bos_tools.delivery.applications import APPLIED, objects
from bos_tools.delivery.apply import Credentials, register, unregister
from bos_tools.delivery.elsewhere import Elsewhere
from bos_tools.delivery.registration import bears_secret, registration
from bos_tools.doors.argocd.client import ArgoCD
from bos_tools.doors.files import WorkTree
from bos_tools.errors import Refused
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects as rendered
from bos_tools.tree.layout import Tree
from harness.argocd import ENVIRONMENT, SHARED, FakeArgo, application
from harness.repositories import files, write

COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
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
    assert sum('"$patch": "delete"' in patch["patch"] for patch in root_["kustomize"]["patches"]) == 2
    assert "application-metrics" not in there
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


def test_register_writes_files_that_a_second_run_leaves_alone_with_their_comments(argocd_repository, run_argocd):
    (argocd_repository / "overlays/dev/environment.yaml").write_text(ENVIRONMENT + CHART)
    assert run_argocd("register")[0] == 0
    folder = argocd_repository / "overlays/dev/argocd"
    file = folder / "applications.yaml"
    file.write_text("# ours\n" + file.read_text())
    listing = folder / "kustomization.yaml"
    listing.write_text(listing.read_text().replace("- add-ons.yaml\n", "- add-ons.yaml\n- mine.yaml\n"))
    (folder / "mine.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mine\n")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    code, out, _ = run_argocd("register", "--output", "json")

    assert (code, json.loads(out)["changed"]) == (0, False)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_add_ons_that_are_no_list_are_no_reason_to_remove_what_is_there(argocd_repository, run_argocd):
    (argocd_repository / "overlays/dev/environment.yaml").write_text(ENVIRONMENT + CHART)
    run_argocd("register")
    (argocd_repository / "overlays/dev/environment.yaml").write_text(ENVIRONMENT + "platform: 7\n")

    code, _, err = run_argocd("register")

    assert code == 4
    assert 'environment.yaml:10: `platform`: it is not of type "array"' in err
    assert "name: dev-metrics" in (argocd_repository / "overlays/dev/argocd/add-ons.yaml").read_text()


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


def test_an_add_on_that_is_gone_loses_its_application_and_its_project(argocd_repository, run_argocd):
    (argocd_repository / "overlays/dev/environment.yaml").write_text(ENVIRONMENT + CHART)
    run_argocd("register")
    (argocd_repository / "overlays/dev/environment.yaml").write_text(ENVIRONMENT)

    code, out, _ = run_argocd("register", "--output", "json")

    made = json.loads(out)
    said = {(edit["path"].rpartition("/")[2], edit["service"]): edit["new"] for edit in made["edits"]}
    gone = {one["object"].rpartition("/")[2] for one in made["effects"] if one["field"] == "kind"}
    assert code == 0
    assert said[("add-ons.yaml", "metrics")] is None
    assert gone == {"dev-metrics", "buildingos-dev-addons"}
    assert not (argocd_repository / "overlays/dev/argocd/add-ons.yaml").exists()


def test_one_service_is_registered_and_what_is_said_of_the_others_stays(argocd_repository, run_argocd):
    write(argocd_repository, {**files(["backend", "web"], ["dev"]), **SHARED})
    run_argocd("register", "backend")
    file = argocd_repository / "overlays/dev/argocd/applications.yaml"
    assert "dev-web" not in file.read_text()
    file.write_text(file.read_text().replace("sync-wave: '1'", "sync-wave: '7'"))

    code, out, _ = run_argocd("register", "web", "--output", "json")

    said = [(edit["service"], edit["field"], edit["old"], edit["new"]) for edit in json.loads(out)["edits"]]
    assert (code, said) == (0, [("web", "application", None, "there")])
    assert "sync-wave: '7'" in file.read_text()
    assert {one["object"] for one in json.loads(out)["effects"]} == {"Application.argoproj.io argocd/dev-web"}


def test_a_folder_with_one_file_an_object_is_written_anew_in_one_change_that_removes_nothing(
    argocd_repository, run_argocd
):
    write(argocd_repository, {"overlays/dev/environment.yaml": ENVIRONMENT + CHART})
    folder = argocd_repository / "overlays/dev/argocd"
    tree = Tree(WorkTree(argocd_repository))
    old = {f"{key}.yaml": json.dumps(data) for key, data in objects(tree, registration(tree, "dev")).items()}
    listed = "".join(f"- {name}\n" for name in old if "root" not in name)
    write(folder, {**old, "kustomization.yaml": f"resources:\n{listed}- mine.yaml\n"})
    write(folder, {"mine.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mine\n  namespace: argocd\n"})

    code, out, err = run_argocd("register", "backend", "--output", "json")
    again, second, _ = run_argocd("register", "--output", "json")

    made = ["add-ons.yaml", "applications.yaml", "kustomization.yaml", "projects.yaml", "root.yaml", "services.yaml"]
    assert (code, again, err) == (0, 0, "")
    assert sorted(path.name for path in folder.iterdir()) == sorted([*made, "mine.yaml"])
    assert not [one for one in json.loads(out)["effects"] if one["field"] == "kind"]
    assert "mine.yaml" in (folder / "kustomization.yaml").read_text()
    assert json.loads(second)["changed"] is False
    assert all((folder / name).read_text().startswith("# written by `bos-tools argocd register`") for name in made)


def test_a_component_more_in_every_unit_changes_no_application(argocd_repository, run_argocd):
    run_argocd("register")
    write(argocd_repository, {"base/components/more/kustomization.yaml": COMPONENT})
    env = argocd_repository / "overlays/dev/env/kustomization.yaml"
    env.write_text(env.read_text() + "components:\n- ../../../base/components/more\n")

    code, out, _ = run_argocd("register", "--output", "json")

    assert (code, json.loads(out)["changed"]) == (0, False)


def test_without_the_component_that_all_share_nothing_is_registered(argocd_repository, run_argocd):
    for path in SHARED:
        (argocd_repository / path).unlink()

    code, _, err = run_argocd("register")

    assert code == 4
    assert "is missing: base/components/application" in err
    assert not (argocd_repository / "overlays/dev/argocd").exists()


def test_what_is_written_renders_to_what_argo_cd_is_told(argocd_repository, run_argocd):
    write(argocd_repository, {"overlays/dev/environment.yaml": ENVIRONMENT + CHART})
    run_argocd("register")
    tree = Tree(WorkTree(argocd_repository))

    found = {one.name: one.data for one in rendered(Renderer().one(tree.graph, "overlays/dev/argocd"))}

    wanted = objects(tree, registration(tree, "dev"))
    made = {data["metadata"]["name"]: data for key, data in wanted.items() if key not in APPLIED}
    for one in (*found.values(), *made.values()):
        one["spec"].get("syncPolicy", {}).get("syncOptions", []).sort()
    assert found == made


@pytest.mark.parametrize(
    "command", ["register", "unregister", "configure", "token", "status", "sync", "wait", "diff", "history", "open"]
)
def test_every_command_of_the_group_has_help_with_examples(command, capsys):
    assert main(["argocd", command, "--help"]) == 0

    text = capsys.readouterr().out
    assert f"bos-tools argocd {command}" in text.split("Examples:")[1]
    assert "--output" in text

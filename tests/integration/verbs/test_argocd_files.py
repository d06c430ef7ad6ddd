"""The files that `argocd register` writes into overlays/<env>/argocd: what they say, and what of them stays."""

import json

from bos_tools.delivery.applications import APPLIED, objects
from bos_tools.delivery.registration import registration
from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects as rendered
from bos_tools.tree.layout import Tree
from harness.argocd import ENVIRONMENT, SHARED
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

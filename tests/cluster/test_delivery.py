"""Environments from a Git repository to a cluster, by the real Argo CD: whole, healed, pruned or held, and broken."""

import json
from pathlib import Path
from typing import Any

import pytest

from bos_tools.cli.main import main
from bos_tools.delivery.applications import application
from bos_tools.delivery.registration import registration
from bos_tools.doors.argocd.client import ArgoCD
from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects
from bos_tools.tree.identity import Object
from bos_tools.tree.layout import Tree, Unit
from harness.git import git
from harness.howto import copy, follow
from harness.waiting import eventually


class Delivered:
    """One environment, registered with the Argo CD of its own sandbox."""

    def __init__(self, box, env: str, root: Path) -> None:
        self.box, self.env, self.root = box, env, root
        self.said = registration(Tree(WorkTree(root)), env)
        self.client = ArgoCD.connect(box.argocd_url, user=("admin", box.argocd_password))

    def run(self, *words: str) -> int:
        return main(["--repo", str(self.root), "argocd", words[0], "--env", self.env, *words[1:]])

    def commit(self, message: str) -> None:
        git(self.root, "add", "-A")
        git(self.root, "commit", "-qm", message)

    def ask(self, *words: str) -> str:
        return self.box.box.ask(*words, "--namespace", "buildingos")


COPIED = "prod-eu"
"""prod under another name, made by the how-to of overlays/README.md; it has prod's nodes."""


@pytest.fixture(scope="module", params=["dev", COPIED])
def delivered(request, kept, tmp_path_factory):
    """An environment that came up whole from a repository holding this one's manifests and a tenth service."""
    env = request.param
    box = kept(env, "prod" if env == COPIED else env)
    root = copy(tmp_path_factory.mktemp(env) / "gitops")
    follow(root, "Add a service")
    if env == COPIED:
        follow(root, "Add an environment")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Start")
    before = json.loads(box.box.ask("get", "appproject", "default", "--namespace", "argocd", "--output=json"))
    made = Delivered(box, env, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(box.kubeconfig))
        patch.setenv("BOS_ARGOCD_SERVER", box.argocd_url)
        patch.setenv("BOS_ARGOCD_USERNAME", "admin")
        patch.setenv("BOS_ARGOCD_PASSWORD", box.argocd_password)
        patch.delenv("BOS_ARGOCD_TOKEN", raising=False)
        assert made.run("configure") == 0
        words = ("--apply", "--repo-url", f"file://{root}", "--skip-platform", "--timeout", "1200")
        assert made.run("register", *words) == 0
        yield made
        assert made.run("unregister") == 0
    made.client.close()
    box.box.ask("delete", "namespace", "buildingos", "--wait=false")
    spec = {"spec": {**before["spec"], "namespaceResourceBlacklist": None}}
    box.box.ask("patch", "appproject", "default", "--namespace", "argocd", "--type=merge", "--patch", json.dumps(spec))


def test_every_application_is_synced_and_healthy_and_every_pod_is_where_the_plan_wants_it(delivered, capsys):
    code = delivered.run("status", "--output", "json")

    rows = json.loads(capsys.readouterr().out)["services"]
    assert code == 0
    assert "gateway" in {row["service"] for row in rows}
    assert {(row["sync"], row["health"]) for row in rows} == {("Synced", "Healthy")}
    assert all(
        row["git"] == row["live"] for row in rows if row["service"] not in ("platform", "ingress", "redis", "postgres")
    )
    pods = json.loads(delivered.ask("get", "pods", "--output=json"))["items"]
    placed = {pod["metadata"]["name"]: pod["spec"].get("nodeName", "nowhere") for pod in pods}
    assert "nowhere" not in placed.values()
    if delivered.env == COPIED:
        roles = {name: node.rpartition("-")[0] for name, node in placed.items()}
        assert {
            role for name, role in roles.items() if name.startswith(("postgres", "redis-0", "redis-1", "tdengine"))
        } == {"database"}
        assert {role for name, role in roles.items() if name.startswith("zlmediakit")} == {"streaming"}
        assert {role for name, role in roles.items() if name.startswith(("web", "backend"))} == {"worker"}


def test_a_second_registration_changes_nothing(delivered, capsys):
    words = ("--apply", "--repo-url", f"file://{delivered.root}", "--skip-platform", "--output", "json")

    assert delivered.run("register", *words) == 0

    said = json.loads(capsys.readouterr().out)
    assert said["changed"] is False
    assert {one["what"] for one in said["applied"]} == {"already so"}


def test_what_we_render_is_what_argo_cd_renders(delivered):
    tree = Tree(WorkTree(delivered.root))
    units = [Unit(delivered.env, service) for service in tree.services(delivered.env)]
    renders = Renderer().render([(tree.graph, unit.folder) for unit in units])

    for unit, text in zip(units, renders, strict=True):
        theirs = manifests(delivered.client, delivered.said.application(unit.service), delivered.said.project)
        assert plain([one.data for one in objects(text)]) == plain(theirs), unit.folder


def test_what_we_render_of_preprod_is_what_argo_cd_renders(delivered):
    """By Applications that nothing syncs: preprod has no sandbox of its own here."""
    tree = Tree(WorkTree(delivered.root))
    units = [Unit("preprod", service) for service in tree.services("preprod")]
    renders = Renderer().render([(tree.graph, unit.folder) for unit in units])

    for unit, text in zip(units, renders, strict=True):
        data = application(tree.graph, registration(tree, "preprod"), unit.service)
        data["metadata"]["name"] = name = f"looked-at-{unit.service}"
        data["metadata"]["labels"] = {}
        data["spec"] |= {
            "project": delivered.said.project,
            "source": {"repoURL": f"file://{delivered.root}", "targetRevision": "main", "path": unit.folder},
        }
        del data["spec"]["syncPolicy"]
        delivered.client.create(data)
        try:
            theirs = manifests(delivered.client, name, delivered.said.project)
        finally:
            delivered.client.delete(name, delivered.said.project)
        assert plain([one.data for one in objects(text)]) == plain(theirs), unit.folder


def manifests(client: ArgoCD, name: str, project: str) -> list[dict[str, Any]]:
    """Return what Argo CD renders for an application; the program itself renders, and never asks."""
    data = client._call(f"to render {name}", "GET", f"applications/{name}/manifests", query={"project": project})
    return [json.loads(text) for text in data.get("manifests") or []]


def plain(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return objects by who they are, without Argo CD's mark of what belongs to whom."""
    made = {}
    for data in found:
        notes = data["metadata"].get("annotations") or {}
        notes.pop("argocd.argoproj.io/tracking-id", None)
        meta = {key: value for key, value in data["metadata"].items() if key != "annotations"}
        one = {**data, "metadata": {**meta, **({"annotations": notes} if notes else {})}}
        made[Object(one["kind"], one["apiVersion"].rpartition("/")[0], "", meta["name"], one).id] = one
    return made


def test_the_api_server_takes_every_rendered_object(delivered, capsys):
    assert main(["--repo", str(delivered.root), "render", "--env", delivered.env]) == 0
    text = capsys.readouterr().out.encode()

    words = ("apply", "--server-side", "--dry-run=server", "--force-conflicts", "--field-manager=test", "-f", "-")
    said = delivered.box.box.ask(*words, stdin=text)

    assert len(said.splitlines()) == len(objects(text))


def test_a_hand_edit_is_healed(delivered):
    delivered.ask("set", "image", "deployment/grafana", "grafana=example.com/other:v1")

    image = "jsonpath={.spec.template.spec.containers[0].image}"
    eventually(
        lambda: "grafana/grafana:" in delivered.ask("get", "deployment", "grafana", f"--output={image}"), "it is healed"
    )


def test_redis_grows_by_one_commit_past_the_template_that_nobody_may_change(delivered):
    """In prod by what `register` wrote: three declared claims, and a StatefulSet whose template Argo CD ignores."""

    def found(kind: str) -> dict[str, dict[str, Any]]:
        listed = json.loads(delivered.ask("get", kind, "--output=json"))["items"]
        return {one["metadata"]["name"]: one for one in listed if one["metadata"]["name"].startswith("redis")}

    def templates() -> list[str]:
        wanted = found("statefulsets")["redis"]["spec"].get("volumeClaimTemplates") or []
        return [one["spec"]["resources"]["requests"]["storage"] for one in wanted]

    def uids() -> dict[str, str]:
        return {name: pod["metadata"]["uid"] for name, pod in found("pods").items()}

    before, template = uids(), templates()
    where = ("--env", delivered.env, "--kubeconfig", str(delivered.box.kubeconfig))
    words = ("grow", "redis", "2Gi", *where, "--beyond-plan", "--no-snapshot", "--commit")
    assert main(["--repo", str(delivered.root), "pvc", *words]) == 0
    assert delivered.run("wait", "redis", "--revision", "HEAD") == 0

    assert main(["--repo", str(delivered.root), "pvc", "verify", "redis", *where, "--timeout", "60"]) == 0
    claims = found("persistentvolumeclaims")
    assert {one["status"]["capacity"]["storage"] for one in claims.values()} == {"2Gi"}
    assert len(claims) == (3 if delivered.env == COPIED else 1)
    assert template == templates() == (["1Gi"] if delivered.env == COPIED else [])
    assert uids() == before


def test_a_removed_object_is_pruned_in_dev_and_held_for_confirmation_in_prod(delivered, capsys):
    kustomization = delivered.root / "base/backend/kustomization.yaml"
    kustomization.write_text(kustomization.read_text().replace("- pdb.yaml\n", ""))
    (delivered.root / "base/backend/pdb.yaml").unlink()
    delivered.commit("Take the budget away")

    code = delivered.run("wait", "backend", "--revision", "HEAD")

    def budgets() -> str:
        return delivered.ask("get", "pdb", "--output=name")

    if delivered.env == COPIED:
        assert code == 1
        assert "pruning confirmation of policy/PodDisruptionBudget/backend" in capsys.readouterr().err
        assert "/backend" in budgets()
        assert delivered.run("sync", "backend", "--confirm-prune") == 0
    else:
        assert code == 0
    eventually(lambda: "/backend" not in budgets(), "the budget is gone")


def test_a_new_configuration_replaces_the_old_one_and_nobody_has_to_confirm(delivered):
    def configurations() -> list[str]:
        names = delivered.ask("get", "configmap", "--output=name").split()
        return [name for name in names if "/nodered-config-" in name]

    before = configurations()
    file = delivered.root / "base/nodered/settings.js"
    file.write_text(file.read_text().replace('level: "info"', 'level: "warn"'))
    delivered.commit("Say less")

    assert delivered.run("wait", "nodered", "--revision", "HEAD") == 0
    eventually(lambda: len(configurations()) == 1 and configurations() != before, "the old configuration is gone")


def test_a_broken_overlay_is_reported_and_harms_no_other_service(delivered, capsys):
    overlay = delivered.root / f"overlays/{delivered.env}/nodered/kustomization.yaml"
    whole = overlay.read_text()
    overlay.write_text(whole.replace("../../../base/nodered", "../../../base/absent"))
    delivered.commit("Break nodered")

    broken = delivered.run("wait", "nodered", "--revision", "HEAD")
    said = capsys.readouterr().err
    other = delivered.run("wait", "grafana", "--revision", "HEAD")
    overlay.write_text(whole)
    delivered.commit("Mend nodered")
    mended = delivered.run("wait", "nodered", "--revision", "HEAD")

    assert (broken, other, mended) == (5, 0, 0)
    assert "base/absent" in said
    assert "bos-tools check" in said

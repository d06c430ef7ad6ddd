"""What the render shows is what would run: every image field, the order of lists, one object an identity, no override."""

import json
from pathlib import Path
from typing import Any

import pytest

from bos_tools.cli.main import main
from bos_tools.doors.files import WorkTree
from bos_tools.render.diff import differences
from bos_tools.render.kustomize import Renderer
from bos_tools.review.engine import check
from bos_tools.tree.layout import Tree
from harness.repositories import deployment, files, unit, write

UNIT = "overlays/dev/web/kustomization.yaml"
NEW = "registry.example.com/web:v1.0.1"
Printed = pytest.CaptureFixture[str]


def bump(root: Path, capsys: Printed, *words: str) -> tuple[int, dict[str, Any]]:
    code = main(["--repo", str(root), "bump", "web", "v1.0.1", *words, "--output", "json"])
    return code, json.loads(capsys.readouterr().out)


PLUGIN = "apiVersion: builtin\nkind: {}\nmetadata: {{name: t}}\n"
INLINE = "patches:\n- patch: |-\n    - {{op: {}, path: {}, value: {}}}\n  target: {{kind: Deployment}}\n"
VOLUME = "      volumes:\n      - {name: models, image: {reference: web}}\n"
RUNNER = "images: [{path: spec/template/metadata/annotations/runner, kind: Deployment}]\n"
ANNOTATED = INLINE.format("add", "/spec/template/metadata/annotations", '{runner: "web:x"}')
GOOD: dict[str, dict[str, str]] = {
    "an image volume": {"base/web/deployment.yaml": deployment("web") + VOLUME},
    "an image volume of a pod": {
        "base/web/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: web}]\n"
        "  volumes: [{name: v, image: {reference: web}}]\n",
        "base/web/kustomization.yaml": "resources: [deployment.yaml, pod.yaml]\n",
    },
    "a field that configurations name": {
        UNIT: unit("web", extra=ANNOTATED + "configurations: [c.yaml]\n"),
        "overlays/dev/web/c.yaml": RUNNER,
    },
    "a field that a transformer names": {
        "base/web/kustomization.yaml": "resources: [deployment.yaml]\n",
        UNIT: unit("web", extra=ANNOTATED + "configurations: [c.yaml]\ntransformers: [t.yaml]\n"),
        "overlays/dev/web/c.yaml": RUNNER,
        "overlays/dev/web/t.yaml": PLUGIN.format("LabelTransformer") + "labels: {a: b}\nfieldSpecs: [{path: metadata/labels, create: true}]\n",
    },
    "a transformer's own file": {
        UNIT: unit("web", extra="transformers: [t.yaml]\n"),
        "overlays/dev/web/t.yaml": PLUGIN.format("PatchTransformer") + "path: p.yaml\ntarget: {kind: Deployment}\n",
        "overlays/dev/web/p.yaml": "- {op: add, path: /metadata/labels, value: {team: core}}\n",
    },
    "a generator's own file": {
        UNIT: unit("web", extra="generators: [g.yaml]\n"),
        "overlays/dev/web/g.yaml": PLUGIN.format("ConfigMapGenerator") + "files: [x.properties]\n---\n",
        "overlays/dev/web/x.properties": "a=b\n",
    },
    "an empty document at the end": {UNIT: unit("web", extra="---\n")},
    "JSON": {
        "base/web/deployment.yaml": json.dumps({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"selector": {}, "template": {"spec": {"containers": [{"name": "web", "image": "web"}]}}},
        })
    },
}  # fmt: skip


@pytest.mark.parametrize("what", GOOD)
def test_a_bump_reaches_every_field_that_kustomize_changes(tmp_path: Path, capsys: Printed, what: str) -> None:
    root = write(tmp_path / "repo", {**files(), **GOOD[what]})

    code, said = bump(root, capsys)

    assert code == 0, said
    assert {change["new"] for change in said["effects"]} == {NEW}
    assert len(said["effects"]) == (2 if "image volume" in what or "field" in what.split()[:2] else 1) + ("pod" in what)


EXPRESSION = "- name: (.*/)?web\n  newTag: v1.0.0\n"


def test_the_name_of_a_pin_may_be_an_expression(tmp_path: Path, capsys: Printed) -> None:
    base = deployment("web", ["a/web", "b/web", "other"])
    root = write(tmp_path / "repo", {**files(), "base/web/deployment.yaml": base, UNIT: unit("web", entry=EXPRESSION)})

    code, said = bump(root, capsys)

    assert code == 0, said
    assert {change["new"] for change in said["effects"]} == {"a/web:v1.0.1", "b/web:v1.0.1"}
    assert (root / UNIT).read_text() == unit("web", entry=EXPRESSION.replace("v1.0.0", "v1.0.1"))
    found = [str(one) for one in check(Tree(WorkTree(root)), Renderer(), "dev") if one.rule in ("K1", "L5")]
    assert all("other" in one for one in found), found


def test_an_image_may_be_called_as_the_base_writes_it(tmp_path: Path, capsys: Printed) -> None:
    base = {"base/web/deployment.yaml": deployment("web", ["a/web"]), UNIT: unit("web", entry=EXPRESSION)}
    root = write(tmp_path / "repo", {**files(), **base})

    code, said = bump(root, capsys, "--image", "a/web")

    assert code == 0, said
    assert [change["new"] for change in said["effects"]] == ["a/web:v1.0.1"]


def test_an_expression_that_means_nothing_is_refused(tmp_path: Path, capsys: Printed) -> None:
    root = write(tmp_path / "repo", {**files(), UNIT: unit("web", entry="- name: x/.*\n  newTag: v1.0.0\n")})

    code, said = bump(root, capsys, "--image", "x/.*")

    assert (code, said["error"]["reason"]) == (1, "no-effect")


def test_what_sets_a_pins_image_again_is_named(tmp_path: Path, capsys: Printed) -> None:
    again = "- name: web\n  newName: x/web\n  newTag: v1.0.0\n- name: x/web\n  newTag: v1.5.0\n"
    root = write(tmp_path / "repo", {**files(), UNIT: unit("web", entry=again)})

    code, said = bump(root, capsys, "--image", "web")

    assert (code, said["error"]["reason"]) == (1, "no-effect")
    assert "line 11 sets the image again" in said["error"]["message"]


def test_a_base_that_renames_its_image_is_bumped_by_the_new_name(tmp_path: Path, capsys: Printed) -> None:
    renamed = "resources: [deployment.yaml]\nimages: [{name: web, newName: mirror.example.com/web, newTag: v1.0.0}]\n"
    bare = unit("web").partition("images:")[0]
    root = write(tmp_path / "repo", {**files(), "base/web/kustomization.yaml": renamed, UNIT: bare})

    code, said = bump(root, capsys)

    assert code == 0, said
    assert [change["new"] for change in said["effects"]] == ["mirror.example.com/web:v1.0.1"]
    assert "name: mirror.example.com/web\n" in (root / UNIT).read_text()


def test_an_image_that_only_an_inline_patch_adds_gets_a_pin(tmp_path: Path, capsys: Printed) -> None:
    added = INLINE.format("add", "/spec/template/spec/initContainers", "[{name: i, image: side}]")
    root = write(tmp_path / "repo", {**files(), UNIT: unit("web", extra=added)})

    code, said = bump(root, capsys, "--image", "side")

    assert code == 0, said
    assert [change["new"] for change in said["effects"]] == ["side:v1.0.1"]


TWIN = deployment("web", ["evil.example.com/x"]).replace("apps/v1", "apps/v1beta2")


@pytest.mark.parametrize("space", ["", "buildingos"])
def test_two_objects_of_one_identity_are_refused_whoever_renders(tmp_path: Path, capsys: Printed, space: str) -> None:
    both = {"base/web/twin.yaml": TWIN, "base/web/kustomization.yaml": "resources: [deployment.yaml, twin.yaml]\n"}
    if space:
        both["base/web/twin.yaml"] = TWIN.replace("  name: web\n", f"  name: web\n  namespace: {space}\n", 1)
        both["overlays/dev/env/kustomization.yaml"] = "kind: Component\nnamePrefix: ''\ncommonAnnotations: {a: b}\n"
    root = write(tmp_path / "repo", {**files(), **both})

    code, said = bump(root, capsys)
    assert (code, said["error"]["reason"]) == (4, "two-of-one")
    assert main(["--repo", str(root), "render", "web"]) == 4
    assert any("two objects of one identity" in f.message for f in check(Tree(WorkTree(root)), Renderer(), "dev"))


SPELLED = {
    "with comments": ("name: web", "name: web # another"),
    "in quotes": ("name: web", '"name": "w\\x65b"'),
    "as a block": ("name: web", "name: |-\n    web"),
    "with an anchor": ("name: web", "name: &n web"),
    "of a kind in quotes": ("kind: Deployment", '"kind": "Deployment"'),
    "of a kind as a block": ("kind: Deployment", "kind: >-\n  Deployment"),
    "of metadata with a tag": ("metadata:\n  name: web", "metadata: !!map\n  name: !!str web"),
}


@pytest.mark.parametrize("how", SPELLED)
def test_a_twin_is_known_however_it_is_written(tmp_path: Path, capsys: Printed, how: str) -> None:
    plain, spelled = SPELLED[how]
    assert plain in TWIN
    both = {
        "base/web/twin.yaml": TWIN.replace(plain, spelled, 1),
        "base/web/kustomization.yaml": "resources: [deployment.yaml, twin.yaml]\n",
    }
    root = write(tmp_path / "repo", {**files(), **both})

    code, said = bump(root, capsys)

    assert (code, said["error"]["reason"]) == (4, "two-of-one"), said


def _container(name: str) -> str:
    return (
        f"      - name: {name}\n        image: {name}\n        env: [{{name: A, value: a}}, {{name: B, value: $(A)}}]\n"
    )


def test_another_order_of_what_runs_in_order_is_a_difference() -> None:
    head = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      initContainers:\n"
    first, second = head + _container("one") + _container("two"), head + _container("two") + _container("one")
    turned = first.replace(
        "{name: A, value: a}, {name: B, value: $(A)}", "{name: B, value: $(A)}, {name: A, value: a}", 1
    )

    orders = [(c.field, c.old, c.new) for c in differences(first.encode(), second.encode())]
    variables = [(c.field, c.old, c.new) for c in differences(first.encode(), turned.encode())]

    assert orders == [("spec.template.spec.initContainers", "one, two", "two, one")]
    assert variables == [("spec.template.spec.initContainers[one].env", "A, B", "B, A")]


def test_what_is_added_in_between_is_no_other_order() -> None:
    head = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n"
    before = head + "  - name: a\n  - name: c\n"

    found = differences(before.encode(), (head + "  - name: a\n  - name: b\n  - name: c\n").encode())

    assert [(c.field, c.old, c.new) for c in found] == [("spec.containers[b].name", None, "b")]


@pytest.mark.parametrize("name", [".argocd-source.yaml", ".argocd-source-dev-web.yaml"])
def test_an_override_beside_the_unit_is_refused(tmp_path: Path, capsys: Printed, name: str) -> None:
    override = "kustomize:\n  images:\n  - web=registry.example.com/web:v9.9.9\n"
    root = write(tmp_path / "repo", {**files(), f"overlays/dev/web/{name}": override})

    code, said = bump(root, capsys)

    assert (code, said["error"]["reason"]) == (1, "overridden")
    assert said["error"]["path"] == f"overlays/dev/web/{name}"
    assert "A4" in {f.rule for f in check(Tree(WorkTree(root)), Renderer(), "dev")}


APPLICATION = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: dev-web}}\nspec: {{{}}}\n"
SET = (
    "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: dev}\n"
    "spec: {template: {metadata: {name: x}, spec: {source: {path: 'overlays/dev/{{s}}', kustomize: {namePrefix: x-}}}}}\n"
)
REPLACED = (
    "replacements: [{sourceValue: x-, targets: [{select: {kind: Application}, "
    "fieldPaths: [spec.source.kustomize.namePrefix], options: {create: true}}]}]\n"
)
OVERRIDES = {
    "in its own file": (APPLICATION.format("source: {path: overlays/dev/web, kustomize: {images: [web=x:v9]}}"), ""),
    "of several sources": (
        APPLICATION.format("sources: [{path: ./overlays/dev/web/, kustomize: {namePrefix: a-}}]"),
        "",
    ),
    "by a patch": (
        APPLICATION.format("source: {path: overlays/dev/web}"),
        "patches:\n- patch: |-\n    - {op: add, path: /spec/source/kustomize, value: {images: [web=x:v9]}}\n  target: {kind: Application}\n",
    ),
    "in another spelling of the path": (
        APPLICATION.format("source: {path: overlays//dev/./web, kustomize: {images: [web=x:v9]}}"),
        "",
    ),
    "by a key with an escape": (
        APPLICATION.format('source: {path: overlays/dev/web, "\\x6bustomize": {images: [web=x:v9]}}'),
        "",
    ),
    "by a key on a line of its own": (
        APPLICATION.partition("spec:")[0].format()
        + "spec:\n  source:\n    path: overlays/dev/web\n    ? kustomize # x\n    : {images: [web=x:v9]}\n",
        "",
    ),
    "by a set of Applications": (SET, ""),
    "by a replacement": (APPLICATION.format("source: {path: overlays/dev/web}"), REPLACED),
    "before it is synced": (
        APPLICATION.format("sourceHydrator: {drySource: {path: overlays/dev/web, kustomize: {namePrefix: x-}}}"),
        "",
    ),
    "by a plugin": (APPLICATION.format("source: {path: overlays/dev/web, plugin: {name: x}}"), ""),
}


@pytest.mark.parametrize("what", OVERRIDES)
def test_an_override_in_the_application_is_refused(tmp_path: Path, capsys: Printed, what: str) -> None:
    application, patch = OVERRIDES[what]
    root = write(tmp_path / "repo", {
        **files(), "overlays/dev/argocd/a.yaml": application, "overlays/dev/argocd/kustomization.yaml": f"resources: [a.yaml]\n{patch}",
    })  # fmt: skip

    code, said = bump(root, capsys)

    assert (code, said["error"]["reason"]) == (1, "overridden"), said
    assert "A4" in {f.rule for f in check(Tree(WorkTree(root)), Renderer(), "dev")}


def test_an_override_of_another_unit_is_none_of_this_one(tmp_path: Path, capsys: Printed) -> None:
    other = APPLICATION.format("source: {path: overlays/dev/backend, kustomize: {images: [web=x:v9]}}")
    root = write(tmp_path / "repo", {
        **files(), "overlays/dev/argocd/a.yaml": other, "overlays/dev/argocd/kustomization.yaml": "resources: [a.yaml]\n",
        "overlays/dev/backend/.argocd-source.yaml": "kustomize: {}\n",
    })  # fmt: skip

    assert bump(root, capsys)[0] == 0

"""The proof: repositories in which a bump has no effect or too much of one are refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from bos_tools.cli.main import main
from harness.repositories import deployment, files, unit, write

UNIT = "overlays/dev/web/kustomization.yaml"
BASE = "base/web/kustomization.yaml"
ENTRY = "- name: web\n  newName: registry.example.com/web\n  newTag: v1.0.0\n"
HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"


def bump(root: Path, capsys, *words: str) -> tuple[int, dict[str, Any], str]:
    code = main(["--repo", str(root), "bump", *words, "--output", "json"])
    out, err = capsys.readouterr()
    return code, json.loads(out), err


def literal(image: str) -> str:
    return deployment("web", [image])


CLUSTER = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: web\nspec:\n  imageName: web\n"
LABELLED = (
    "replacements:\n- source:\n    kind: Deployment\n    name: web\n    fieldPath: spec.template.spec.containers.0.image\n"
    "  targets:\n  - select:\n      kind: Deployment\n      name: web\n    fieldPaths: [metadata.annotations.image]\n"
    "    options: {create: true}\n"
)
INLINE = "patches:\n- patch: |-\n    - op: replace\n      path: /spec/template/spec/containers/0/image\n      value: {}\n  target: {{kind: Deployment}}\n"

BAD: dict[str, tuple[dict[str, str], str]] = {
    "the base renames the image first": (
        {BASE: "resources: [deployment.yaml]\nimages:\n- name: web\n  newName: other.example.com/web\n"}, "shadowed"),
    "a component of the unit renames the image": (
        {"base/components/x/kustomization.yaml": COMPONENT + "images:\n- name: web\n  newName: other.example.com/web\n",
         UNIT: unit("web").replace("- ../env\n", "- ../env\n- ../../../base/components/x\n")}, "shadowed"),
    "the environment's component renames the image": (
        {"overlays/dev/env/kustomization.yaml": COMPONENT + "images:\n- name: web\n  newName: other.example.com/web\n"}, "shadowed"),
    "the base writes the image with a registry": ({"base/web/deployment.yaml": literal("reg.example.com/web:v1")}, "no-effect"),
    "the pin is misspelt": ({UNIT: unit("web", entry=ENTRY.replace("name: web", "name: wbe", 1))}, "no-effect"),
    "the pin has a tag in its name": ({UNIT: unit("web", entry=ENTRY.replace("name: web", "name: web:v1", 1))}, "no-effect"),
    "the unit runs nothing": (
        {"base/web/deployment.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n"}, "no-effect"),
    "only an operator's field names the image": ({"base/web/deployment.yaml": CLUSTER}, "no-effect"),
    "only a config map names the image": (
        {"base/web/deployment.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  image: web\n"}, "no-effect"),
    "the image is pinned twice": ({UNIT: unit("web", entry=ENTRY + ENTRY)}, "pinned-twice"),
    "the image is pinned twice, once in flow style": (
        {UNIT: unit("web", entry=ENTRY + "- {name: web, newTag: v0.9.0}\n")}, "pinned-twice"),
    "the tag stands twice in its entry": ({UNIT: unit("web", entry=ENTRY + "  newTag: v0.9.0\n")}, "duplicate-key"),
    "there are two lists of images": ({UNIT: unit("web", extra="images: []\n")}, "duplicate-key"),
    "another container keeps a literal version": (
        {"base/web/deployment.yaml": deployment("web", ["web", "registry.example.com/web:v0.9.0"])}, "partly-effective"),
    "a patch of the overlay sets a literal image": (
        {UNIT: unit("web", extra=INLINE.format("registry.example.com/web:v1.0.0"))}, "no-effect"),
    "the aggregator pins the image again": (
        {"overlays/dev/kustomization.yaml": "resources:\n- web\nimages:\n- name: registry.example.com/web\n  newTag: v0.1.0\n"}, "shadowed"),
    "another environment includes the unit": (
        {"overlays/prod/web/kustomization.yaml": HEAD + "resources:\n- ../../dev/web\n"}, "reaches-another"),
    "another service includes the unit": (
        {"overlays/dev/backend/kustomization.yaml": HEAD + "resources:\n- ../web\nnamePrefix: b-\n"}, "reaches-another"),
    "another environment's aggregator includes the unit": (
        {"overlays/prod/kustomization.yaml": "resources:\n- ../dev/web\nnamePrefix: p-\n"}, "reaches-another"),
    "the version is copied into an annotation": ({UNIT: unit("web", extra=LABELLED)}, "overreach"),
    "an anchor shares the tag with another pin": (
        {UNIT: unit("web", entry=ENTRY.replace("newTag: v1.0.0", "newTag: &t v1.0.0") + "- name: side\n  newTag: *t\n")}, "unsafe-edit"),
    "an anchor shares the tag with a label": (
        {UNIT: unit("web", entry=ENTRY.replace("v1.0.0", "&t v1.0.0"), extra="commonAnnotations: {version: *t}\n")}, "unsafe-edit"),
    "the tag is an alias": (
        {UNIT: "commonAnnotations: {version: &t v1.0.0}\n" + unit("web", entry=ENTRY.replace("v1.0.0", "*t"))}, "unsafe-edit"),
    "the tag comes through a merge key": (
        {UNIT: "commonAnnotations: &p {newTag: v2.0.0}\n" + unit("web", entry="- name: web\n  <<: *p\n")}, "malformed-kustomization"),
    "the entry is shared through an anchor": (
        {UNIT: unit("web", entry="- &e\n  name: web\n  newTag: v1.0.0\n", extra="imageTags: [*e]\n")}, "malformed-kustomization"),
    "the file holds two documents": ({UNIT: unit("web") + "---\nkind: Kustomization\n"}, "malformed-yaml"),
    "there are two kustomization files": ({"overlays/dev/web/kustomization.yml": unit("web")}, "malformed-kustomization"),
    "the new name carries a tag": ({UNIT: unit("web", entry=ENTRY.replace("/web\n", "/web:v9\n"))}, "malformed-kustomization"),
    "a base is remote": ({BASE: "resources:\n- deployment.yaml\n- https://example.com/base?ref=v1\n"}, "forbidden-source"),
    "a chart is inflated": ({BASE: "resources: [deployment.yaml]\nhelmCharts:\n- name: x\n"}, "forbidden-source"),
    "a base is missing": ({BASE: "resources: [deployment.yaml, gone.yaml]\n"}, "missing-file"),
    "bases go round in a circle": ({BASE: "resources: [deployment.yaml, ../../overlays/dev/web]\n"}, "circular"),
    "kustomize itself can't build it": ({UNIT: unit("web", extra="patches:\n- patch: '{apiVersion: v1, kind: X, metadata: {name: x}}'\n")}, "render-failed"),
    "the list of images is a word": ({UNIT: unit("web").split("images:")[0] + "images: web\n"}, "malformed-kustomization"),
    "an entry has no name": ({UNIT: unit("web", entry="- newTag: v1.0.0\n")}, "malformed-kustomization"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bump_that_is_not_what_it_says_is_refused_and_changes_nothing(tmp_path, capsys, untouched, what):
    contents, reason = BAD[what]
    root = write(tmp_path / "repo", {**files(), **contents})
    before = untouched(root)

    code, said, err = bump(root, capsys, "web", "v1.0.1")

    assert said["error"]["reason"] == reason, err
    assert code in (1, 2, 4)
    assert untouched(root) == before
    assert "Traceback" not in err


def test_a_pin_that_is_a_number_does_not_render_and_is_left_as_it_is(tmp_path, capsys, untouched):
    root = write(tmp_path / "repo", {**files(), UNIT: unit("web", entry=ENTRY.replace("v1.0.0", "0.10"))})
    before = untouched(root)

    _, said, err = bump(root, capsys, "web", "0.11")

    assert said["error"]["reason"] == "render-failed", err
    assert untouched(root) == before


def test_the_refusals_are_at_least_25():
    assert len(BAD) >= 25


def test_a_version_that_stands_already_but_has_no_effect_is_refused(tmp_path, capsys):
    root = write(tmp_path / "repo", files())
    write(root, {BASE: "resources: [deployment.yaml]\nimages:\n- name: web\n  newName: other.example.com/web\n"})

    code, said, _ = bump(root, capsys, "web", "v1.0.0")

    assert (code, said["error"]["reason"]) == (1, "shadowed")


def test_a_symlink_out_of_the_units_folder_is_refused_as_kustomize_refuses_it(tmp_path, capsys, untouched):
    root = write(tmp_path / "repo", files())
    other = root / "overlays/prod/web/kustomization.yaml"
    other.unlink()
    other.symlink_to("../../dev/web/kustomization.yaml")
    before = untouched(root)

    code, said, _ = bump(root, capsys, "web", "v1.0.1", "--env", "prod")

    assert (code, said["error"]["reason"]) == (4, "link-outside")
    assert untouched(root) == before


def test_an_unrelated_broken_unit_does_not_block_a_bump(tmp_path, capsys):
    root = write(tmp_path / "repo", {**files(), "overlays/prod/backend/kustomization.yaml": "images: [\n"})

    code, said, _ = bump(root, capsys, "web", "v1.0.1")

    assert (code, said["changed"]) == (0, True)


def test_what_is_already_so_is_done_with_the_file_untouched(tmp_path, capsys, untouched):
    root = write(tmp_path / "repo", files())
    before = untouched(root)

    code, said, _ = bump(root, capsys, "web", "v1.0.0")

    assert (code, said["changed"], said["edits"], said["effects"], said["commit"]) == (0, False, [], [], None)
    assert untouched(root) == before


def test_a_dry_run_proves_and_writes_nothing(tmp_path, capsys, untouched):
    root = write(tmp_path / "repo", files())
    before = untouched(root)

    code, said, _ = bump(root, capsys, "web", "v1.0.1", "--dry-run")

    assert (code, said["changed"], len(said["effects"])) == (0, True, 1)
    assert untouched(root) == before

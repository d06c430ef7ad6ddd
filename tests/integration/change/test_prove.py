"""The proof: repositories in which a bump has no effect or too much of one are refused; good ones raise no alarm."""

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from bos_tools.cli.main import main
from harness.repositories import DIGEST, deployment, files, unit, write

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
    "the pin is a number": ({UNIT: unit("web", entry=ENTRY.replace("v1.0.0", "0.10"))}, "render-failed"),
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


KINDS = {
    "Deployment": deployment("web"),
    "StatefulSet": deployment("web").replace("Deployment", "StatefulSet"),
    "DaemonSet": deployment("web").replace("Deployment", "DaemonSet"),
    "two containers": deployment("web", ["web", "web"]),
    "a side car of another image": deployment("web", ["web", "busybox:1.36.1"]),
    "a tag in the base": deployment("web", ["web:v0.0.1"]),
    "a digest in the base": deployment("web", [f"web@{DIGEST}"]),
    "Job": "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n"
    "      initContainers:\n      - name: init\n        image: web\n      containers:\n      - name: web\n        image: web\n",
    "CronJob": "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: web\nspec:\n  schedule: '0 0 * * *'\n  jobTemplate:\n"
    "    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          containers:\n          - name: web\n            image: web\n",
}
ENTRIES = {
    "block": ENTRY,
    "flow": "- {name: web, newName: registry.example.com/web, newTag: v1.0.0}\n",
    "double quotes": ENTRY.replace("v1.0.0", '"v1.0.0"'),
    "single quotes and a comment": ENTRY.replace("v1.0.0", "'v1.0.0' # 固定"),
    "no new name": "- name: web\n  newTag: v1.0.0\n",
    "a port in the registry": ENTRY.replace("registry.example.com", "registry.example.com:5000"),
    "tag first": "- newTag: v1.0.0\n  name: web\n",
    "another image before": "- name: side\n  newTag: v3.0.0\n" + ENTRY,
}  # fmt: skip
SHAPES = {
    "as it is": lambda text: text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "BOM and no final newline": lambda text: "\ufeff" + text.rstrip("\n"),
    "patches and a prefix": lambda text: text + "namePrefix: x-\npatches:\n- target: {name: web}\n  patch: |-\n"
    "    - op: add\n      path: /metadata/annotations\n      value: {a: b}\n",
}  # fmt: skip
EXTRAS = {
    "namespace and labels": "namespace: other\nlabels:\n- pairs: {a: b}\n  includeSelectors: true\n",
    "generated config": "configMapGenerator:\n- name: c\n  literals: [a=b]\n",
    "annotations": "commonAnnotations:\n  note: v1.0.0\n",
    "a replica count": "replicas:\n- name: web\n  count: 3\n",
    "options of the generators": "generatorOptions:\n  disableNameSuffixHash: true\n",
    "a suffix": "nameSuffix: -x\n",
}
GOOD = [
    *((kind, entry, "as it is", "") for kind, entry in itertools.product(KINDS, ["block", "flow", "no new name"])),
    *(("Deployment", entry, shape, "") for entry, shape in itertools.product(ENTRIES, SHAPES)),
    *(("Deployment", "block", "as it is", extra) for extra in EXTRAS),
]


@pytest.mark.parametrize(("kind", "entry", "shape", "extra"), GOOD)
def test_a_good_repository_raises_no_false_alarm(tmp_path, capsys, kind, entry, shape, extra):
    text = SHAPES[shape](unit("web", entry=ENTRIES[entry], extra=EXTRAS.get(extra, "")))
    root = write(tmp_path / "repo", {**files(), "base/web/deployment.yaml": KINDS[kind], UNIT: text})
    before = (root / UNIT).read_bytes()

    code, said, err = bump(root, capsys, "web", "v1.0.1", "--image", "web")

    assert code == 0, err
    assert said["changed"] is True
    assert said["edits"][0]["new"] == "v1.0.1"
    assert {effect["new"].rpartition(":")[2] for effect in said["effects"]} == {"v1.0.1"} or "@" in said["effects"][0][
        "new"
    ]
    after = (root / UNIT).read_bytes()
    at = next(i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
    assert after == before[:at] + b"1" + before[at + 1 :]


def test_the_good_repositories_are_at_least_50():
    assert len(set(GOOD)) >= 50


def test_two_names_for_one_repository_are_bumped_one_by_one(tmp_path, capsys):
    entry = "- name: web\n  newName: r.example.com/x\n  newTag: v1.0.0\n- name: init\n  newName: r.example.com/x\n  newTag: v1.0.0\n"
    root = write(tmp_path / "repo", {**files(), UNIT: unit("web", entry=entry)})
    write(root, {"base/web/deployment.yaml": deployment("web", ["web", "init"])})

    code, said, _ = bump(root, capsys, "web", "v1.0.1", "--image", "init")

    assert code == 0
    assert [effect["field"] for effect in said["effects"]] == ["spec.template.spec.containers[side-1].image"]


def test_an_aggregator_with_fields_of_its_own_is_rendered_too(tmp_path, capsys):
    root = write(tmp_path / "repo", files())
    write(root, {"overlays/dev/kustomization.yaml": "resources:\n- backend\n- web\nlabels:\n- pairs: {a: b}\n"})

    code, said, _ = bump(root, capsys, "web", "v1.0.1")

    assert (code, said["changed"], len(said["effects"])) == (0, True, 1)


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


@pytest.mark.parametrize("absent", ["", " ~", " null", ' ""'])
def test_a_pin_with_an_empty_tag_gets_one(tmp_path, capsys, absent):
    root = write(tmp_path / "repo", {**files(), UNIT: unit("web", entry=ENTRY.replace(" v1.0.0", absent))})

    code, said, err = bump(root, capsys, "web", "v1.0.1")

    assert code == 0, err
    assert said["edits"][0]["old"] is None
    assert (root / UNIT).read_text().replace('"', "") == unit("web", entry=ENTRY.replace("v1.0.0", "v1.0.1"))


def test_a_pin_by_digest_alone_becomes_a_version(tmp_path, capsys):
    entry = ENTRY.replace("newTag: v1.0.0", f"digest: {DIGEST}")
    root = write(tmp_path / "repo", {**files(), UNIT: unit("web", entry=entry)})

    code, said, err = bump(root, capsys, "web", "v1.0.1")

    assert code == 0, err
    assert [(edit["field"], edit["old"], edit["new"]) for edit in said["edits"]] == [
        ("newTag", None, "v1.0.1"),
        ("digest", DIGEST, None),
    ]
    assert (root / UNIT).read_text() == unit("web", entry=ENTRY.replace("v1.0.0", "v1.0.1"))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"resources": ["../../../base/web"], "images": [{"name": "web", "newTag": "v1.0.0"}]}),
        "resources: [../../../base/web]\nimages: [\n  {name: web,\n   newTag: v1.0.0},\n]\n",
        'resources: [../../../base/web]\nimages:\n- "name": web\n  "newTag": v1.0.0\n',
        "resources: [../../../base/web]\nimages:\n-\n  name: web\n  newTag:   v1.0.0   # x\n...\n",
    ],
)
def test_rare_ways_of_writing_a_pin_are_edited_in_place(tmp_path, capsys, text):
    root = write(tmp_path / "repo", {**files(), UNIT: text})

    code, _, err = bump(root, capsys, "web", "v1.0.1")

    assert code == 0, err
    assert (root / UNIT).read_text() == text.replace("v1.0.0", "v1.0.1")


def test_an_image_without_a_pin_gets_one(tmp_path, capsys):
    root = write(tmp_path / "repo", {**files(), UNIT: unit("web").split("images:")[0]})

    code, said, _ = bump(root, capsys, "web", "v1.0.1")

    assert code == 0
    assert said["effects"][0]["old"] == "web"
    assert (root / UNIT).read_text().endswith("images:\n- name: web\n  newTag: v1.0.1\n")


def test_a_symlink_stays_a_symlink_and_the_mode_of_its_file_stays(tmp_path, capsys):
    root = write(tmp_path / "repo", files())
    link, target = root / UNIT, root / "overlays/dev/web/pins.yaml"
    link.rename(target)
    link.symlink_to("pins.yaml")
    target.chmod(0o640)

    code, said, _ = bump(root, capsys, "web", "v1.0.1")

    assert (code, said["edits"][0]["path"]) == (0, "overlays/dev/web/pins.yaml")
    assert link.is_symlink()
    assert os.stat(target).st_mode & 0o777 == 0o640
    assert "newTag: v1.0.1" in target.read_text()

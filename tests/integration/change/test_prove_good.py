"""The proof raises no false alarm: pins in every usual and in rare ways of writing are bumped by their own bytes alone."""

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from bos_tools.cli.main import main
from harness.repositories import DIGEST, deployment, files, unit, write

UNIT = "overlays/dev/web/kustomization.yaml"


ENTRY = "- name: web\n  newName: registry.example.com/web\n  newTag: v1.0.0\n"


def bump(root: Path, capsys, *words: str) -> tuple[int, dict[str, Any], str]:
    code = main(["--repo", str(root), "bump", *words, "--output", "json"])
    out, err = capsys.readouterr()
    return code, json.loads(out), err


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

"""status, render, diff and history on a real repository."""

import json
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from harness.git import git
from harness.repositories import DIGEST, files, repository, unit, write

CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  resources:
    requests:
      storage: {}
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    contents = files()
    contents["base/postgres/pvc.yaml"] = CLAIM.format("1Gi")
    contents["base/postgres/kustomization.yaml"] = "resources:\n- deployment.yaml\n- pvc.yaml\n"
    for env, size in (("dev", "20Gi"), ("preprod", "20Gi"), ("prod", "50Gi")):
        contents[f"overlays/{env}/postgres/data.yaml"] = CLAIM.format(size)
        contents[f"overlays/{env}/postgres/kustomization.yaml"] = unit(
            "postgres", extra="patches:\n- path: data.yaml\n"
        )
    return repository(tmp_path / "repo", contents)


def run(repo: Path, capsys, *words: str) -> tuple[int, str, str]:
    code = main(["--repo", str(repo), *words])
    out, err = capsys.readouterr()
    return code, out, err


def as_json(repo: Path, capsys, *words: str):
    code, out, _ = run(repo, capsys, *words, "--output", "json")
    assert code == 0
    return json.loads(out)


def test_status_marks_what_differs_from_the_environment_before(repo, capsys):
    write(repo, {"overlays/preprod/web/kustomization.yaml": unit("web", "v0.9.0")})

    code, out, err = run(repo, capsys, "status")

    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines()}
    assert code == 0
    assert rows["SERVICE"] == ["dev", "preprod", "prod"]
    assert rows["web"] == ["v1.0.0", "v0.9.0", "*", "v1.0.0", "*"]
    assert rows["backend"] == ["v1.0.0", "v1.0.0", "v1.0.0"]
    assert "differs from the environment before" in err


def test_status_shows_the_size_that_the_overlay_gives_a_claim(repo, capsys):
    found = as_json(repo, capsys, "status")

    sizes = {entry["env"]: entry["claims"] for entry in found["services"] if entry["service"] == "postgres"}
    assert sizes["dev"] == [{"name": "data", "size": "20Gi", "differs": False}]
    assert sizes["prod"] == [{"name": "data", "size": "50Gi", "differs": True}]


def test_status_shows_the_claims_that_a_base_of_several_replicas_declares_in_place_of_the_one(repo, capsys):
    gone = CLAIM.format("1Gi").replace("spec:\n  resources:\n    requests:\n      storage: 1Gi\n", "$patch: delete\n")
    many = {
        f"base/postgres-ha/pvc-{n}.yaml": CLAIM.format("1Gi").replace("name: data", f"name: data-postgres-{n}")
        for n in (0, 1)
    }
    listed = "resources:\n- ../postgres\n- pvc-0.yaml\n- pvc-1.yaml\npatches:\n- path: pvc.yaml\n"
    size = CLAIM.format("50Gi").replace("name: data", "name: data-postgres-1")
    patched = unit("postgres", extra="patches:\n- path: data.yaml\n").replace("base/postgres", "base/postgres-ha")
    write(
        repo,
        {
            **many,
            "base/postgres-ha/pvc.yaml": gone,
            "base/postgres-ha/kustomization.yaml": listed,
            "overlays/prod/postgres/data.yaml": size,
            "overlays/prod/postgres/kustomization.yaml": patched,
        },
    )

    found = as_json(repo, capsys, "status", "--env", "prod")

    claims = [entry["claims"] for entry in found["services"] if entry["service"] == "postgres"]
    assert claims == [
        [
            {"name": "data-postgres-0", "size": "1Gi", "differs": True},
            {"name": "data-postgres-1", "size": "50Gi", "differs": True},
        ]
    ]


def test_status_shows_a_digest_and_that_it_differs(repo, capsys):
    entry = f"- name: web\n  newTag: v1.0.0\n  digest: {DIGEST}\n"
    write(repo, {"overlays/prod/web/kustomization.yaml": unit("web", entry=entry)})

    found = as_json(repo, capsys, "status", "--env", "prod")

    images = [entry["images"] for entry in found["services"] if entry["service"] == "web"]
    assert images == [[{"name": "web", "version": "v1.0.0", "digest": DIGEST, "differs": True}]]
    assert found["environments"] == ["prod"]


def test_status_shows_the_rest_when_one_unit_is_broken(repo, capsys):
    write(repo, {"overlays/dev/web/kustomization.yaml": "images: [\n"})

    code, out, err = run(repo, capsys, "status")

    assert code == 4
    assert "backend" in out
    assert "overlays/dev/web/kustomization.yaml:" in err


def test_render_prints_what_kustomize_builds(repo, capsysbinary):
    assert main(["--repo", str(repo), "render", "web", "--env", "prod"]) == 0

    out = capsysbinary.readouterr().out
    assert b"image: registry.example.com/web:v1.0.0" in out
    assert b"name: backend" not in out


def test_render_of_an_environment_holds_every_object_once(repo, capsys):
    objects = as_json(repo, capsys, "render", "--env", "dev")

    assert sorted((o["kind"], o["metadata"]["name"]) for o in objects) == [
        ("Deployment", "backend"),
        ("Deployment", "postgres"),
        ("Deployment", "web"),
        ("PersistentVolumeClaim", "data"),
    ]


def test_history_tells_who_pinned_what_by_which_commit(repo, capsys):
    write(repo, {"overlays/prod/web/kustomization.yaml": unit("web", "v1.1.0")})
    git(repo, "commit", "-qam", "Pin web", "--author", "Ada <ada@example.com>")
    sha = git(repo, "rev-parse", "HEAD").strip()

    found = as_json(repo, capsys, "history", "web", "--env", "prod")

    first = found["changes"][0]
    assert (first["commit"], first["author"], first["old"], first["new"]) == (sha, "Ada", "v1.0.0", "v1.1.0")
    assert found["changes"][1]["old"] is None


def test_history_passes_over_commits_that_left_the_pin_alone(repo, capsys):
    path = "overlays/dev/web/kustomization.yaml"
    write(repo, {path: "# a comment\n" + (repo / path).read_text()})
    git(repo, "commit", "-qam", "Comment")

    found = as_json(repo, capsys, "history", "web", "--env", "dev")

    assert [entry["subject"] for entry in found["changes"]] == ["Start"]


def test_history_of_an_unknown_service_is_a_usage_error(repo, capsys):
    code, _, err = run(repo, capsys, "history", "wbe")

    assert code == 2
    assert "unknown service: wbe" in err


@pytest.mark.parametrize("words", [["status"], ["render"], ["diff"], ["history", "web"], ["bump", "web", "v1.0.1"]])
def test_a_folder_that_is_no_such_repository_is_refused_by_every_command(tmp_path, capsys, words):
    code, out, err = run(tmp_path, capsys, *words)

    assert code == 4
    assert out == ""
    assert "not a BuildingOS repository" in err

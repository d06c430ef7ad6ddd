"""What a change does to objects, shown: once for all environments, as lines where it is a file, and no Secret."""

import json
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from harness.git import git
from harness.repositories import files, repository, unit, write


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", files())


def run(repo: Path, capsys, *words: str) -> tuple[int, str, str]:
    code = main(["--repo", str(repo), *words])
    out, err = capsys.readouterr()
    return code, out, err


def as_json(repo: Path, capsys, *words: str):
    code, out, _ = run(repo, capsys, *words, "--output", "json")
    assert code == 0
    return json.loads(out)


def test_diff_shows_fields_of_objects_between_two_revisions(repo, capsys):
    write(repo, {"overlays/prod/web/kustomization.yaml": unit("web", "v1.1.0")})
    git(repo, "commit", "-qam", "Pin web")

    found = as_json(repo, capsys, "diff", "HEAD~1..HEAD")

    assert found == {
        "rendered": {"units": 1, "of": 9, "all": False, "why": None},
        "changes": [
            {
                "env": "prod",
                "service": "web",
                "unit": "overlays/prod/web",
                "object": "Deployment.apps buildingos/web",
                "change": "changed",
                "was": None,
                "fields": [
                    {
                        "field": "spec.template.spec.containers[web].image",
                        "old": "registry.example.com/web:v1.0.0",
                        "new": "registry.example.com/web:v1.1.0",
                    }
                ],
                "rolls": ["Deployment.apps buildingos/web"],
            }
        ],
        "broken": [],
    }


def test_diff_without_revisions_compares_the_work_tree_with_head(repo, capsys):
    assert as_json(repo, capsys, "diff")["changes"] == []

    write(repo, {"base/web/deployment.yaml": (repo / "base/web/deployment.yaml").read_text() + "  replicas: 3\n"})

    found = as_json(repo, capsys, "diff")
    assert [change["env"] for change in found["changes"]] == ["dev", "preprod", "prod"]
    assert found["rendered"] == {"units": 3, "of": 9, "all": False, "why": None}
    assert {(f["field"], f["old"], f["new"]) for c in found["changes"] for f in c["fields"]} == {
        ("spec.replicas", None, 3)
    }


def test_diff_tells_what_is_the_same_in_three_environments_once(repo, capsys):
    write(repo, {"base/web/deployment.yaml": (repo / "base/web/deployment.yaml").read_text() + "  replicas: 3\n"})
    write(repo, {"overlays/prod/web/kustomization.yaml": unit("web", "v1.1.0")})

    code, out, err = run(repo, capsys, "diff")

    assert code == 0
    assert out == (
        "web  dev, preprod\n"
        "  ~ Deployment.apps buildingos/web\n"
        "      spec.replicas  (absent) -> 3\n"
        "web  prod\n"
        "  ~ Deployment.apps buildingos/web  rolls\n"
        "      spec.template.spec.containers[web].image\n"
        "        - registry.example.com/web:v1.0.0\n"
        "        + registry.example.com/web:v1.1.0\n"
        "      spec.replicas  (absent) -> 3\n"
    )
    assert err == "3 of 9 units differ: 3 changed\n"


def test_diff_shows_a_configuration_as_the_lines_of_its_file_and_who_rolls(repo, capsys):
    volume = "      volumes:\n      - name: c\n        configMap:\n          name: web\n"
    write(
        repo,
        {
            "base/web/app.conf": "one\ntwo\nthree\n",
            "base/web/deployment.yaml": (repo / "base/web/deployment.yaml").read_text() + volume,
            "base/web/kustomization.yaml": "resources:\n- deployment.yaml\nconfigMapGenerator:\n- name: web\n"
            "  files: [app.conf]\n",
        },
    )
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "Configure web")
    write(repo, {"base/web/app.conf": "one\n2\nthree\n"})

    _, out, err = run(repo, capsys, "diff")
    found = as_json(repo, capsys, "diff", "--env", "dev")["changes"]

    assert out == (
        "web  dev, preprod, prod\n"
        "  ~ ConfigMap buildingos/web  rolls: web\n"
        '      data["app.conf"]\n'
        "        @@ -1,3 +1,3 @@\n"
        "         one\n"
        "        -two\n"
        "        +2\n"
        "         three\n"
    )
    assert err == "3 of 9 units differ: 3 renamed\n"
    config, deployment = sorted(found, key=lambda change: change["object"])
    assert config["change"] == "renamed"
    assert config["was"] != config["object"]
    assert config["rolls"] == ["Deployment.apps buildingos/web"]
    assert [field["field"] for field in deployment["fields"]] == ["spec.template.spec.volumes[c].configMap.name"]


def test_diff_ignores_a_change_that_only_reformats(repo, capsys):
    path = "overlays/dev/web/kustomization.yaml"
    write(repo, {path: "# a comment\n" + (repo / path).read_text()})

    assert as_json(repo, capsys, "diff")["changes"] == []


def test_diff_shows_a_new_and_a_removed_service(repo, capsys):
    git(repo, "rm", "-qr", "overlays/prod/web")
    write(repo, {"overlays/prod/kustomization.yaml": "resources:\n- backend\n- postgres\n"})
    git(repo, "commit", "-qam", "Remove web")

    removed = as_json(repo, capsys, "diff", "HEAD~1..HEAD")["changes"]
    added = as_json(repo, capsys, "diff", "HEAD..HEAD~1")["changes"]

    assert [(c["service"], c["change"], {f["new"] for f in c["fields"]}) for c in removed] == [
        ("web", "removed", {None})
    ]
    assert [(c["service"], c["change"], {f["old"] for f in c["fields"]}) for c in added] == [("web", "added", {None})]


def test_diff_shows_the_rest_when_one_unit_is_broken_and_says_why_it_rendered_all(repo, capsys):
    write(repo, {"overlays/dev/web/kustomization.yaml": "images: [\n"})
    write(repo, {"overlays/prod/web/kustomization.yaml": unit("web", "v1.1.0")})

    code, out, err = run(repo, capsys, "diff")

    assert code == 4
    assert "web  prod" in out
    assert "all 9 units were rendered: what overlays/dev/web reads can't be worked out" in err
    assert "overlays/dev/web/kustomization.yaml:" in err


def test_diff_never_shows_the_value_of_a_secret(repo, capsys):
    for word in ("first-value", "second-value"):
        secret = f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  key: {word}\n"
        write(
            repo,
            {
                "base/web/secret.yaml": secret,
                "base/web/kustomization.yaml": "resources:\n- deployment.yaml\n- secret.yaml\n",
            },
        )
        git(repo, "add", "-A")
        git(repo, "commit", "-qm", word)

    _, out, err = run(repo, capsys, "diff", "HEAD~1..HEAD", "--env", "dev")

    assert "stringData.key" in out
    assert "-value" not in out + err


@pytest.mark.parametrize("revisions", ["nope", "HEAD..nope", "--output..HEAD", "HEAD...nope", "HEAD..-x"])
def test_diff_refuses_what_is_no_revision(repo, capsys, revisions):
    code, out, err = run(repo, capsys, "diff", "--", revisions)

    assert code == 2
    assert out == ""
    assert "no such revision" in err

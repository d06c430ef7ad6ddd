"""`secrets list`, and what `secrets` refuses before it asks a cluster; tests/cluster has the rest."""

import json
import shutil
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from harness import ROOT


@pytest.fixture
def repo(tmp_path) -> Path:
    for name in ("base", "overlays"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(repo: Path, *words: str) -> int:
    return main(["--repo", str(repo), "secrets", *words])


def test_the_list_says_what_each_environment_reads_where_it_comes_from_and_who_reads_it(capsys):
    assert run(ROOT, "list", "--env", "prod", "--output", "json") == 0

    document = json.loads(capsys.readouterr().out)
    assert (document["env"], document["namespace"]) == ("prod", "buildingos")
    rows = {(row["secret"], row["key"]): row for row in document["secrets"]}
    assert rows["nodered-secret", "credential-secret"] == {
        "secret": "nodered-secret",
        "key": "credential-secret",
        "what": "what Node-RED encrypts the credentials of its flows with",
        "from": "random",
        "replaced": False,
        "used_by": ["Deployment nodered"],
    }
    assert rows["postgres-backup", "access-key-id"]["from"] == "asked"
    assert rows["backend-env", "PGPASSWORD"]["from"] == "from postgres-auth/password"


def test_dev_reads_less_than_prod_and_the_table_has_a_line_for_each(capsys):
    run(ROOT, "list")
    lines = capsys.readouterr().out.splitlines()

    assert lines[0].split() == ["SECRET", "KEY", "FROM", "USED", "BY"]
    assert not any(line.startswith("postgres-backup") for line in lines)
    assert sum(line.startswith("swr-cred") for line in lines) == 1
    assert any("Deployment backend" in line and "more" in line for line in lines)


def test_a_key_that_the_contract_lacks_is_listed_as_such(repo, capsys):
    file = repo / "base/redis/statefulset.yaml"
    file.write_text(file.read_text().replace("key: password", "key: pasword"))

    assert run(repo, "list", "--env", "dev") == 0

    assert "redis-auth         pasword             not in the contract" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["list", "--env", "nowhere"], 2, "unknown environment: 'nowhere'"),
        (["missing", "--kubeconfig", "/nonexistent"], 5, "no cluster can be reached by /nonexistent"),
        (["create", "--kubeconfig", "/nonexistent"], 5, "no cluster can be reached by /nonexistent"),
    ],
)
def test_what_can_not_be_done_is_one_sentence(words, code, said, capsys):
    assert run(ROOT, *words) == code

    assert capsys.readouterr().err.startswith(f"bos-tools: {said}")


def test_a_unit_that_can_not_be_rendered_is_named(repo, capsys):
    (repo / "overlays/dev/web/kustomization.yaml").write_text("resources: [../../../base/nothing]\n")

    assert run(repo, "list") == 4

    assert "overlays/dev/web/kustomization.yaml" in capsys.readouterr().err


def test_an_environment_without_a_namespace_is_not_guessed(repo, capsys):
    file = repo / "overlays/dev/environment.yaml"
    file.write_text(file.read_text().replace("namespace: buildingos\n", ""))

    assert run(repo, "list") == 4

    assert "overlays/dev/environment.yaml: no namespace is named" in capsys.readouterr().err

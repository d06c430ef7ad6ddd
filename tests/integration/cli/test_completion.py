"""What a shell offers while a command is being written, and help in every form that people type."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from harness.repositories import files, write

PROGRAM = Path(sys.executable).parent / "bos-tools"
CLAIM = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: web-data\nspec:\n  resources:\n    requests:\n      storage: 1Gi\n"


@pytest.fixture
def repo(tmp_path, monkeypatch):
    """A repository with a claim in dev, and another service in prod, as the current folder."""
    made = files(["backend", "web"]) | {"base/web/pvc.yaml": CLAIM}
    made["base/web/kustomization.yaml"] += "- pvc.yaml\n"
    made["overlays/prod/cache/kustomization.yaml"] = "resources:\n- ../../../base/web\n"
    root = write(tmp_path / "repo", made)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def offered(monkeypatch, capsys):
    """Return a function that tells what bash is offered for the last of some words."""

    def ask(*words: str) -> list[str]:
        monkeypatch.setenv("_BOS_TOOLS_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", " ".join(["bos-tools", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        assert main([]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        found: list[str] = out.split()
        return found

    return ask


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["bump", ""], ["backend", "web"]),
        (["bump", "w"], ["web"]),
        (["bump", "web", ""], []),
        (["bump", "web=v1", ""], ["backend", "web"]),
        (["bump", "web", "=", "v1", ""], ["backend", "web"]),
        (["bump", "--env", ""], ["dev", "preprod", "prod"]),
        (["bump", "--env=pr"], ["preprod", "prod"]),
        (["bump", "--env", "prod", "c"], ["cache"]),
        (["render", "web", ""], ["backend"]),
        (["check", "-e", "d"], ["dev"]),
        (["pvc", "grow", "web"], ["web", "web-data"]),
        (["pvc", "grow", "web", ""], []),
        (["argocd", "wait", "b"], ["backend"]),
        (["pvc", "ver"], ["verify"]),
        (["help", "pv"], ["pvc"]),
        (["help", "pvc", "ver"], ["verify"]),
        (["help", "bump", ""], []),
        (["help", "nonsense", ""], []),
        (["bump", "--env", "nowhere", ""], []),
    ],
)
def test_a_shell_is_offered_what_the_repository_has(repo, offered, words, values):
    assert offered(*words) == values


@pytest.mark.parametrize("name", ["$(touch pwned)", "`id`", "a'b", "a b", "a;b", "\x1b[2J", "x\ny", "*"])
def test_no_name_is_offered_that_a_shell_could_evaluate(repo, offered, name):
    write(repo, {"base/web/pvc.yaml": CLAIM.replace("web-data", json.dumps(name))})

    assert offered("pvc", "grow", "") == ["backend", "web"]


def test_the_repository_is_the_one_that_is_named(repo, offered, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    assert offered("bump", "") == []
    assert offered("--repo", str(repo), "bump", "") == ["backend", "web"]
    assert offered("bump", "--repo", str(repo), "w") == ["web"]


def test_a_broken_unit_hides_itself_alone(repo, offered):
    write(repo, {"overlays/dev/backend/kustomization.yaml": "images: [\n"})

    assert offered("pvc", "grow", "") == ["backend", "web", "web-data"]


def test_bash_completes_by_the_script_that_is_shown(repo):
    script = (
        f'PATH="{PROGRAM.parent}:$PATH"; eval "$(bos-tools --show-completion)"; '
        'COMP_WORDS=(bos-tools bump ""); COMP_CWORD=2; _bos_tools_completion bos-tools; echo "${COMPREPLY[*]}"'
    )

    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("backend web\n", "")


@pytest.mark.parametrize("words", [["-h"], ["--help"], ["help"]])
def test_help_is_there_in_every_form(words, capsys):
    assert main(words) == 0

    out = capsys.readouterr().out
    assert out.startswith("Usage: bos-tools [OPTIONS] COMMAND")
    assert "  help " in out


def test_help_of_a_command_is_what_the_command_says_itself(capsys):
    for words in (["bump"], ["pvc"], ["pvc", "grow"], ["help"]):
        assert main([*words, "-h"]) == 0
        said = capsys.readouterr().out
        assert main(["help", *words]) == 0
        assert capsys.readouterr().out == said


@pytest.mark.parametrize(
    ("words", "message"), [(["nope"], "No such command 'nope'"), (["bump", "web"], "bos-tools bump has no commands")]
)
def test_help_of_what_is_no_command_is_a_usage_error(words, message, capsys):
    assert main(["help", *words]) == 2
    assert message in capsys.readouterr().err

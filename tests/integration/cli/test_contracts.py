"""Every JSON shape is a documented type, its schema is committed, and what a command answers in fact keeps to it."""

import json
import os
from collections.abc import Callable

import jsonschema_rs
import pytest

from bos_tools.cli.groups import words as commands
from bos_tools.cli.main import main
from harness import ROOT, outputs


def test_every_command_has_a_contract():
    assert {name.partition(" --")[0] for name in outputs.CONTRACTS} - {"an error"} == set(commands()) - {"help"}


def test_the_committed_schemas_are_those_of_the_types():
    if os.environ.get("BOS_WRITE_CONTRACTS"):
        outputs.COMMITTED.write_text(outputs.written())

    assert json.loads(outputs.COMMITTED.read_text()) == json.loads(outputs.written()), (
        "a contract changed: say so in CHANGELOG.md, and write it anew with BOS_WRITE_CONTRACTS=1"
    )


@pytest.mark.parametrize("name", sorted(outputs.CONTRACTS))
def test_a_document_of_another_shape_breaks_the_contract(name):
    with pytest.raises(jsonschema_rs.ValidationError):
        outputs.hold(outputs.CONTRACTS[name], {"surprise": [1]})


HERE = [
    "status", "render web --env dev", "diff HEAD", "history web", "check --env dev", "check --explain p9",
    "bump web v9.9.9 --env dev --dry-run", "doctor", "pvc list", "pvc runbook redis --env dev",
    "pvc grow redis +1Gi --env dev --dry-run --no-live --beyond-plan --beyond-step", "secrets list --env dev",
    "argocd register --env dev --dry-run", "argocd open web --env dev",
]  # fmt: skip


@pytest.mark.parametrize("words", HERE)
def test_what_a_command_answers_about_this_repository_keeps_its_contract(words, capsys):
    name = max((name for name in outputs.CONTRACTS if words.startswith(name)), key=len)

    assert main(["--repo", str(ROOT), "--output", "json", *words.split()]) == 0

    outputs.hold(outputs.CONTRACTS[name], json.loads(capsys.readouterr().out))


THERE = ["status", "history", "diff", "wait", "sync", "open", "unregister"]


@pytest.mark.parametrize("words", THERE)
def test_what_a_command_answers_about_argo_cd_keeps_its_contract(
    words, argocd, run_argocd: Callable[..., tuple[int, str, str]]
):
    run_argocd("register", "--apply")

    code, out, err = run_argocd(*words.split(), "--output", "json")

    assert code in (0, 1), err
    outputs.hold(outputs.CONTRACTS[f"argocd {words.split()[0]}"], json.loads(out))


@pytest.mark.parametrize("words", ["nope", "bump nope v1", "status --nope", "--repo /nowhere status"])
def test_an_error_keeps_its_contract(words, capsys):
    assert main(["--output", "json", *words.split()]) > 0

    outputs.hold(outputs.CONTRACTS["an error"], json.loads(capsys.readouterr().out))

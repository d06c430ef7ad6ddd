"""What people type by mistake is asked back with what they meant, and nothing is done."""

import json

import pytest

from bos_tools.cli.main import main
from harness.repositories import deployment, files, unit, write

CASES = {
    "a service misspelt": (["bump", "wbe", "v1.0.1"], 2, "unknown-service", "did you mean web? one of queue, web"),
    "a service that is none at all": (["bump", "zzz", "v1.0.1"], 2, "unknown-service", "one of queue, web"),
    "an environment misspelt": (["bump", "web", "v1.0.1", "--env", "prd"], 2, "unknown-environment", "did you mean prod? one of dev, preprod, prod"),
    "an image in the place of its service": (["bump", "helper", "v3.0.1"], 2, "unknown-service", "bos-tools bump web v3.0.1 --image helper --env dev"),
    "the version first": (["bump", "v1.0.1", "web"], 2, "unknown-service", "bos-tools bump web v1.0.1"),
    "a version without its v": (["bump", "web", "1.0.1"], 1, "other-spelling", "did you mean v1.0.1? if 1.0.1 is meant, say --allow-downgrade"),
    "a version with a v too much": (["bump", "queue", "v8.10.2"], 1, "other-spelling", "did you mean 8.10.2? if v8.10.2 is meant, say --allow-downgrade"),
    "a size below the one that is there": (["pvc", "grow", "web", "-5Gi"], 2, "usage",
        "a number with a minus is an option to a shell; nothing shrinks: bos-tools pvc runbook says how to move"),
    "an option before its command": (["--env", "dev", "status"], 2, "usage", "the options of a command stand behind it: bos-tools COMMAND --env"),
    "an option before the command of a group": (["pvc", "--env", "dev", "list"], 2, "usage", "the options of a command stand behind it: bos-tools pvc COMMAND --env"),
    "an option that is none": (["bump", "web", "--x"], 2, "usage", "bos-tools bump --help"),
}  # fmt: skip


@pytest.fixture
def repo(tmp_path):
    made = files(["queue", "web"])
    made["base/web/deployment.yaml"] = deployment("web", ["web", "helper"])
    made["overlays/dev/web/kustomization.yaml"] = unit("web", extra="- name: helper\n  newTag: v3.0.0\n")
    made["overlays/dev/queue/kustomization.yaml"] = unit("queue", "8.10.1")
    return write(tmp_path / "repo", made)


@pytest.mark.parametrize("what", CASES)
def test_what_was_meant_stands_in_the_hint(what, repo, capsys, untouched):
    words, code, reason, hint = CASES[what]
    before = untouched(repo)

    assert main(["--repo", str(repo), *words, "--output", "json"]) == code

    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["reason"], error["hint"]) == (reason, hint)
    assert untouched(repo) == before


def test_another_spelling_on_purpose_is_taken(repo, capsys):
    assert main(["--repo", str(repo), "bump", "web", "1.0.1", "--allow-downgrade", "--dry-run"]) == 0

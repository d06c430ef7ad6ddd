"""Pins of every shape that pipelines write: which bump is a step forward, and what the base's own tag says."""

import json
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from harness.repositories import DIGEST, files, unit, write


def bump(root: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Run a dry `bump`, and return its code and the reason of its refusal."""
    code = main(["--repo", str(root), "bump", *words, "--dry-run", "--output", "json"])
    out = capsys.readouterr().out
    return code, json.loads(out).get("error", {}).get("reason", "")


@pytest.mark.parametrize(
    ("pinned", "asked", "code", "reason"),
    [
        (f"v1.5.3@{DIGEST}", "v1.5.1", 1, "downgrade"),
        (f"v1.5.3@{DIGEST}", "v1.5.4", 0, ""),
        ("v1.2.3-10-gaaaaaaa", "v1.2.3-9-gbbbbbbb", 1, "downgrade"),
        ("1.2.3-20240512-abc1234", "1.2.3-20240511-def5678", 1, "downgrade"),
        ('"846"', "847", 0, ""),
        ("main-57", "main-58", 0, ""),
        ("main-57", "dev-58", 1, "not-comparable"),
        ("57-abc1234", "58-def5678", 0, ""),
        ("abc1234", "deadbee", 1, "not-comparable"),
    ],
)
def test_a_step_of_a_pipelines_own_versions_is_judged(pinned, asked, code, reason, tmp_path, capsys):
    root = write(tmp_path, {**files(["web"]), "overlays/dev/web/kustomization.yaml": unit("web", pinned)})

    assert bump(root, capsys, "web", asked) == (code, reason)


@pytest.mark.parametrize(
    ("asked", "code", "reason"), [("17.11", 1, "downgrade"), ("19.0", 1, "major-change"), ("18.7", 0, "")]
)
def test_the_tag_that_the_base_gives_counts_where_no_pin_has_one(asked, code, reason, tmp_path, capsys):
    made = files(["postgres"])
    made["base/postgres/deployment.yaml"] = made["base/postgres/deployment.yaml"].replace(
        "image: postgres", "image: postgres:18.6"
    )
    pin = "- name: postgres\n  newName: registry.example.com/postgres\n"
    root = write(tmp_path, {**made, "overlays/dev/postgres/kustomization.yaml": unit("postgres", entry=pin)})

    assert bump(root, capsys, "postgres", asked) == (code, reason)


def test_a_digest_behind_the_tag_of_a_data_service_is_no_variant(tmp_path, capsys):
    pinned = unit("postgres", f"18.6@{DIGEST}")
    root = write(tmp_path, {**files(["postgres"]), "overlays/dev/postgres/kustomization.yaml": pinned})

    assert bump(root, capsys, "postgres", "18.7") == (0, "")

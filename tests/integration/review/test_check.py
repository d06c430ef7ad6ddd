"""`check`: clean on this repository, one finding a cause, and every rule explains itself."""

import json
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from bos_tools.review.engine import explain, of
from bos_tools.review.registry import Scope
from bos_tools.review.table import RULES
from harness import ROOT
from harness.faults import Case, found, make

WEB = "overlays/dev/web/kustomization.yaml"


def test_this_repository_is_clean() -> None:
    assert found(ROOT) == []


@pytest.mark.parametrize("identity", RULES)
def test_every_rule_explains_itself_and_names_its_source(identity: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", identity.lower()]) == 0

    rule, out = explain(identity), capsys.readouterr().out
    assert out == f"{identity}: {rule.title}\n\n{rule.why}\n\nRemedy: {rule.remedy}\nSource: {rule.source}\n"


def test_a_rule_is_explained_to_programs_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", "g1", "--output", "json"]) == 0

    said = json.loads(capsys.readouterr().out)
    assert (said["rule"], said["severity"], said["scope"]) == ("G1", "error", "change")
    assert [said[key] for key in ("title", "why", "remedy", "source")] == [
        getattr(RULES["G1"], key) for key in ("title", "why", "remedy", "source")
    ]


def test_an_unknown_rule_is_a_usage_error_that_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", "P99"]) == 2

    err = capsys.readouterr().err
    assert "no such rule" in err
    assert "P11" in err


def test_findings_are_data_with_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make(tmp_path / "repo")
    file = root / "base/backend/pvc.yaml"
    file.write_text(file.read_text().replace("Prune=false,Delete=false", "Prune=false"))

    code = main(["--repo", str(root), "check", "--output", "json"])

    said = json.loads(capsys.readouterr().out)
    assert code == 1
    assert said["rules"] == len(of(Scope.environment))
    assert [(f["rule"], f["severity"], f["path"], f["environments"]) for f in said["findings"]] == [
        ("S9", "error", "base/backend/pvc.yaml", ["dev", "prod"])
    ]


def test_a_finding_says_to_programs_how_bad_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make(tmp_path / "repo")
    unit = root / WEB
    unit.write_text(unit.read_text() + "commonAnnotations:\n  team: web\n")

    assert main(["--repo", str(root), "check", "--output", "json"]) == 1

    found_here = [f for f in json.loads(capsys.readouterr().out)["findings"] if f["path"] == WEB]
    assert [(f["rule"], f["severity"]) for f in found_here] == [("L2", "warning")]


def test_a_broken_unit_is_one_finding_and_the_rest_is_still_judged(good: Path) -> None:
    claim = Case("S9", "base/redis/pvc.yaml", "Prune=false,Delete=false", "", "").edited(good)

    faults = found(good, "dev", {WEB: b"images: [\n", **claim})

    assert [one.rule for one in faults if one.path == WEB] == ["K9"]
    assert [one.rule for one in faults if one.path == "base/redis/pvc.yaml"] == ["S9"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("base/components/pull-secret/pods.yaml", "template/spec/image", "template/7/image"),
        ("base/web/deployment.yaml", "  strategy:", "  strategy: ["),
        ("overlays/dev/kustomization.yaml", "resources:\n", "resources: x\nmore:\n"),
        ("overlays/prod/environment.yaml", "nodes:", "nodes: ["),
        (WEB, "images:\n", "images: {}\nmore:\n"),
    ],
)
def test_what_can_not_be_read_is_one_finding_with_a_line_and_no_scratch_path(
    good: Path, file: str, old: str, new: str
) -> None:
    faults = found(good, None, Case("K9", file, old, new, "").edited(good))

    assert [(one.rule, one.path, one.line > 0, "scratch" in one.message) for one in faults] == [
        ("K9", file, True, False)
    ]


def test_one_cause_in_many_objects_is_one_finding(good: Path) -> None:
    edited = Case("P7", "base/components/pull-secret/pods.yaml", "swr-cred", "backend-env", "").edited(good)

    faults = found(good, None, edited, "P7")

    assert len(faults) == 1
    assert faults[0].environments == ("dev", "prod")

"""A review for other programs: each format says what blocks and what is found, whatever words a stranger put there."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest

from bos_tools.cli.main import main
from harness.git import git
from harness.repositories import files, repository, write
from harness.schemas import CRDS

GUARDED = "environment: prod\ngates:\n  prune: confirm\n"
SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n  ports:\n  - port: 80\n"
)
LISTED = "resources:\n- deployment.yaml\n- service.yaml\n"
HOSTILE = "%0A::error::x,y:z<&]]>"
MEMBERS = {  # of the form that Jenkins' xunit plugin publishes as a schema, what it lets stand where
    "testsuites": ({"name"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped"}, {"testcase"}),
    "testcase": ({"name", "classname"}, {"failure"}),
    "failure": ({"message", "type"}, set()),
}
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """Return a branch that takes prod's guarded Service away, and has a key in dev that is an attack."""
    made = repository(
        tmp_path / "repo",
        {
            **files(["web"]), "overlays/prod/environment.yaml": GUARDED,
            "base/web/service.yaml": SERVICE, "base/web/kustomization.yaml": LISTED,
        },
    )  # fmt: skip
    git(made, "checkout", "-q", "-b", "topic")
    broken = made / "overlays/dev/web/kustomization.yaml"
    broken.write_text(f"{broken.read_text()}'{HOSTILE}': 1\n")
    write(made, {"base/web/kustomization.yaml": "resources:\n- deployment.yaml\n"})
    git(made, "add", "-A")
    git(made, "commit", "-qm", "Take the Service away")
    return made


def review(repo: Path, capsys: Capture, form: str) -> str:
    assert main(["--repo", str(repo), "--output", form, "review", "--head", "HEAD"]) == 1
    return capsys.readouterr().out


def test_sarif_is_what_its_schema_demands_and_has_each_blocker_and_finding(repo: Path, capsys: Capture) -> None:
    log = json.loads(review(repo, capsys, "sarif"))
    said: dict[str, Any] = json.loads(review(repo, capsys, "json"))

    schema = json.loads((CRDS / "sarif.json").read_text())
    assert [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(log)] == []
    results = log["runs"][0]["results"]
    assert len(results) == len(said["blockers"]) + len(said["findings"]) > 0
    blocked = [one for one in results if one["ruleId"] == "danger/pruned"]
    assert [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in blocked] == [
        "overlays/prod/web/kustomization.yaml"
    ]
    known = {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    assert {one["ruleId"] for one in results} == known


def test_a_finding_of_sarif_keeps_its_fingerprint_when_lines_come_above_it(repo: Path, capsys: Capture) -> None:
    def prints() -> dict[str, str]:
        results = json.loads(review(repo, capsys, "sarif"))["runs"][0]["results"]
        return {
            one["message"]["text"]: one["partialFingerprints"]["cause/v1"]
            for one in results
            if "partialFingerprints" in one
        }

    before = prints()
    deployment = repo / "base/web/deployment.yaml"
    deployment.write_text(f"# above\n# all\n{deployment.read_text()}")
    git(repo, "commit", "-qam", "Lines above")
    assert before
    assert prints() == before


def test_junit_has_only_what_its_schema_lets_stand_and_counts_what_failed(repo: Path, capsys: Capture) -> None:
    root = ET.fromstring(review(repo, capsys, "junit"))
    said: dict[str, Any] = json.loads(review(repo, capsys, "json"))

    for element in root.iter():
        attributes, children = MEMBERS[element.tag]
        assert set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children
    for suite in root:
        assert int(suite.attrib["tests"]) == len(suite)
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
    rules = {one["rule"] for one in said["findings"] if one["new"]}
    failed = {case.attrib["classname"] for case in root.iter("testcase") if case.find("failure") is not None}
    assert failed == {f"rules.{rule}" for rule in rules} | {"dangers.prod"}


def test_each_annotation_of_github_is_one_command_that_no_stranger_has_written(repo: Path, capsys: Capture) -> None:
    said: dict[str, Any] = json.loads(review(repo, capsys, "json"))
    *commands, verdict = review(repo, capsys, "github").splitlines()

    new = sum(one["new"] for one in said["findings"])
    assert len(commands) == len(said["blockers"]) + new
    assert verdict == f"blocked: {len(said['blockers'])} blockers, {new} findings of this change"
    assert all(command.startswith(("::error file=", "::warning file=")) for command in commands)
    assert "%250A::error::x,y:z" in "".join(commands)
    assert "%0A" not in "".join(commands).replace("%250A", "")


def test_a_command_without_a_format_refuses_it_wherever_it_stands(repo: Path, capsys: Capture) -> None:
    assert main(["--repo", str(repo), "--output", "sarif", "diff"]) == 2
    assert "bos-tools diff has no such format: sarif" in capsys.readouterr().err
    assert main(["--repo", str(repo), "diff", "--output", "sarif"]) == 2

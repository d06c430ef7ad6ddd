"""The workflows ask for no more than they need, and know the environments that there are."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yaml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


def read(path: Path) -> dict[str, Any]:
    """Return a workflow; YAML 1.1 reads its key `on` as true."""
    return {"on" if key is True else key: value for key, value in yaml.safe_load(path.read_text()).items()}


def environments() -> list[str]:
    """Return the environments in promotion order."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names: list[str] = project["tool"]["bos-tools"]["environments"]
    return names


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_no_permission_but_what_its_jobs_name(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}
    assert all("permissions" in job for job in workflow["jobs"].values())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_an_action_is_pinned_by_its_commit_and_never_runs_with_the_rights_of_the_base(path: Path) -> None:
    workflow = read(path)
    used = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert used, "a workflow that checks nothing out"
    assert [name for name in used if not PINNED.fullmatch(name)] == []
    assert "pull_request_target" not in workflow["on"]


def test_a_bump_can_be_asked_for_in_each_environment() -> None:
    asked = read(ROOT / ".github/workflows/bump.yaml")["on"]["workflow_dispatch"]["inputs"]["env"]
    assert asked["options"] == environments()


def test_a_bump_runs_only_with_the_consent_that_its_environment_asks_for() -> None:
    (job,) = read(ROOT / ".github/workflows/bump.yaml")["jobs"].values()
    assert job["environment"] == "${{ inputs.env }}"


def test_drift_is_looked_for_in_each_environment() -> None:
    (job,) = read(ROOT / ".github/workflows/drift.yaml")["jobs"].values()
    assert job["strategy"]["matrix"]["env"] == environments()


def test_the_owners_of_each_environment_are_named() -> None:
    owners = (ROOT / ".github/CODEOWNERS").read_text()
    assert [name for name in environments() if f"/overlays/{name}/ " not in owners] == []


def test_the_gate_waits_for_every_other_job_of_a_pull_request() -> None:
    jobs = read(ROOT / ".github/workflows/test.yaml")["jobs"]
    assert set(jobs["gate"]["needs"]) == set(jobs) - {"gate"}
    assert jobs["gate"]["if"] == "always()"


@pytest.mark.parametrize(
    ("test", "review", "event", "code"),
    [
        ("success", "success", "pull_request", 0),
        ("success", "failure", "pull_request", 1),
        ("success", "skipped", "pull_request", 1),
        ("success", "cancelled", "merge_group", 1),
        ("failure", "success", "pull_request", 1),
        ("skipped", "success", "pull_request", 1),
        ("success", "skipped", "push", 0),
    ],
)
def test_the_gate_opens_only_where_all_have_succeeded(test: str, review: str, event: str, code: int) -> None:
    (step,) = read(ROOT / ".github/workflows/test.yaml")["jobs"]["gate"]["steps"]
    values = {"TEST": test, "REVIEW": review, "EVENT": event}
    assert subprocess.run(["bash", "-ec", step["run"]], env=values, check=False).returncode == code

"""What a newcomer types first, in a fresh clone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness import ROOT
from harness.git import git
from harness.program import TOOL


def bos_tools(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([TOOL, *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A repository with the manifests as they are in this work tree."""
    target = tmp_path / "clone"
    for name in ("base", "overlays"):
        subprocess.run(["cp", "-a", "--parents", name, str(tmp_path)], cwd=ROOT, check=True)
    target.mkdir()
    for name in ("base", "overlays"):
        (tmp_path / name).rename(target / name)
    (target / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    git(target, "init", "-q", "-b", "main")
    git(target, "add", "-A")
    git(target, "commit", "-qm", "Start")
    return target


def test_a_bump_of_the_backend_changes_exactly_one_line(fresh):
    done = bos_tools(fresh, "bump", "backend", "v1.0.1")

    assert done.returncode == 0, done.stderr
    assert git(fresh, "diff", "--numstat") == "1\t1\toverlays/dev/backend/kustomization.yaml\n"
    assert "backend:v1.0.0 -> " in done.stdout


def test_every_service_can_be_bumped_by_one_patch_version(fresh):
    state = json.loads(bos_tools(fresh, "status", "--env", "dev", "--output", "json").stdout)
    pins = {entry["service"]: entry["images"][0]["version"] for entry in state["services"] if entry["images"]}

    def next_patch(version: str) -> str:
        number, dash, variant = version.partition("-")
        head, _, last = number.rpartition(".")
        return f"{head}.{int(last) + 1}{dash}{variant}"

    words = [f"{service}={next_patch(version)}" for service, version in pins.items()]
    done = bos_tools(fresh, "bump", *words)

    assert len(pins) == 9
    assert done.returncode == 0, done.stderr
    assert git(fresh, "diff", "--shortstat").split(", ") == [" 9 files changed", "9 insertions(+)", "9 deletions(-)\n"]


def test_prod_refuses_a_version_without_its_digest(fresh):
    done = bos_tools(fresh, "bump", "backend", "v1.0.1", "--env", "prod")

    assert done.returncode == 1
    assert "digest" in done.stderr
    assert git(fresh, "status", "--porcelain") == ""


def test_the_module_runs_as_a_program_too(fresh):
    done = subprocess.run([sys.executable, "-m", "bos_tools", "--version"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.split()[0]) == (0, "bos-tools")


def test_a_reader_that_leaves_a_pipe_early_sees_no_traceback(fresh):
    done = subprocess.run(
        f"{TOOL} render --env prod | head -1", shell=True, cwd=fresh, capture_output=True, text=True, check=False
    )

    assert done.stdout.startswith("apiVersion")
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr

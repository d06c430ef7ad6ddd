"""The README's hour with a cluster, as it stands there: nobody needs kubectl to understand what goes on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bos_tools.sandbox.folder import down
from bos_tools.sandbox.state import folder_of
from harness import ROOT
from harness.git import git
from harness.howto import copy, script


@pytest.fixture
def clone(_built, tmp_path):
    """A newcomer's clone; the sandbox that they bring up in it goes down afterwards."""
    root = copy(tmp_path / "clone")
    shutil.copytree(ROOT / "tools" / "sandbox", root / "tools" / "sandbox")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Start")
    yield root
    down(folder_of("default"))


def test_the_hour_with_a_cluster_is_as_the_readme_tells_it(clone):
    told = script("An hour with a cluster")
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("BOS_ARGOCD", "KUBE"))}
    surroundings["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", told],
        cwd=clone,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )

    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "kubectl" not in told
    head = git(clone, "rev-parse", "HEAD").strip()
    commits = [one[:12] for one in git(clone, "rev-list", "HEAD").split()]  # growth, revert, break, bump, start
    grown, mended, broken, bumped, _ = commits
    assert head.startswith(grown)
    assert f"dev-web is live at {bumped}" in done.stdout
    assert f"dev-grafana at {broken} failed" in done.stderr
    assert "gone.yaml" in done.stderr
    assert "overlays/dev/grafana/kustomization.yaml" in done.stdout
    assert f"dev-web is live at {broken}" in done.stdout
    assert f"dev-grafana is live at {mended}" in done.stdout
    assert "grafana-logs: done, 2Gi of 2Gi" in done.stdout
    assert f"no difference between Git at {grown} and the cluster" in done.stderr
    rows = {line.split()[0] for line in done.stdout.splitlines() if line.strip()}
    assert {"root", "web", "grafana", "platform"} <= rows

"""Measure how long a commit takes to the changed object in a cluster: with a refresh, and by Argo CD's polling alone.

`PYTHONPATH=tests python -m bench.sync [--repetitions N] [--polls N]` brings up a sandbox of its own and takes it down. Argo CD polls each 120 s, with up to 60 s
more so that not all applications do so at once; so one poll takes up to three minutes, and few are measured.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.run import folder
from bos_tools.doors.argocd.client import ArgoCD
from bos_tools.doors.kubernetes.client import CONFIG_MAP, Cluster
from bos_tools.sandbox import up
from harness import ROOT
from harness.git import git

NAME, SPACE = "bench-sync", "default"
TARGET = 1.0
"""Seconds, the median with the refresh (issue 5, "What must be true", item 3)."""
PATIENCE = 600.0


def application(root: Path) -> dict[str, object]:
    """Return an application of one ConfigMap, synced by itself."""
    return {
        "metadata": {"name": NAME, "annotations": {"argocd.argoproj.io/compare-options": "ServerSideDiff=false"}},
        "spec": {
            "project": "default",
            "source": {"repoURL": f"file://{root}", "targetRevision": "main", "path": "unit"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": SPACE},
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
        },
    }


def commit(root: Path, value: str) -> None:
    """Commit another value of the ConfigMap."""
    unit = root / "unit"
    unit.mkdir(exist_ok=True)
    (unit / "kustomization.yaml").write_text("resources: [map.yaml]\n")
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {NAME}\ndata:\n  value: '{value}'\n"
    (unit / "map.yaml").write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-qm", f"Say {value}")


def seconds(root: Path, cluster: Cluster, value: str, after: Callable[[], object]) -> float:
    """Commit, do what comes after a commit, and return the seconds until the cluster has the value."""
    commit(root, value)
    started = time.perf_counter()
    after()
    while True:
        found = cluster.get(CONFIG_MAP, NAME, SPACE)
        if found is not None and found["data"]["value"] == value:
            return time.perf_counter() - started
        if time.perf_counter() - started > PATIENCE:
            raise SystemExit(f"not within {PATIENCE:.0f} s: {value}")
        time.sleep(max(0.01, (time.perf_counter() - started) / 200))  # half a per cent of what has passed


def main() -> int:
    """Measure, print a table, and fail where the median with the refresh passes its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=11)
    parser.add_argument("--polls", type=int, default=1)
    wanted = parser.parse_args()
    with folder() as work:
        box = up(ROOT, "dev", NAME, with_forge=False, folder=work / "sandbox", tell=lambda said: None)
        try:
            root = work / "gitops"
            root.mkdir()
            git(root, "init", "-q", "-b", "main")
            commit(root, "start")
            client = ArgoCD.connect(box.argocd_url, user=("admin", box.argocd_password))
            cluster = Cluster.connect(str(box.kubeconfig))
            client.create(application(root))

            def refresh() -> object:
                return client.refreshed(NAME, "default")

            seconds(root, cluster, "first", refresh)
            told = [seconds(root, cluster, f"told-{turn}", refresh) for turn in range(wanted.repetitions)]
            ours = statistics.median(told)
            runs = f"(most {max(told):.2f} s, {len(told)} runs)"
            sys.stdout.write(f"commit to changed object: {ours:.2f} s with the refresh {runs}\n")
            sys.stdout.flush()
            polled = [seconds(root, cluster, f"polled-{turn}", lambda: None) for turn in range(wanted.polls)]
        finally:
            box.down()
    if polled:
        theirs = statistics.median(polled)
        sys.stdout.write(f"by polling alone: {theirs:.0f} s ({len(polled)} runs), {theirs / ours:.0f} times as long\n")
    return int(ours > TARGET)


if __name__ == "__main__":
    raise SystemExit(main())

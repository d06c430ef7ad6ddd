"""Measure the processor time of commands against another revision of this repository: `python -m bench.since REVISION`.

Both run with this interpreter and its packages, in turns, each on its own manifests; children count as well.
"""

import os
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

from harness import ROOT

BIN = Path(sys.executable).parent
COMMANDS = {
    "--help": ["--help"],
    "check": ["check"],
    "pvc list": ["pvc", "list"],
    "bump --dry-run": ["bump", "web", "v9.9.9", "--dry-run"],
}
TURNS = 7


def seconds(tree: Path, cache: Path, words: list[str]) -> float:
    """Return the processor time of one command in a tree, by that tree's own code."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree / "tools"),
        "BOS_TOOLS_CACHE": str(cache),
        "BOS_TOOLS_KUSTOMIZE": os.environ.get("BOS_TOOLS_KUSTOMIZE") or str(BIN / "kustomize"),
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "bos_tools", *words], cwd=tree, env=environment, capture_output=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(revision: str) -> None:
    """Print each command's ratio, now over then; the first turn, which fills the caches, is not counted."""
    with tempfile.TemporaryDirectory(prefix="bos-since-") as name:
        folder = Path(name)
        packed = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=BytesIO(packed)) as archive:
            archive.extractall(folder / "then", filter="data")
        trees = {"then": folder / "then", "now": ROOT}
        for tree in trees.values():
            subprocess.run([sys.executable, "-m", "compileall", "-q", str(tree / "tools" / "bos_tools")], check=True)
        for title, words in COMMANDS.items():
            found: dict[str, list[float]] = {"then": [], "now": []}
            for turn in range(TURNS + 1):
                for when, tree in trees.items():
                    spent = seconds(tree, folder / f"cache-{when}", words)
                    found[when] += [spent] if turn else []
            then, now = (statistics.median(found[when]) for when in ("then", "now"))
            sys.stdout.write(f"{title:16} {now:6.3f} s  {then:6.3f} s  {now / then:5.2f}x\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])

"""Measure the processor time of commands against another revision of this repository: `python -m bench.since e0a3750`.

Both run with this interpreter and its packages, in turns, each on its own manifests; children count as well.  The least
of each is compared: what else the machine does only adds.  It ends with 1 where a limit is passed.
"""

import os
import resource
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

from harness import ROOT

BIN = Path(sys.executable).parent
LIMITS = {
    "--help": 1.1,
    "check": 0.65,
    "pvc list": 0.7,
    "bump web v9.9.9 --dry-run": 1.1,
    "status": 1.3,
}
"""Of the first house, e0a3750.

`pvc list` was to come down to 0.4, which it can't: Python with typer takes a fifth of the old time, and PyYAML, msgspec
and the modules that the command needs another fifth, before a file is read.  `status` reads claims as the render has them.
"""
TURNS = 9


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


def main(revision: str) -> int:
    """Print each command's ratio, now over then; the first turn, which fills the caches, is not counted."""
    is_passed = False
    with tempfile.TemporaryDirectory(prefix="bos-since-") as name:
        folder = Path(name)
        packed = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=BytesIO(packed)) as archive:
            archive.extractall(folder / "then", filter="data")
        trees = {"then": folder / "then", "now": ROOT}
        for tree in trees.values():
            subprocess.run([sys.executable, "-m", "compileall", "-q", str(tree / "tools" / "bos_tools")], check=True)
        for words, limit in LIMITS.items():
            found: dict[str, list[float]] = {"then": [], "now": []}
            for turn in range(TURNS + 1):
                for when, tree in trees.items():
                    spent = seconds(tree, folder / f"cache-{when}", words.split())
                    found[when] += [spent] if turn else []
            then, now = (min(found[when]) for when in ("then", "now"))
            is_passed = is_passed or now > limit * then
            sys.stdout.write(f"{words:26} {now:6.3f} s  {then:6.3f} s  {now / then:5.2f}x  of {limit:.2f}x\n")
            sys.stdout.flush()
    return int(is_passed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))

"""Every command on repositories that are made to take memory: it ends with a sentence and a code, below 512 MB."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bos_tools.cli.groups import words as commands
from harness import hostile
from harness.git import git, remote

TOOL = Path(sys.executable).with_name("bos-tools")
MOST = 512 << 10
"""KiB, of a command and of each program that it starts."""
ARGUMENTS = {
    "bump": "web v9.9.9 --env dev", "history": "web", "render": "web", "diff": "HEAD", "pvc grow": "web +1Gi --no-live",
    "pvc adopt": "web", "pvc verify": "web", "pvc runbook": "web", "argocd token": "--to token", "check": "--against HEAD", "help": "bump",
}  # fmt: skip
"""What a command can't be called without, and what lets it read more."""
AGAIN = ("bump web v9.9.9 --push --dry-run", "diff HEAD~1..HEAD", "render backend", "check --env dev")
READERS = ("status", "diff", "bump", "pvc list", *AGAIN)
"""What reads a repository in each of the ways; the others read it as one of them does."""
WHOLE = "large"
"""The kind on which every command is tried: what is refused by its size stands in each of the files that any reads."""
ENDS = {0, 1, 4, 5}


def call(words: str, root: Path, place: Path) -> tuple[int, str, int]:
    """Run a command where there is nothing but git; return its code, its last words and its peak of memory in KiB."""
    surroundings = {
        **os.environ,
        "PATH": str(place / "bin"),
        "HOME": str(place),
        "BOS_TOOLS_CACHE": str(place / "cache"),
    }
    log = place / "said"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [TOOL, "--repo", root, *words.split()],
            cwd=place,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    with log.open("rb") as said:
        said.seek(max(0, log.stat().st_size - 4000))
        return process.returncode, said.read().decode("utf-8", "replace"), used.ru_maxrss


@pytest.mark.parametrize("kind", hostile.KINDS)
def test_every_command_ends_with_a_sentence_and_a_code_below_its_share_of_memory(tmp_path: Path, kind: str) -> None:
    for variable in ("KUBECONFIG", "BOS_ARGOCD_SERVER", "BOS_PROMETHEUS"):
        assert variable not in os.environ
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(str(shutil.which("git")))
    hostile.KINDS[kind](tmp_path / "work")
    git(tmp_path / "work", "commit", "-q", "--allow-empty", "-m", "Again")
    remote(tmp_path / "work", tmp_path / "origin.git")
    every = [*commands(), *AGAIN] if kind == WHOLE else READERS

    wrong = []
    for name in every:
        code, said, peak = call(f"{name} {ARGUMENTS.get(name, '')}", tmp_path / "work", tmp_path)
        if (
            code not in ENDS
            or peak > MOST
            or "a bug of" in said
            or (code and "bos-tools: " not in said and "finding" not in said)
        ):
            wrong.append((name, code, peak, said))

    assert wrong == []

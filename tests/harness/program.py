"""The program from outside: each command a process of its own, and what must be true of the branch that many of them push to."""

import subprocess
import sys
from pathlib import Path

from harness.git import git

TOOL = str(Path(sys.executable).parent / "bos-tools")


def start(folder: Path, env: dict[str, str], *words: str) -> subprocess.Popen[str]:
    """Start a command in a folder, with an environment."""
    pipe = subprocess.PIPE
    return subprocess.Popen([TOOL, *words], cwd=folder, env=env, stdout=pipe, stderr=pipe, text=True)


def finish(*running: subprocess.Popen[str]) -> list[tuple[int, str, str]]:
    """Wait for commands, and return for each its code and its words."""
    said = [process.communicate(timeout=1200) for process in running]
    return [(process.returncode, out, err) for process, (out, err) in zip(running, said, strict=True)]


def bump(folder: Path, env: dict[str, str], *words: str) -> tuple[int, str, str]:
    """Run one bump."""
    return finish(start(folder, env, "bump", *words))[0]


def pin(bare: Path, service: str, env: str = "dev") -> str:
    """Return the version that a bare repository's main pins."""
    text = git(bare, "show", f"main:overlays/{env}/{service}/kustomization.yaml")
    return next(line.split()[1] for line in text.splitlines() if "newTag" in line)


def assert_sound(bare: Path, commits: int, *clones: Path) -> None:
    """Hold that the history is one line of that many commits, whole, by the right author, and no clone keeps a ref of ours."""
    assert git(bare, "rev-list", "--count", "main") == f"{commits + 1}\n"
    assert git(bare, "rev-list", "--merges", "main") == ""
    assert set(git(bare, "log", "--format=%an <%ae> %cn", "main").splitlines()) == {"Test <test@example.com> Test"}
    for repo in (bare, *clones):
        git(repo, "fsck", "--strict")
        assert git(repo, "for-each-ref", "refs/bos-tools") == ""

"""Run real git in tests, as nobody in particular and with no settings of this machine."""

import os
import subprocess
from pathlib import Path

WHO = {
    "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.com",
    "GIT_COMMITTER_NAME": "Test", "GIT_COMMITTER_EMAIL": "test@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
}  # fmt: skip


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    """Run git in a folder and return what it printed."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **WHO}, capture_output=True, text=True, check=False
    )
    if check and done.returncode != 0:
        raise AssertionError(f"git {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def remote(root: Path, bare: Path) -> Path:
    """Give a repository a bare remote named origin that holds its main."""
    git(root, "clone", "-q", "--bare", str(root), str(bare))
    git(root, "remote", "add", "origin", str(bare))
    git(root, "fetch", "-q", "origin")
    return bare


def clone(bare: Path, target: Path) -> Path:
    """Clone a bare repository."""
    git(bare.parent, "clone", "-q", str(bare), str(target))
    return target

"""A how-to of a README, followed word for word: its yaml blocks are files, its sh blocks are run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from harness import ROOT

BLOCK = re.compile(r"(?:`([^`\n]+)`:\n\n)?```(sh|yaml)\n(.*?)```", re.DOTALL)


def copy(target: Path) -> Path:
    """Copy this repository's manifests and settings."""
    target.mkdir(parents=True)
    for name in ("base", "overlays"):
        shutil.copytree(ROOT / name, target / name, symlinks=True)
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


def section(page: Path, title: str) -> str:
    """Return a section of a page, up to the next one of its level."""
    text = page.read_text().partition(f"\n## {title}\n")[2]
    assert text, f"{page} has no section {title}"
    return text.partition("\n## ")[0]


def script(title: str, page: str = "README.md") -> str:
    """Return all that a how-to runs, as one script."""
    return "".join(text for _, kind, text in BLOCK.findall(section(ROOT / page, title)) if kind == "sh")


def follow(repo: Path, title: str, page: str = "overlays/README.md") -> str:
    """Follow a how-to in a copy of the repository; return what its commands printed."""
    said = ""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for path, kind, text in BLOCK.findall(section(ROOT / page, title)):
        if kind == "yaml":
            assert path, f"a block of yaml whose file is not named: {text[:60]}"
            file = repo / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            continue
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=repo,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said += done.stdout + done.stderr
        assert done.returncode == 0, said
    return said

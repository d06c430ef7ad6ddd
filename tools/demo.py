"""Show the main job on a scratch remote: status, bump, proof, push, history.

`--svg FILE` draws what was printed, for the README.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOL = Path(sys.executable).parent / "bos-tools"
TRACKED = ("base", "overlays", "pyproject.toml")

STORY = (
    ("What runs where?", "bos-tools status"),
    ("Pin another version: one line changes, and the render proves the effect.", "bos-tools bump backend v1.0.1"),
    ("The same line, and nothing else:", "git diff --stat"),
    ("A version that moves is refused.", "bos-tools bump backend latest"),
    ("Land it on the remote branch; the work tree stays as it is.", "bos-tools bump backend v1.0.1 --push"),
    ("Two more at once.", "bos-tools bump web=v1.0.1 grafana=13.2.1 --push"),
    ("Who pinned what, when?", "git checkout -q . && git pull -q && bos-tools history backend --limit 1"),
)


def scratch_remote(folder: Path) -> Path:
    """Make a clone with a bare remote, holding this repository's manifests as they are now."""
    work = folder / "buildingos"
    for name in TRACKED:
        source, target = ROOT / name, work / name
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    bare = folder / "remote.git"
    for command in (
        "git init -q -b main", "git config user.name Demo", "git config user.email demo@example.com", "git add -A",
        "git commit -q -m Start", f"git init -q --bare -b main {bare}", f"git remote add origin {bare}",
        "git push -q -u origin main",
    ):  # fmt: skip
        subprocess.run(command.split(), cwd=work, check=True)  # noqa: S603 -- fixed words
    return work


def run(work: Path, command: str) -> tuple[str, int]:
    """Run one command of the story and return what a terminal would show."""
    env = {**os.environ, "PATH": f"{TOOL.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(  # noqa: S602 -- fixed words, as a user types them
        command, shell=True, cwd=work, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout, done.returncode


def main() -> int:
    """Tell the story, or draw it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--svg", type=Path, help="draw the output into this file")
    svg = parser.parse_args().svg
    expected = {"bos-tools bump backend latest": 1}
    shown: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        work = scratch_remote(Path(folder))
        for says, command in STORY:
            started = time.monotonic()
            text, code = run(work, command)
            shown += ["", f"# {says}", f"$ {command}", *text.rstrip().splitlines()]
            sys.stdout.write("\n".join(shown[-len(text.rstrip().splitlines()) - 3 :]) + "\n")
            sys.stdout.write(f"# {time.monotonic() - started:.2f} s\n")
            if code != expected.get(command, 0):
                sys.stderr.write(f"demo: exit code {code}: {command}\n")
                return 1
    if svg is not None:
        draw(shown[1:], svg)
    return 0


def draw(lines: list[str], target: Path) -> None:
    """Draw a terminal that shows these lines."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=118, file=StringIO(), force_terminal=True)
    for line in lines:
        style = {"#": "dim", "$": "bold cyan", "+": "green", "-": "red"}.get(line[:1], "")
        console.print(Text(line, style=style))
    drawn = console.export_svg(title="bos-tools")
    target.write_text(re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL))  # no font from a foreign server


if __name__ == "__main__":
    raise SystemExit(main())

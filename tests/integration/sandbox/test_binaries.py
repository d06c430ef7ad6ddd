"""Programs are built once from their source, whoever asks, and a killed build leaves nothing half-made."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bos_tools.errors import OutsideError
from bos_tools.sandbox.binaries import Binaries
from bos_tools.sandbox.modules import Module
from harness.repositories import write
from harness.waiting import eventually

HELLO = Module("hello", "1", {"hello": "."}, 0.1)
MAIN = 'package main\n\nimport "os"\n\nfunc main() { os.Stdout.WriteString("hello\\n") }\n'
BUILD = """\
import sys
from pathlib import Path
from bos_tools.sandbox.binaries import Binaries
from bos_tools.sandbox.modules import Module
Binaries(Path(sys.argv[1])).ensure([Module("hello", "1", {"hello": "."}, 0.1)], lambda text: print(text, flush=True))
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("BOS_TOOLS_CACHE", str(tmp_path / "cache"))
    return write(
        tmp_path / "root",
        {"tools/sandbox/hello/go.mod": "module hello\n\ngo 1.25\n", "tools/sandbox/hello/main.go": MAIN},
    )


def entries(root: Path) -> list[str]:
    store = Binaries(root).store
    return sorted(path.name for path in store.iterdir() if not path.name.startswith(".turns")) if store.exists() else []


def test_a_program_is_built_once_and_then_found(root):
    binaries = Binaries(root)
    said: list[str] = []
    binaries.ensure([HELLO], said.append)

    assert subprocess.run([binaries.program(HELLO, "hello")], capture_output=True, check=True).stdout == b"hello\n"
    assert any("building hello 1 (1 of 1)" in line for line in said)
    told = len(said)
    binaries.ensure([HELLO], said.append)
    assert len(said) == told


def test_a_second_build_says_how_long_the_last_one_took(root):
    Binaries(root).ensure([HELLO], lambda _: None)
    (root / "tools/sandbox/hello/main.go").write_text(MAIN.replace("hello\\n", "good day\\n"))
    said: list[str] = []

    Binaries(root).ensure([HELLO], said.append)

    assert any("the last time took" in line for line in said)
    assert len([name for name in entries(root) if name != "times.json"]) == 2


def test_a_build_that_fails_says_why_and_leaves_nothing(root):
    (root / "tools/sandbox/hello/main.go").write_text("package main\n\nfunc main() { nonsense() }\n")

    with pytest.raises(OutsideError, match=r"hello can't be built: .*undefined: nonsense"):
        Binaries(root).ensure([HELLO], lambda _: None)

    assert entries(root) == []


def test_without_go_the_way_out_is_told(root, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(OutsideError, match="go is missing") as missing:
        Binaries(root).ensure([HELLO], lambda _: None)

    assert "go.dev" in missing.value.hint


def test_two_runs_build_it_once(root):
    runs = [
        subprocess.Popen([sys.executable, "-c", BUILD, str(root)], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = [run.communicate(timeout=120)[0] for run in runs]

    assert [run.returncode for run in runs] == [0, 0, 0]
    assert sum("compiling" in text for text in said) == 1
    assert len([name for name in entries(root) if name != "times.json"]) == 1


def test_a_killed_build_leaves_nothing_that_counts_as_finished(root, tmp_path):
    slow = write(tmp_path / "slow", {"go": '#!/bin/sh\ncase "$1" in build) touch "$SEEN"; exec sleep 60;; esac\n'})
    (slow / "go").chmod(0o755)
    seen = tmp_path / "seen"
    env = {**os.environ, "PATH": f"{slow}:{os.environ['PATH']}", "SEEN": str(seen)}
    run = subprocess.Popen([sys.executable, "-c", BUILD, str(root)], env=env, stdout=subprocess.DEVNULL)
    eventually(seen.exists, "the build is under way")

    run.kill()
    run.wait()

    assert Binaries(root).missing([HELLO]) == [HELLO]
    waiting = subprocess.Popen([sys.executable, "-c", BUILD, str(root)], stdout=subprocess.PIPE, text=True)
    assert waiting.stdout is not None
    told = waiting.stdout
    try:  # the compiler of the killed run still works: it holds the lock, so nobody builds beside it
        eventually(lambda: "waiting for another run" in told.readline(), "the next run waits")
    finally:
        _end_sleeper(slow)
    assert waiting.communicate(timeout=120) is not None
    assert waiting.returncode == 0
    assert Binaries(root).missing([HELLO]) == []
    assert [name for name in entries(root) if name.endswith(".new")] == []


def _end_sleeper(folder: Path) -> None:
    """Kill the stand-in for the compiler that outlived its run: found by the folder on its PATH."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (
                    f"PATH={folder}:".encode() in (entry / "environ").read_bytes()
                    and "sleep" in (entry / "comm").read_text()
                ):
                    os.kill(int(entry.name), signal.SIGKILL)
            except OSError:
                continue

"""Programs are built once from their source, whoever asks, and a killed build leaves nothing half-made."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from bos_tools.errors import OutsideError
from bos_tools.sandbox.binaries import Binaries
from bos_tools.sandbox.build import Build
from bos_tools.sandbox.modules import Mend, Module
from harness.repositories import write
from harness.waiting import eventually

HELLO = Module("hello", "1", {"hello": "."}, 0.1)
MAIN = 'package main\n\nimport "os"\n\nfunc main() { os.Stdout.WriteString("hello\\n") }\n'
WORD = "package library\n\n// Word returns a word.\nfunc Word() string { return missing }\n"
BUILD = """\
import sys
from pathlib import Path
from bos_tools.sandbox.binaries import Binaries
from bos_tools.sandbox.build import Build
from bos_tools.sandbox.modules import Module
hello = Module("hello", "1", {"hello": "."}, 0.1)
with Build(Binaries(Path(sys.argv[1])), [hello], lambda text: print(text, flush=True)) as build:
    build.wait()
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
    return sorted(path.name for path in store.iterdir() if len(path.name) == 16) if store.exists() else []


def build(root: Path, *modules: Module, tell: Callable[[str], None] = lambda _: None) -> None:
    with Build(Binaries(root), modules, tell) as under_way:
        under_way.wait()


def test_a_program_is_built_once_and_then_found(root):
    said: list[str] = []
    build(root, HELLO, tell=said.append)

    program = Binaries(root).program(HELLO, "hello")
    assert subprocess.run([program], capture_output=True, check=True).stdout == b"hello\n"
    assert said[0].startswith("1 of 1 modules are built first, once, about ")
    assert said[0].endswith("idle cores: hello 1")
    assert any(line.startswith("building: ") and "; hello " in line for line in said)
    assert said[-1].startswith("built after ")
    told = len(said)
    build(root, HELLO, tell=said.append)
    assert len(said) == told


def test_a_second_build_expects_what_the_last_one_took(root):
    write(root, {"tools/sandbox/slow/go.mod": "module slow\n\ngo 1.25\n", "tools/sandbox/slow/main.go": MAIN})
    slow = Module("slow", "1", {"slow": "."}, 600)
    before = Binaries(root).seconds([slow])

    build(root, slow)

    assert 0 < Binaries(root).seconds([slow]) < before / 10


def test_modules_are_built_side_by_side_and_each_can_be_waited_for(root):
    files = {f"tools/sandbox/{name}/go.mod": f"module {name}\n\ngo 1.25\n" for name in ("a", "b", "c")}
    write(root, files | {f"tools/sandbox/{name}/main.go": MAIN for name in ("a", "b", "c")})
    modules = [Module(name, "1", {name: "."}, 0.1) for name in ("a", "b", "c")]
    binaries = Binaries(root)

    with Build(binaries, modules, lambda _: None) as under_way:
        under_way.wait(modules[0])
        assert binaries.program(modules[0], "a").exists()
        under_way.wait(*modules)

    assert not under_way.is_under_way
    assert binaries.missing(modules) == []


def test_many_programs_of_a_module_get_the_names_that_they_are_asked_by(root):
    write(root, {f"tools/sandbox/hello/{name}/main.go": MAIN for name in ("server/v3", "cmd")})
    module = Module("hello", "1", {"store": "hello/server/v3", "tool": "./cmd"}, 0.1)

    build(root, module)

    for name in module.programs:
        assert (
            subprocess.run([Binaries(root).program(module, name)], capture_output=True, check=True).stdout == b"hello\n"
        )


def test_a_word_that_does_not_fit_is_stood_in_for_in_a_copy(root, tmp_path, monkeypatch):
    library = write(tmp_path / "library", {"go.mod": "module library\n\ngo 1.25\n", "word.go": WORD})
    main = MAIN.replace('import "os"', 'import (\n\t"library"\n\t"os"\n)').replace('"hello\\n"', "library.Word()")
    graph = f"module hello\n\ngo 1.25\n\nrequire library v0.0.0\n\nreplace library => {library}\n"
    write(
        root,
        {"tools/sandbox/hello/main.go": main, "tools/sandbox/hello/go.mod": graph, "tools/sandbox/hello/go.sum": ""},
    )
    module = Module("hello", "1", {"hello": "."}, 0.1, mends=(Mend("library", "word.go", "missing", '"mended\\n"'),))

    build(root, module)

    program = Binaries(root).program(module, "hello")
    assert subprocess.run([program], capture_output=True, check=True).stdout == b"mended\n"
    assert (library / "word.go").read_text() == WORD
    gone = Module("hello", "1", {"hello": "."}, 0.1, mends=(Mend("library", "word.go", "nowhere", "x"),))
    with pytest.raises(OutsideError, match="library has no nowhere"):
        build(root, gone)


def test_what_is_left_ends_with_the_build_and_nobody_waits_for_it(root, tmp_path, monkeypatch):
    go = write(tmp_path / "slow", {"go": '#!/bin/sh\ncase "$1" in build) touch "$SEEN"; sleep 3600;; esac\n'}) / "go"
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{go.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    started = time.monotonic()

    def interrupted(under_way: Build, pool: ThreadPoolExecutor) -> None:
        with under_way:
            waiting.append(pool.submit(under_way.wait, HELLO))
            eventually((tmp_path / "seen").exists, "the build is under way")
            raise KeyboardInterrupt

    waiting: list[Future[None]] = []
    with ThreadPoolExecutor(1) as pool, pytest.raises(KeyboardInterrupt):
        interrupted(Build(Binaries(root), [HELLO], lambda _: None), pool)

    assert isinstance(waiting[0].exception(), CancelledError | OutsideError)
    assert time.monotonic() - started < 1800
    eventually(lambda: entries(root) == [], "nothing is left")
    eventually(lambda: not _sleepers(go.parent), "the compiler has ended")


def test_a_build_that_fails_says_why_and_leaves_nothing(root):
    (root / "tools/sandbox/hello/main.go").write_text("package main\n\nfunc main() { nonsense() }\n")

    with pytest.raises(OutsideError, match=r"hello can't be built: .*undefined: nonsense"):
        build(root, HELLO)

    assert entries(root) == []


def test_without_go_the_way_out_is_told(root, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(OutsideError, match="go is missing") as missing:
        build(root, HELLO)

    assert "go.dev" in missing.value.hint


def test_two_runs_build_it_once(root):
    runs = [
        subprocess.Popen([sys.executable, "-c", BUILD, str(root)], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = [run.communicate(timeout=1200)[0] for run in runs]

    assert [run.returncode for run in runs] == [0, 0, 0]
    assert sum("packages" in text for text in said) == 1
    assert len(entries(root)) == 1


def test_a_killed_build_leaves_nothing_that_counts_as_finished(root, tmp_path):
    slow = write(tmp_path / "slow", {"go": '#!/bin/sh\ncase "$1" in build) touch "$SEEN"; exec sleep 3600;; esac\n'})
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
        eventually(lambda: "waits for another run" in told.readline(), "the next run waits")
    finally:
        _end_sleeper(slow)
    assert waiting.communicate(timeout=1200) is not None
    assert waiting.returncode == 0
    assert Binaries(root).missing([HELLO]) == []
    assert list(Binaries(root).store.glob("*.new")) == []


def _end_sleeper(folder: Path) -> None:
    """Kill the stand-in for the compiler that outlived its run."""
    for pid in _sleepers(folder):
        os.kill(pid, signal.SIGKILL)


def _sleepers(folder: Path) -> list[int]:
    """Return the sleeping stand-ins for the compiler: found by the folder on their PATH."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environ, name = (entry / "environ").read_bytes(), (entry / "comm").read_text()
            except OSError:
                continue
            if f"PATH={folder}:".encode() in environ and "sleep" in name:
                found.append(int(entry.name))
    return found

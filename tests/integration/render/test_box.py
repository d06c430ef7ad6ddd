"""kustomize runs in a box that would hold if our reader were wrong: no git, no network, no other file, no end of memory."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bos_tools.doors import process
from bos_tools.errors import CommandFailed, RepositoryError
from bos_tools.render import kustomize
from bos_tools.render.cache import Cache
from bos_tools.tree.graph import Graph
from harness.memory import Memory
from harness.repositories import write
from harness.waiting import eventually

BATCH = Path(sys.executable).with_name("kustomize-batch")
PLAIN = Path(sys.executable).with_name("kustomize")
GIT = "resources: []\nBases: ['file:///nowhere?ref=--upload-pack%3Dtouch']\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n"
MEASURE = """\
import resource, sys
from pathlib import Path
from bos_tools.doors import process
from bos_tools.errors import CommandFailed
from bos_tools.render.kustomize import GO
try:
    print(len(process.run_alone([sys.argv[1], "bomb"], cwd=Path(sys.argv[2]), env=GO).stdout))
except CommandFailed as failed:
    print(failed.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.fixture
def canary(tmp_path, monkeypatch) -> Path:
    """The file that a git on PATH would write."""
    git = write(tmp_path / "bin", {"git": f'#!/bin/sh\necho "$@" >> {tmp_path}/git-was-run\nexit 1\n'}) / "git"
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{git.parent}:/usr/bin:/bin")
    return tmp_path / "git-was-run"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def address(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}/a.yaml"


def somebody_came(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def boxed(place: Path, *folders: str) -> str:
    return process.run_alone([str(BATCH), *folders], cwd=place, env=kustomize.GO).stdout.decode()


def test_the_kernel_takes_away_all_that_a_build_of_files_does_not_need(tmp_path):
    said = boxed(tmp_path, "box").splitlines()

    assert said == ["files outside of the folder", "writing", "network", "programs"]


def test_git_is_never_run(tmp_path, canary):
    place = write(tmp_path / "place", {"unit/kustomization.yaml": GIT})

    subprocess.run([BATCH, "unboxed", "unit"], cwd=place, capture_output=True, check=False)
    assert canary.exists(), "the evidence: without the box it is"
    canary.unlink()

    assert boxed(place, "unit").startswith("error ")
    with pytest.raises(CommandFailed):
        process.run_alone([str(PLAIN), "build", "./unit"], cwd=place, env=kustomize.GO)
    assert not canary.exists()


def test_the_network_is_never_reached(tmp_path, listener):
    place = write(tmp_path / "place", {"unit/kustomization.yaml": f"resources: ['{address(listener)}']\n"})

    with subprocess.Popen([BATCH, "unboxed", "unit"], cwd=place, stdout=subprocess.DEVNULL) as bare:
        eventually(lambda: somebody_came(listener), "the evidence: without the box it is")
        bare.kill()
    while somebody_came(listener):
        pass

    assert boxed(place, "unit").startswith("error ")
    assert not somebody_came(listener)


def test_a_plain_kustomize_has_no_network_either(tmp_path, listener, monkeypatch):
    monkeypatch.setattr(kustomize, "batch_program", lambda: None)
    if not kustomize._without_network():
        pytest.skip("this kernel lets us take no network from a program")
    place = write(tmp_path / "place", {"unit/kustomization.yaml": f"resources: ['{address(listener)}']\n"})

    with pytest.raises(CommandFailed):
        kustomize._run([*kustomize._without_network(), str(PLAIN), "build", "./unit"], place)

    assert not somebody_came(listener)


def test_no_file_outside_is_read_and_none_is_written(tmp_path):
    write(tmp_path / "outside", {"kustomization.yaml": "resources: [map.yaml]\n", "map.yaml": MAP})
    place = write(tmp_path / "place", {"unit/kustomization.yaml": "resources: ['../../outside']\n"})

    bare = subprocess.run([BATCH, "unboxed", "unit"], cwd=place, capture_output=True, check=True).stdout
    assert bare.startswith(b"ok "), "the evidence: without the box it is"

    answer = boxed(place, "unit")
    assert answer.startswith("error ")
    assert "kind: ConfigMap" not in answer


def test_a_schema_of_one_folder_does_not_reach_the_next(tmp_path):
    schema = '{"definitions": {"v1.ConfigMap": {"type": "object"}}, "swagger": "2.0"}'
    merged = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {spec: {containers: [%s]}}}\n"
    )
    place = write(
        tmp_path / "place",
        {
            "own/kustomization.yaml": "resources: [map.yaml]\nopenapi: {path: schema.json}\n",
            "own/schema.json": schema,
            "own/map.yaml": MAP,
            "unit/kustomization.yaml": "resources: [d.yaml]\npatches: [{path: p.yaml}]\n",
            "unit/d.yaml": merged % "{name: a, image: a}, {name: b, image: b}",
            "unit/p.yaml": merged % "{name: a, image: c}",
        },
    )

    after = boxed(place, "own", "unit").partition("\nok ")[2]

    assert after == boxed(place, "unit").removeprefix("ok ")
    assert "image: b" in after


def test_a_bomb_ends_within_its_share_of_memory(tmp_path):
    levels = "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    bomb = f"{MAP}data:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n{levels}"
    place = write(tmp_path / "place", {"bomb/kustomization.yaml": "resources: [map.yaml]\n", "bomb/map.yaml": bomb})

    said = subprocess.run(
        [sys.executable, "-c", MEASURE, str(BATCH), str(place)], capture_output=True, text=True, check=True, timeout=300
    ).stdout.splitlines()

    assert int(said[-1]) < 512 * 1024


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("import sys\nwhile True: sys.stdout.write('x' * 65536)", "more than 32 MiB"),
        ("import os; os.kill(os.getpid(), 24)", "more than 60 s"),
        ("import sys; sys.stderr.write('alas ' * 10**6); sys.exit(1)", "alas"),
        ("x = bytearray(600 << 20)", "MemoryError"),
    ],
)
def test_a_program_that_takes_more_than_its_share_is_ended_and_told(tmp_path, program, why):
    with pytest.raises(CommandFailed) as caught:
        process.run_alone([sys.executable, "-c", program], cwd=tmp_path, env={})

    assert why in caught.value.stderr
    assert len(caught.value.stderr) <= process.WORDS


def test_a_unit_that_takes_too_much_is_named_among_many(tmp_path, monkeypatch):
    files = {f"{name}/kustomization.yaml": b"resources: [map.yaml]\n" for name in "abc"}
    files |= {f"{name}/map.yaml": MAP.encode() for name in "abc"}
    monkeypatch.setitem(process.SHARE, "RLIMIT_FSIZE", 4096)
    files["b/map.yaml"] = f"{MAP}data: {{k: {'x' * 9000}}}\n".encode()
    graph = Graph(Memory(files))

    with pytest.raises(RepositoryError, match="can't render b: ") as caught:
        kustomize.Renderer(Cache(tmp_path / "cache")).render([(graph, name) for name in "abc"])

    assert caught.value.reason == "render-failed"

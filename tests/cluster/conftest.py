"""The sandboxes of a test run: each environment's is brought up once, when a test first asks for it.

These tests run without xdist: they share what takes longest, and each sandbox fills two cores while it starts.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import yaml

from bos_tools.doors.private import cache_folder
from bos_tools.sandbox import Sandbox, up
from harness import ROOT

BUILT = cache_folder() / "bin"
"""The machine's own cache, read before a run gets one of its own: what is built from pinned sources is built once."""

Up = Callable[..., Sandbox]


@pytest.fixture(scope="session", autouse=True)
def _built(_surroundings) -> None:
    BUILT.mkdir(parents=True, exist_ok=True)
    own = cache_folder()
    own.mkdir(parents=True, exist_ok=True)
    if not (own / "bin").exists():
        (own / "bin").symlink_to(BUILT)


@pytest.fixture(scope="session")
def kept(_built, tmp_path_factory) -> Iterator[Up]:
    """Return a function that lends a sandbox of an environment; what was lent goes down at the end of the run."""
    lent: dict[tuple[str, bool], Sandbox] = {}
    with ExitStack() as ends:

        def get(env: str, *, whole: bool = True) -> Sandbox:
            if (env, whole) not in lent:
                folder = tmp_path_factory.mktemp("sandbox") / env
                box = up(ROOT, env, env, with_argocd=whole, with_forge=whole, folder=folder, tell=print)
                ends.callback(box.down)
                lent[env, whole] = box
            return lent[env, whole]

        yield get


@pytest.fixture(scope="session")
def dev(kept) -> Sandbox:
    """dev with Argo CD and Gitea, shared by all tests: give what you make in it names of your own."""
    return kept("dev")


@pytest.fixture(scope="session")
def bare(kept) -> Sandbox:
    """prod's nodes without Argo CD and Gitea, with prod's StorageClasses; shared by all tests."""
    box = kept("prod", whole=False)
    for name in ("block", "shared"):
        box.box.ask("apply", "-f", str(ROOT / "base" / "platform" / f"storageclass-{name}.yaml"))
    return box


@pytest.fixture
def small(_built, tmp_path) -> Iterator[Up]:
    """Return a function that brings up a small sandbox for one test."""
    with ExitStack() as ends:

        def get(name: str = "small", env: str = "dev") -> Sandbox:
            box = up(ROOT, env, name, with_argocd=False, with_forge=False, folder=tmp_path / name)
            ends.callback(box.down)
            return box

        yield get


@pytest.fixture(scope="session")
def read() -> Callable[..., Any]:
    """Return a function that asks kubectl for objects."""

    def get(box: Sandbox, *words: str) -> Any:
        return json.loads(box.box.ask("get", *words, "--output=json"))

    return get


@pytest.fixture
def space(bare, request):
    """A namespace of the test's own in prod's bare sandbox."""
    name = f"t-{abs(hash(request.node.name)) % 10**8}"
    bare.box.ask("create", "namespace", name)
    yield name
    bare.box.ask("delete", "namespace", name, "--wait=false")


@pytest.fixture
def apply(bare, space):
    def put(*documents: str) -> None:
        objects = [yaml.safe_load(text) for text in documents]
        bare.box.ask("apply", "-n", space, "-f", "-", stdin=yaml.safe_dump_all(objects).encode())

    return put


@pytest.fixture
def look(bare, space, read):
    return lambda kind, name: read(bare, kind, name, "--namespace", space)


@pytest.fixture(scope="session", autouse=True)
def _contracts(contracts_held: None) -> None:
    """Hold what every command answers by its contract."""

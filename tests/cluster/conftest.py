"""The sandboxes of a test run: each is brought up once, when a test first asks for it, and goes down after the last that does.

What shares one is a lane of its own (harness/lanes.py), so that workers play different ones at the same time.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from bos_tools.doors.private import cache_folder
from bos_tools.sandbox import Sandbox, up
from harness import ROOT, lanes

MACHINES = cache_folder()
"""The machine's own cache, read before a run gets one of its own."""
SHARED = ("bin", "sandbox-turns")
"""What is shared all the same: what is built from pinned sources, and by what sandboxes keep out of each other's ports."""
KEPT = pytest.StashKey["Kept"]()
LAST = pytest.StashKey[dict[str, pytest.Item]]()

Up = Callable[..., Sandbox]


@pytest.fixture(scope="session", autouse=True)
def _built(_surroundings) -> None:
    own = cache_folder()
    own.mkdir(parents=True, exist_ok=True)
    for name in SHARED:
        (MACHINES / name).mkdir(parents=True, exist_ok=True)
        if not (own / name).exists():
            (own / name).symlink_to(MACHINES / name)


class Kept:
    """The sandboxes that are up, by their lanes; each is brought up when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.up: dict[str, Sandbox] = {}

    def __call__(self, lane: str, env: str, *, whole: bool = True) -> Sandbox:
        if lane not in self.up:
            self.up[lane] = up(
                ROOT, env, env, with_argocd=whole, with_forge=whole, folder=self.folder / lane, tell=print
            )
        return self.up[lane]

    def down(self, *lanes: str) -> None:
        """Take some down, those that are up."""
        for lane in lanes:
            if lane in self.up:
                self.up.pop(lane).down()


@pytest.fixture(scope="session")
def kept(_built, request, tmp_path_factory) -> Iterator[Kept]:
    """Return a function that lends the sandbox of a lane, and what environment it plays."""
    request.config.stash[KEPT] = made = Kept(tmp_path_factory.mktemp("sandbox"))
    yield made
    made.down(*made.up)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember the last test of each lane."""
    session.config.stash[LAST] = {lane: item for item in session.items if (lane := lanes.sandbox(item.nodeid))}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Take the sandbox of a lane down after the last test of it: what follows has the cores for itself."""
    yield
    lane, stash = lanes.sandbox(item.nodeid), item.config.stash
    if KEPT in stash and stash[LAST].get(lane) is item:
        stash[KEPT].down(lane)


@pytest.fixture(scope="session")
def dev(kept) -> Sandbox:
    """dev with Argo CD and Gitea, shared by all tests: give what you make in it names of your own."""
    return kept("dev", "dev")


@pytest.fixture(scope="session")
def disturbed(kept) -> Sandbox:
    """prod with Argo CD and Gitea, shared by the tests that disturb these or make them fail."""
    return kept("prod-eu", "prod")


@pytest.fixture(scope="session")
def bare(kept) -> Sandbox:
    """prod's nodes without Argo CD and Gitea, with prod's StorageClasses; shared by all tests."""
    box = kept("bare", "prod", whole=False)
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

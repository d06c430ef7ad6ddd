"""The fixtures that any test may ask for; `pytest --fixtures` lists them.

What is heavy is imported where it is used: a test of one rule or one parser pays for none of it.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.clock import Clock
from harness.git import WHO
from harness.repositories import files, repository, write

if TYPE_CHECKING:
    from harness.argocd import FakeArgo
    from harness.proposals import Place


@pytest.fixture(scope="session", autouse=True)
def _surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep a run from the machine's caches and settings, and the machine from the run."""
    kept = dict(os.environ)
    for name in list(os.environ):
        if name.startswith("GIT_") and name != "GIT_SSL_CAINFO":
            del os.environ[name]
    os.environ.update(WHO)
    os.environ["BOS_TOOLS_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    os.environ.pop("NO_COLOR", None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bos_tools.cli.patience.SILENCE", 3600.0)  # a machine under load is slow, and says so
        yield
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture(scope="session")
def contracts_held() -> Iterator[None]:
    """Hold every result that a command reports by the schema of its JSON document, whatever the test is about."""
    from harness import outputs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bos_tools.cli.call.Call.report", outputs.report)
        yield


@pytest.fixture
def untouched() -> Callable[[Path], dict[str, tuple[object, ...]]]:
    """Return a function that tells what a folder's files are: bytes, mode, inode and time of change."""

    def state(root: Path) -> dict[str, tuple[object, ...]]:
        found: dict[str, tuple[object, ...]] = {}
        for path in sorted(root.rglob("*")):
            if ".git" not in path.relative_to(root).parts:
                status = path.lstat()
                data = path.read_bytes() if path.is_file() and not path.is_fifo() else b""
                found[str(path.relative_to(root))] = (data, status.st_mode, status.st_ino, status.st_mtime_ns)
        return found

    return state


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A small repository with one commit."""
    return repository(tmp_path / "work")


@pytest.fixture
def http_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which HTTP is tried again: it goes on by the pauses alone."""
    clock = Clock()
    monkeypatch.setattr("bos_tools.doors.http.time", clock)
    return clock


@pytest.fixture
def forge_token(monkeypatch: pytest.MonkeyPatch, http_clock: Clock) -> None:
    """A token for any forge, and no pause between tries."""
    for variable in ("GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "GITEA_TOKEN", "BOS_FORGE", "BOS_FORGE_URL"):
        monkeypatch.delenv(variable, raising=False)
    from harness.forges import TOKEN

    monkeypatch.setenv("BOS_FORGE_TOKEN", TOKEN)


@pytest.fixture(params=["github", "gitlab", "gitea"])
def place(request: pytest.FixtureRequest, tmp_path: Path, forge_token: None) -> "Place":
    """A place on each forge in turn."""
    from harness.proposals import Place

    return Place(tmp_path, request.param)


@pytest.fixture
def hub(tmp_path: Path, forge_token: None) -> "Place":
    """A place on one forge, for what has nothing to do with which."""
    from harness.proposals import Place

    return Place(tmp_path, "github")


@pytest.fixture
def argocd_repository(tmp_path: Path) -> Path:
    """A small repository whose dev names an Argo CD."""
    from harness.argocd import ENVIRONMENT, SHARED

    return write(tmp_path / "work", {**files(["backend"]), **SHARED, "overlays/dev/environment.yaml": ENVIRONMENT})


@pytest.fixture
def argocd(monkeypatch: pytest.MonkeyPatch, http_clock: Clock) -> "FakeArgo":
    """An Argo CD with one live application, behind the command line's own connection."""
    import httpx2

    from bos_tools.doors.argocd.client import ArgoCD
    from harness.argocd import FakeArgo, application, reconcile

    fake = FakeArgo(application())
    connect = ArgoCD.connect

    def connected(url: str, **options: Any) -> ArgoCD:
        return connect(url, **options, transport=httpx2.MockTransport(fake), patience=0.6)

    monkeypatch.setattr(ArgoCD, "connect", connected)
    monkeypatch.setattr("bos_tools.delivery.wait.AGAIN", 0.05)
    monkeypatch.setattr("bos_tools.verbs.argocd.AGAIN", 0.0)
    monkeypatch.setattr("bos_tools.delivery.wait.GRACE", 0.05)
    monkeypatch.setenv("BOS_ARGOCD_SERVER", "https://argocd.example.com")
    monkeypatch.setenv("BOS_ARGOCD_TOKEN", "sesame")

    fake.refreshed = reconcile
    return fake


@pytest.fixture
def run_argocd(argocd_repository: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs `bos-tools argocd …` and gives its code and its words, in which no token stands."""

    from bos_tools.cli.main import main

    def go(*words: str) -> tuple[int, str, str]:
        code = main(["--repo", str(argocd_repository), "argocd", *words])
        out, err = capsys.readouterr()
        assert "sesame" not in out + err
        return code, out, err

    return go

"""`bos-tools argocd …` with an Argo CD at the network's door."""

import httpx2
import pytest

from argocd_fake import ENVIRONMENT, FakeArgo, application, reconcile
from bos_tools.cli.main import main
from bos_tools.doors.argocd.client import ArgoCD
from workshop import files, write


@pytest.fixture
def root(tmp_path):
    return write(tmp_path / "work", {**files(["backend"]), "overlays/dev/environment.yaml": ENVIRONMENT})


@pytest.fixture
def argo(monkeypatch) -> FakeArgo:
    """An Argo CD with one live application, behind the command line's own connection."""
    fake = FakeArgo(application())
    connect = ArgoCD.connect.__func__

    def connected(cls, url, **options):
        return connect(cls, url, **options, transport=httpx2.MockTransport(fake), patience=0.6)

    monkeypatch.setattr(ArgoCD, "connect", classmethod(connected))
    monkeypatch.setattr("bos_tools.delivery.wait.AGAIN", 0.05)
    monkeypatch.setenv("BOS_ARGOCD_TOKEN", "sesame")

    fake.refreshed = reconcile
    return fake


@pytest.fixture
def run(root, capsys):
    """Return a function that runs `bos-tools argocd …` and gives its code and its words, in which no token stands."""

    def go(*words: str) -> tuple[int, str, str]:
        code = main(["--repo", str(root), "argocd", *words])
        out, err = capsys.readouterr()
        assert "sesame" not in out + err
        return code, out, err

    return go

"""The real argocd-server behind the certificate that it makes and signs itself, as a fresh installation answers."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from bos_tools.sandbox import processes
from bos_tools.sandbox.argocd import programs
from harness.argocd import ENVIRONMENT
from harness.repositories import files, write
from harness.servers import free_port


@pytest.fixture(scope="module")
def address(dev):
    """A second argocd-server of the sandbox, without `--insecure`; its certificate is for `localhost`."""
    [plain] = [program for program in programs(dev.box) if program.name == "argocd-server"]
    port, metrics = free_port(), free_port()
    argv = [word for word in plain.argv if word != "--insecure"]
    argv[argv.index("--port") + 1], argv[argv.index("--metrics-port") + 1] = str(port), str(metrics)
    ours = replace(plain, name="argocd-server-tls", argv=tuple(argv), health=f"tcp:{port}")
    processes.wait(dev.folder, ours, processes.start(dev.folder, ours))
    yield f"https://localhost:{port}"
    processes.stop(dev.folder, ours.name)


@pytest.fixture
def status(address, tmp_path, monkeypatch, dev, capsys):
    """Return a function that runs `bos-tools argocd status` and gives its code and its words."""
    root = write(tmp_path / "work", {**files(["backend"]), "overlays/dev/environment.yaml": ENVIRONMENT})
    monkeypatch.delenv("BOS_ARGOCD_TOKEN", raising=False)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("BOS_ARGOCD_SERVER", address)
    monkeypatch.setenv("BOS_ARGOCD_USERNAME", "admin")
    monkeypatch.setenv("BOS_ARGOCD_PASSWORD", dev.argocd_password)

    def go(*words: str) -> tuple[int, str]:
        code = main(["--repo", str(root), "argocd", "status", "--env", "dev", *words])
        out, err = capsys.readouterr()
        assert dev.argocd_password not in out + err
        return code, out + err

    return go


@pytest.fixture
def certificate(dev, address, tmp_path) -> Path:
    """The server's own certificate, as Argo CD keeps it."""
    words = ("get", "secret", "argocd-secret", "--namespace", "argocd", r"--output=jsonpath={.data.tls\.crt}")
    path = tmp_path / "argocd.crt"
    path.write_bytes(base64.b64decode(dev.box.ask(*words)))
    return path


def test_its_own_certificate_is_refused_until_it_is_named(status, certificate):
    refused, why = status()
    named, said = status("--ca-file", str(certificate))
    any_, _ = status("--insecure")

    assert (refused, named, any_) == (5, 0, 0), said
    assert "its certificate is not trusted: self-signed certificate" in why
    assert "; --ca-file names the authority that signed it, --insecure takes any" in why
    assert "backend" in said


def test_an_address_that_it_is_not_for_is_refused_though_it_is_named(status, certificate, address):
    code, why = status("--ca-file", str(certificate), "--server", address.replace("localhost", "127.0.0.1"))

    assert code == 5
    assert "not valid for '127.0.0.1'" in why

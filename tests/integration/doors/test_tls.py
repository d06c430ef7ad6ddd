"""TLS to Argo CD: a certificate of a private authority is taken with that authority, or when told to take any."""

import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bos_tools.cli.main import main
from bos_tools.doors.failures import Untrusted
from bos_tools.doors.http import Server
from harness.argocd import ENVIRONMENT
from harness.repositories import files, write
from harness.servers import needs, run

TOKEN = "sesame"
NAMED = "subjectAltName=DNS:localhost,IP:127.0.0.1"
"""What the server's certificate is good for."""


class Argo(http.server.ThreadingHTTPServer):
    """Answers as an Argo CD without applications, and notes who called and with which token."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.calls = 0
        self.tokens: list[str] = []

    def get_request(self) -> tuple[Any, Any]:
        self.calls += 1
        return super().get_request()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up on a certificate is what is tested."""


class Answer(http.server.BaseHTTPRequestHandler):
    server: Argo

    def do_GET(self) -> None:
        self.server.tokens.append(self.headers.get("Authorization", ""))
        is_one = "/applications/" in self.path
        answer = {"error": "not found", "code": 5, "message": "not found"} if is_one else {"items": None}
        body = json.dumps(answer).encode()
        self.send_response(404 if is_one else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Authority:
    """A private authority and the certificates that it has signed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "ca.crt"
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=a private authority",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        )  # fmt: skip

    def sign(self, name: str, names: str) -> ssl.SSLContext:
        """Return what a server needs to prove that it bears some names."""
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=argocd",
            "-keyout", f"{name}.key", "-out", f"{name}.csr",
        )  # fmt: skip
        (self.folder / f"{name}.ext").write_text(f"{names}\nauthorityKeyIdentifier=keyid\n")
        self._openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", f"{name}.ext", "-out", f"{name}.crt",
        )  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        return context

    def _openssl(self, *words: str) -> None:
        at = [str(self.folder / word) if word.partition(".")[2] in ENDS else word for word in words]
        done = run(needs("openssl"), *at, HOME=str(self.folder))
        assert done.returncode == 0, done.stderr


ENDS = ("crt", "key", "csr", "ext")


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"))


def serving(context: ssl.SSLContext) -> Iterator[Argo]:
    listening = Argo(context)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield listening
    listening.shutdown()
    listening.server_close()
    thread.join()


@pytest.fixture
def server(authority) -> Iterator[Argo]:
    yield from serving(authority.sign("argocd", NAMED))


@pytest.fixture
def misnamed(authority) -> Iterator[Argo]:
    """The same authority's server, whose certificate is for another name."""
    yield from serving(authority.sign("other", "subjectAltName=DNS:other.example.com"))


@pytest.fixture
def status(tmp_path, monkeypatch, capsys):
    """Return a function that asks a server by `bos-tools argocd status`; gives its code and its words."""
    root = write(tmp_path / "work", {**files(["backend"]), "overlays/dev/environment.yaml": ENVIRONMENT})
    monkeypatch.setenv("BOS_ARGOCD_TOKEN", TOKEN)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)

    def go(argo: Argo, *words: str) -> tuple[int, str]:
        address = ("--server", f"https://127.0.0.1:{argo.server_port}")
        code = main(["--repo", str(root), "argocd", "status", "--env", "dev", *address, *words])
        out, err = capsys.readouterr()
        assert TOKEN not in out + err
        return code, out + err

    return go


def test_a_private_authority_is_trusted_when_it_is_named(status, server, authority):

    code, said = status(server, "--ca-file", str(authority.file))

    assert code == 0
    assert "not registered" in said
    assert set(server.tokens) == {f"Bearer {TOKEN}"}


def test_insecure_takes_any_certificate(status, server, misnamed):
    assert status(server, "--insecure")[0] == 0
    assert status(misnamed, "--insecure")[0] == 0
    assert set(server.tokens) == set(misnamed.tokens) == {f"Bearer {TOKEN}"}


def test_an_authority_that_nobody_named_is_refused_at_once_and_no_token_goes_there(status, server):

    code, said = status(server)

    assert code == 5
    assert (
        f"Argo CD can't be reached at https://127.0.0.1:{server.server_port}: its certificate is not trusted: " in said
    )
    assert "; --ca-file names the authority that signed it, --insecure takes any" in said
    assert (server.calls, server.tokens) == (1, [])


def test_another_authority_than_the_one_that_signed_is_refused(status, server, stranger):

    code, said = status(server, "--ca-file", str(stranger.file))

    assert code == 5
    assert "its certificate is not trusted: " in said
    assert (server.calls, server.tokens) == (1, [])


def test_a_certificate_for_another_name_is_refused_though_its_authority_is_trusted(status, misnamed, authority):

    code, said = status(misnamed, "--ca-file", str(authority.file))

    assert code == 5
    assert "certificate is not valid for '127.0.0.1'" in said
    assert "hint: is this the name that the certificate is for" in said
    assert (misnamed.calls, misnamed.tokens) == (1, [])


def test_a_password_does_not_go_there_either(status, server, monkeypatch):
    monkeypatch.delenv("BOS_ARGOCD_TOKEN")
    monkeypatch.setenv("BOS_ARGOCD_USERNAME", "admin")
    monkeypatch.setenv("BOS_ARGOCD_PASSWORD", TOKEN)

    code, said = status(server)

    assert code == 5
    assert "its certificate is not trusted: " in said
    assert (server.calls, server.tokens) == (1, [])


@pytest.mark.parametrize("text", [None, "no certificate", ""], ids=["absent", "not one", "empty"])
def test_an_authority_that_is_none_is_told_by_its_file(status, server, tmp_path, text):
    file = tmp_path / "ca.crt"
    if text is not None:
        file.write_text(text)

    code, said = status(server, "--ca-file", str(file))

    assert code == 5
    assert f"the certificates to trust for Argo CD can't be read: {file}" in said


def test_any_server_whose_certificate_is_not_trusted_is_told_with_its_name(server):
    door = Server("the forge", f"https://127.0.0.1:{server.server_port}", patience=60)
    try:
        with pytest.raises(
            Untrusted, match=r"the forge can't be reached at .*: its certificate is not trusted"
        ) as told:
            door.call("GET", "/")
    finally:
        door.close()
    assert (told.value.reason, told.value.exit_code) == ("untrusted", 5)

"""Whatever a server answers: within bounds, and one sentence of ours."""

import gzip
import itertools
import json
import socket
import threading
import time

import httpx2
import pytest

from bos_tools.doors import answers
from bos_tools.doors.argocd.client import ArgoCD
from bos_tools.doors.failures import HttpFailed, NoTls, Unreachable, WrongAnswer
from bos_tools.doors.http import Server
from bos_tools.errors import BosError, OutsideError, Usage, veiled
from bos_tools.report.json.error import document

URL = "https://argocd.example.com"


def server(answer: httpx2.Response, **options) -> Server:
    """Return a server that answers every request so."""
    transport = httpx2.MockTransport(lambda _: answer)
    return Server("the server", URL, transport=transport, patience=0, **{"is_json": True, **options})


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx2.Response(200, html="<!DOCTYPE html><title>Log in\n to SSO</title>"), "a web page: Log in to SSO"),
        (httpx2.Response(200, html="<html><body>"), "a web page"),
        (httpx2.Response(200, text="fine"), "no JSON"),
        (httpx2.Response(200, content=b"\xff\xfe"), "no JSON"),
        (httpx2.Response(200, content=b"[" * 100_000 + b"]" * 100_000), "no JSON"),
        (httpx2.Response(200, content=b"[" + b"[]," * 1_000_001 + b"[]]"), "more than 1000000 lists and maps"),
        (httpx2.Response(200, content=b'"' + b"a" * 21 * 2**20 + b'"'), "more than 20 MiB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_answer_is_told_in_one_sentence(answer, says):
    with pytest.raises(WrongAnswer, match=says) as told:
        server(answer).call("GET", "/x")

    assert (told.value.exit_code, told.value.reason) == (5, "bad-answer")
    assert URL in told.value.hint


@pytest.mark.parametrize(
    "data", [None, [], "text", 1, {"items": 3}, {"items": [3]}, {"items": [{"metadata": 1}]}, {"token": 1}]
)
@pytest.mark.parametrize(
    "ask",
    [
        lambda argo: argo.application("a", "p"),
        lambda argo: argo.applications(["p"]),
        lambda argo: argo.managed("a", "p"),
        lambda argo: argo.nodes("a", "p"),
        lambda argo: argo.windows("a", "p"),
        lambda argo: argo.settings(),
        lambda argo: argo.create_token("p", "r", 1),
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_never_a_bug_of_ours(data, ask):
    argo = ArgoCD.connect(
        URL, token="canary-token", transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=data)), patience=0
    )

    try:
        ask(argo)
    except BosError as error:
        assert error.exit_code == 5


def test_a_small_answer_that_unpacks_to_a_large_one_is_refused():
    packed = gzip.compress(b"a" * 64 * 2**20)

    with pytest.raises(WrongAnswer, match="more than 20 MiB"):
        server(httpx2.Response(200, content=packed, headers={"content-encoding": "gzip"})).call("GET", "/x")


def test_an_error_that_is_packed_and_does_not_say_so_is_read_all_the_same():
    packed = gzip.compress(b"404 page not found")

    with pytest.raises(HttpFailed, match="answered 404: 404 page not found"):
        server(httpx2.Response(404, content=packed)).call("GET", "/x")


def test_bytes_that_are_not_packed_as_they_say_are_a_wrong_answer():
    class Raw(httpx2.SyncByteStream):
        def __iter__(self):
            yield b"no gzip"

    response = httpx2.Response(200, headers={"content-encoding": "gzip"}, stream=Raw())
    with pytest.raises(WrongAnswer, match="not packed as it says"):
        server(response).call("GET", "/x")


def test_a_redirect_says_where_to_and_asks_whether_that_is_the_address():
    answer = httpx2.Response(307, headers={"location": "https://user:canary@sso.example.com/login?next=secret"})

    with pytest.raises(HttpFailed, match=r"answered 307: it points to https://sso\.example\.com/login$") as told:
        server(answer).call("GET", "/x")

    assert told.value.hint == "is this the address: https://sso.example.com"


@pytest.mark.parametrize("said", ["²", "1" * 400, "-1", "Wed, 99 Foo", "٣"])
def test_a_time_to_wait_that_is_none_is_none(said):
    assert answers.wait({"retry-after": said}) == 0.0


def test_an_answer_that_drips_ends_with_its_time(monkeypatch):
    clock = itertools.count(0, 10)
    monkeypatch.setattr("bos_tools.doors.answers.time.monotonic", lambda: float(next(clock)))

    class Drip(httpx2.SyncByteStream):
        def __iter__(self):
            yield from itertools.repeat(b" ", 10_000)

    with pytest.raises(Unreachable, match=r"no whole answer within \d+ s"):
        server(httpx2.Response(200, stream=Drip())).call("GET", "/x")


def test_a_line_that_has_no_end_ends_the_stream():
    with pytest.raises(WrongAnswer, match="a line of more than 20 MiB"):
        list(answers.lines(answers.Asked("Argo CD", URL), itertools.repeat(b"a" * 2**20, 30)))


def test_lines_come_whole_whatever_the_pieces():
    pieces = [b"a", b"b\nc", b"\n\n", b"d"]

    assert list(answers.lines(answers.Asked("Argo CD", URL), pieces)) == ["ab", "c", "", "d"]


def test_plain_http_on_a_port_of_tls_says_so():
    answer = httpx2.Response(400, text="Client sent an HTTP request to an HTTPS server.\n")

    with pytest.raises(HttpFailed) as told:
        Server("it", "http://127.0.0.1:1", transport=httpx2.MockTransport(lambda _: answer)).call("GET", "/x")

    assert told.value.hint == "it speaks TLS at this port: https://127.0.0.1:1"


def test_tls_on_a_port_of_plain_http_is_told_at_once():
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def answer() -> None:
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.close()

    thread = threading.Thread(target=answer)
    thread.start()
    began = time.monotonic()
    with pytest.raises(NoTls, match="it speaks no TLS there") as told:
        Server("it", f"https://127.0.0.1:{port}", patience=3600).call("GET", "/x")
    thread.join()
    listener.close()

    assert time.monotonic() - began < 1800  # it did not use its patience up
    assert told.value.hint == f"does it speak plain HTTP at this port: http://127.0.0.1:{port}"


def test_no_token_crosses_a_network_in_clear_text():
    with pytest.raises(Usage, match="no token is sent to it in clear text") as told:
        Server("it", "http://argocd.example.com", headers={"Authorization": "Bearer canary-token"})

    assert "canary" not in f"{told.value} {told.value.hint}"
    for url in ("http://127.0.0.1:1", "http://localhost:1", "https://argocd.example.com"):
        Server("it", url, headers={"Authorization": "Bearer canary-token"})


@pytest.mark.parametrize("form", ["canary/secret+1", "Y2FuYXJ5L3NlY3JldCsx", "canary%2Fsecret%2B1"])
def test_what_was_sent_never_comes_back_in_a_message(form):
    answer = httpx2.Response(400, json={"message": f"who is {form}?"})
    door = server(answer, headers={"Authorization": "Bearer canary/secret+1"})

    with pytest.raises(OutsideError) as told:
        door.call("GET", "/x")

    assert form not in f"{told.value} {told.value.hint} {json.dumps(document(told.value))}"
    assert veiled(f"a {form} b") == "a *** b"

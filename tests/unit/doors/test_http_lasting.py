"""A server that is asked until a moment: no outage ends a call sooner, and none goes on after it."""

import ssl

import httpx2
import pytest

from bos_tools.doors.failures import HttpFailed, Unreachable, Untrusted
from bos_tools.doors.http import Server
from harness.clock import Clock

AWAY = [
    lambda: httpx2.ConnectError("Connection refused"),
    lambda: httpx2.ReadTimeout("timed out"),
    lambda: httpx2.Response(502),
    lambda: httpx2.Response(429, headers={"Retry-After": "3600"}),
]


def server(http_clock: Clock, answer, back: float = float("inf")) -> Server:
    """Return a server that is away until a moment, with ten seconds of patience of its own."""
    began = http_clock.now

    def handle(_: httpx2.Request) -> httpx2.Response:
        if http_clock.now - began >= back:
            return httpx2.Response(200, text="there")
        found = answer()
        if isinstance(found, Exception):
            raise found
        return found

    return Server("Argo CD", "https://argo.example.com", transport=httpx2.MockTransport(handle), patience=10, reach=5)


@pytest.mark.parametrize("answer", AWAY)
def test_an_outage_is_waited_out(http_clock, answer):
    door = server(http_clock, answer, back=60)
    door.last(90)

    assert door.call("GET", "/x").data == "there"


@pytest.mark.parametrize("answer", AWAY)
def test_the_end_comes_neither_later_nor_sooner(http_clock, answer):
    door, began = server(http_clock, answer), http_clock.now
    door.last(90)

    with pytest.raises((HttpFailed, Unreachable)):
        door.call("GET", "/x")

    assert http_clock.now - began == pytest.approx(90, abs=0.5)


def test_a_server_that_speaks_no_tls_is_told_at_once(http_clock):
    error = httpx2.ConnectError("no")
    error.__cause__ = cause = ssl.SSLError(1, "wrong version number")
    cause.reason = "WRONG_VERSION_NUMBER"
    door, began = server(http_clock, lambda: error), http_clock.now
    door.last(90)

    with pytest.raises(Untrusted):
        door.call("GET", "/x")

    assert http_clock.now == began


def test_what_another_thread_asks_ends_with_the_connection(http_clock):
    door, began = server(http_clock, AWAY[0]), http_clock.now
    door.last(90)
    door.close()

    with pytest.raises(Unreachable):
        door.call("GET", "/x")

    assert http_clock.now == began

"""The door to HTTP: what is tried again, what is not, and what an error says."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx2
import pytest

from bos_tools.doors.failures import HttpFailed, Unreachable, WrongAnswer, translated
from bos_tools.doors.http import Server
from bos_tools.errors import Usage


def server(*answers: httpx2.Response | Exception, patience: float = 20.0) -> tuple[Server, list[httpx2.Request]]:
    """Return a server that gives these answers in turn, and the requests that it saw."""
    seen: list[httpx2.Request] = []
    waiting = list(answers)

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    made = Server(
        "the forge", "https://forge.example.com/api", transport=httpx2.MockTransport(handle), patience=patience
    )
    return made, seen


@pytest.fixture(autouse=True)
def naps(monkeypatch) -> list[float]:
    """Pauses are noted and not made."""
    taken: list[float] = []
    monkeypatch.setattr("bos_tools.doors.http.time.sleep", taken.append)
    return taken


def test_an_answer_is_parsed_when_it_says_that_it_is_json():
    door, seen = server(httpx2.Response(200, json={"a": 1}))

    assert door.call("GET", "/x", params={"q": "1"}).data == {"a": 1}
    assert str(seen[0].url) == "https://forge.example.com/api/x?q=1"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_error_is_asked_again(status, naps):
    door, seen = server(httpx2.Response(status), httpx2.Response(200, text="there"))

    assert door.call("POST", "/x", json={}).data == "there"
    assert (len(seen), len(naps)) == (2, 1)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_an_error_that_stays_is_told_at_once(status):
    door, seen = server(httpx2.Response(status, json={"message": "no,\n really"}))

    with pytest.raises(HttpFailed, match=f"the forge answered {status}: no, really") as told:
        door.call("GET", "/x")

    assert len(seen) == 1
    assert (told.value.status, told.value.exit_code) == (status, 5)


def test_the_time_that_a_server_asks_for_is_waited(naps):
    door, _ = server(httpx2.Response(429, headers={"retry-after": "7"}), httpx2.Response(200))

    door.call("GET", "/x")

    assert naps == [7.0]


def test_a_server_that_asks_for_more_than_the_patience_is_not_waited_for(naps):
    door, _ = server(httpx2.Response(503, headers={"retry-after": "50"}))

    with pytest.raises(HttpFailed, match="503"):
        door.call("GET", "/x")

    assert naps == []


def test_a_date_may_say_how_long_to_wait(naps):
    door, _ = server(
        httpx2.Response(429, headers={"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}), httpx2.Response(200)
    )

    door.call("GET", "/x")

    assert len(naps) == 1
    assert 0 < naps[0] < 1


def test_a_write_whose_answer_is_lost_is_not_repeated():
    door, seen = server(httpx2.ReadError("reset"))

    with pytest.raises(Unreachable, match=r"can't be reached at https://forge\.example\.com/api: reset"):
        door.call("POST", "/x", json={})

    assert len(seen) == 1


@pytest.mark.parametrize(("method", "lost"), [("GET", httpx2.ReadError("reset")), ("POST", httpx2.ConnectError("no"))])
def test_what_can_have_done_nothing_is_repeated(method, lost):
    door, seen = server(lost, httpx2.Response(200))

    assert door.call(method, "/x").status == 200
    assert len(seen) == 2


def test_the_patience_ends():
    door, seen = server(httpx2.ConnectError("refused"), patience=0.0)

    with pytest.raises(Unreachable):
        door.call("GET", "/x")

    assert len(seen) == 1


def test_a_redirect_is_an_error_because_a_token_is_not_carried_elsewhere():
    door, seen = server(httpx2.Response(302, headers={"location": "https://elsewhere.example.com"}))

    with pytest.raises(HttpFailed, match="302"):
        door.call("GET", "/x")

    assert len(seen) == 1


def test_json_that_is_none_is_an_error_in_one_sentence():
    door, _ = server(httpx2.Response(200, headers={"content-type": "application/json"}, text="{"))

    with pytest.raises(WrongAnswer, match="no JSON"):
        door.call("GET", "/x")


def test_lines_come_from_a_real_server_one_by_one():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/stream" else 403)
            self.end_headers()
            self.wfile.write(b"one\ntwo\n")

        def log_message(self, *_):
            pass

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    door = Server("the stream", f"http://127.0.0.1:{listening.server_port}")
    try:
        with door.lines("/stream") as lines:
            assert list(lines) == ["one", "two"]
        with pytest.raises(HttpFailed, match="the stream answered 403: one two"), door.lines("/other"):
            pass
    finally:
        door.close()
        listening.shutdown()
        listening.server_close()
        thread.join()


def test_a_port_where_nobody_listens_is_told_with_its_address():
    door = Server("Argo CD", "http://127.0.0.1:1", patience=0.0)

    with pytest.raises(Unreachable, match=r"Argo CD can't be reached at http://127\.0\.0\.1:1") as told:
        door.call("GET", "/")

    assert "is it running" in told.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "",
        "forge",
        "http://",
        "ftp://forge",
        "http://[::1",
        "http://forge:99999",
        "http://a..b",
        "http://a b",
        "http://a\n",
    ],
)
def test_what_is_no_address_is_told_at_once_and_not_tried(url):
    with pytest.raises(Usage, match="this is no address of the forge"):
        Server("the forge", url)


@pytest.mark.parametrize("url", ["https://me:hunter2@forge", "https://hunter2@forge", "http://me:hunter2@[::1"])
def test_a_password_in_an_address_is_refused_and_not_repeated(url):
    with pytest.raises(Usage) as told:
        Server("the forge", url)

    assert "hunter2" not in f"{told.value} {told.value.hint}"


@pytest.mark.parametrize("token", ["hunter2\n", "hunter2\r\nX-Other: 1", "hünter2", "hunter2\x00"])
def test_a_token_that_no_header_takes_is_refused_and_not_repeated(token):
    with pytest.raises(Usage, match="authorization for the forge") as told:
        Server("the forge", "https://forge.example.com", headers={"Authorization": f"Bearer {token}"})

    assert "nter2" not in f"{told.value} {told.value.hint}"


def test_the_librarys_complaint_about_a_header_does_not_reach_the_message():
    door, _ = server(httpx2.LocalProtocolError("Illegal header value b'Bearer hunter2'"), patience=0.0)

    with pytest.raises(Unreachable) as told:
        door.call("GET", "/x")

    assert "hunter2" not in str(told.value)


def test_errors_that_led_to_each_other_in_a_circle_are_told():
    lost, again = httpx2.ReadError("lost"), httpx2.ReadError("lost again")
    lost.__context__, again.__context__ = again, lost

    with pytest.raises(Unreachable, match="lost"), translated("the forge", "https://git.example.com"):
        raise lost


def test_a_library_s_own_error_of_a_status_is_an_answer_and_no_lost_server():
    """An API server answers a kind that it does not know with 404 and a line of text."""
    response = httpx2.Response(404, text="404 page not found\n", request=httpx2.Request("GET", "https://10.0.0.1/apis"))

    with (
        pytest.raises(HttpFailed, match="the cluster answered 404: 404 page not found") as caught,
        translated("the cluster", "https://10.0.0.1"),
    ):
        response.raise_for_status()

    assert caught.value.status == 404

"""The Prometheus client, with fakes at the network door alone."""

import httpx2
import pytest

from bos_tools.doors.failures import HttpFailed
from bos_tools.doors.http import Server
from bos_tools.doors.prometheus import Prometheus
from bos_tools.errors import OutsideError, Usage


def client(answer: httpx2.Response) -> tuple[Prometheus, list[httpx2.Request]]:
    seen: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return answer

    url = "https://metrics.example.com/prom"
    server = Server("Prometheus", url, transport=httpx2.MockTransport(handle), patience=0)
    return Prometheus(url, server=server), seen


def success(kind: str, result, **more) -> httpx2.Response:
    return httpx2.Response(200, json={"status": "success", "data": {"resultType": kind, "result": result}, **more})


def test_a_range_is_asked_below_the_address_and_what_is_no_number_is_left_out():
    pairs = [[1, "1.5"], [2, "NaN"], [3, "+Inf"], [4, "2e3"]]
    made, seen = client(success("matrix", [{"metric": {"a": "b"}, "values": pairs}]))

    with made:
        found = made.range("up", 1, 4.25, 1)

    assert [(one.labels, one.points) for one in found] == [({"a": "b"}, ((1, 1.5), (4, 2000)))]
    assert seen[0].url.path == "/prom/api/v1/query_range"
    assert dict(seen[0].url.params) == {"query": "up", "start": "1.000", "end": "4.250", "step": "1.000"}


def test_an_instant_has_one_value_a_series():
    made, seen = client(success("vector", [{"metric": {}, "value": [7, "3"]}, {"metric": {}, "value": [7, "NaN"]}]))

    with made:
        assert [one.points for one in made.instant("up", 7)] == [((7, 3),), ()]

    assert dict(seen[0].url.params) == {"query": "up", "time": "7.000"}


def test_labels_tell_one_cluster_from_another():
    made = Prometheus("http://host:9090", labels={"cluster": 'a"b\\c'})

    assert made.where("buildingos") == 'cluster="a\\"b\\\\c",namespace="buildingos"'


def test_warnings_are_kept_once_each():
    made, _ = client(success("vector", [], warnings=["a store did not answer"]))

    with made:
        made.instant("up", 1)
        made.instant("up", 2)

    assert made.warnings == ["a store did not answer"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(200, text="<html>log in</html>"),
        httpx2.Response(200, json=[]),
        httpx2.Response(200, json={"status": "success"}),
        httpx2.Response(200, json={"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}}),
        httpx2.Response(404, text="nothing here"),
    ],
)
def test_what_is_no_prometheus_is_said(answer):
    made, _ = client(answer)

    with made, pytest.raises(OutsideError, match="no Prometheus answers at this address") as told:
        made.instant("up", 1)

    assert told.value.reason == "not-prometheus"


def test_a_complaint_of_the_server_is_told_in_its_words():
    made, _ = client(httpx2.Response(400, json={"status": "error", "errorType": "bad_data", "error": "parse error"}))

    with made, pytest.raises(HttpFailed, match="Prometheus answered 400: parse error"):
        made.instant("up{", 1)


@pytest.mark.parametrize("url", ["", "host", "ftp://host", "http://", "http://[", "host:9090"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(Usage, match="this is no address"):
        Prometheus(url)


def test_an_address_with_a_password_is_refused_without_repeating_it():
    with pytest.raises(Usage) as refused:
        Prometheus("https://me:hidden@host")

    assert "hidden" not in str(refused.value) + refused.value.hint

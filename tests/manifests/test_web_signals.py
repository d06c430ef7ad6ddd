"""What a roll-out does to a web pod, under load: a reload, and the end by the image's stop signal, SIGQUIT."""

import random
import signal
import socket
import time
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import pytest
import yaml

from harness import ROOT
from harness.load import Load, load
from harness.waiting import eventually
from harness.web_pods import WEB_PORT, Backend, Web


@pytest.fixture
def backend():
    with closing(Backend()) as made:
        yield made


@pytest.fixture
def pods(tmp_path, config, backend):
    """Two web pods of one volume, in front of one backend."""
    (tmp_path / "srv/current").mkdir(parents=True)
    (tmp_path / "srv/current/index.html").write_text("page")
    with ExitStack() as stack:
        made = [
            stack.enter_context(
                closing(Web(tmp_path / name, config("overlays/prod/web", "web-nginx"), tmp_path / "srv"))
            )
            for name in ("one", "two")
        ]
        for pod in made:
            pod.names.set(backend=backend.address)
            pod.start()
        yield made


def workers(pod: Web) -> set[str]:
    assert pod.process is not None
    pid = pod.process.pid
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def replaced(pod: Web, before: set[str]) -> bool:
    """Tell whether a pod has workers and all are new."""
    now = workers(pod)
    return bool(now) and not now & before


def has_more_than(sent: Load, count: int) -> bool:
    return len(sent.done) > count


def test_a_reload_loses_no_request(pods, backend):
    pod = pods[0]
    with load(lambda: (pod.address, WEB_PORT), "/api/slow?=0.1") as sent:
        for _ in range(5):
            before, so_far = workers(pod), len(sent.done)
            pod.signal(signal.SIGHUP)
            at = time.monotonic()
            eventually(partial(replaced, pod, before), "all workers are new")
            eventually(partial(has_more_than, sent, so_far + 50), "requests go on")
            assert sent.across(at) > 0

    assert sent.lost() == []
    # A request that reached the backend was answered: none was cut off and asked again.
    assert sent.sent == len(sent.done) == len(backend.arrived)
    assert sent.reused > 0


def test_a_pod_that_ends_loses_no_request(pods, backend):
    going, staying = pods
    endpoints = [going, staying]
    with load(lambda: (random.choice(endpoints).address, WEB_PORT), "/api/slow?=0.3") as sent:
        eventually(lambda: len(sent.done) > 50)
        endpoints.remove(going)  # what the endpoints do while the preStop hook sleeps
        sent.settle()
        going.signal(signal.SIGQUIT)
        at = time.monotonic()
        assert going.process.wait(timeout=300) == 0
        so_far = len(sent.done)
        eventually(lambda: len(sent.done) > so_far + 50)

    assert sent.across(at) > 0
    assert sent.lost() == []
    assert sent.sent == len(sent.done) == len(backend.arrived)


def test_an_open_websocket_does_not_hold_a_pod_for_longer_than_it_may_take(pods):
    going = pods[0]
    text = going.config.read_text()
    going.config.write_text(going.altered(text, "worker_shutdown_timeout 20s;", "worker_shutdown_timeout 1s;"))
    before = workers(going)
    going.signal(signal.SIGHUP)
    eventually(lambda: not workers(going) & before)
    with socket.create_connection((going.address, WEB_PORT), timeout=300) as wire:
        wire.sendall(
            b"GET /api/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n"
        )
        assert wire.recv(4096).startswith(b"HTTP/1.1 101 ")
        going.signal(signal.SIGQUIT)
        assert going.process.wait(timeout=300) == 0


def test_the_pod_is_given_the_time_that_nginx_may_take(config):
    pod = yaml.safe_load((ROOT / "base/web/deployment.yaml").read_text())["spec"]["template"]["spec"]
    sleeps = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]

    assert "worker_shutdown_timeout 20s;" in config("overlays/prod/web", "web-nginx")["nginx.conf"]
    assert sleeps + 20 < pod["terminationGracePeriodSeconds"]

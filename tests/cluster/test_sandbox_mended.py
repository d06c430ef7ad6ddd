"""What breaks in a sandbox is mended by `up`, and `down` leaves nothing: one sandbox for all of it."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bos_tools.sandbox import Sandbox, down, up
from bos_tools.sandbox.processes import living
from harness import ROOT
from harness.sandboxes import await_health, is_listening, kill, pids, ports_of, sockets
from harness.waiting import eventually


@pytest.fixture(scope="module")
def folder(_built, tmp_path_factory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("sandbox") / "small"
    yield place
    down(place)


def mended(folder: Path) -> Sandbox:
    """Bring the cluster up, or mend it."""
    return up(ROOT, "dev", "small", with_argocd=False, with_forge=False, folder=folder)


@pytest.fixture
def box(folder) -> Sandbox:
    return mended(folder)


def test_a_crashed_one_is_mended_with_its_data_and_what_still_ran(box):
    box.box.ask("create", "namespace", "kept")
    before = pids(box)
    victims = ["etcd", "kube-controller-manager", "kwok", "standins", "metrics-server"]
    kill(*(before[name] for name in victims))

    after = pids(mended(box.folder))

    assert {name for name in before if after[name] != before[name]} == set(victims)
    await_health(box)
    assert "kept" in box.box.ask("get", "namespaces")


def test_a_process_that_hangs_is_started_again(box):
    before = pids(box)
    os.kill(before["kube-scheduler"], signal.SIGSTOP)

    after = pids(mended(box.folder))

    assert after["kube-scheduler"] != before["kube-scheduler"]
    await_health(box)


def test_a_port_that_a_stranger_took_is_given_up(box):
    box.box.ask("create", "namespace", "kept-too")
    kill(*pids(box).values())
    port = ports_of(box)["kube-apiserver"]
    eventually(lambda: not is_listening(port), "the killed API server has let go of its port")
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()

        again = mended(box.folder)

        assert ports_of(box)["kube-apiserver"] != port
        await_health(again)
        assert "kept-too" in again.box.ask("get", "namespaces")


def test_argo_cd_and_the_forge_can_join_later_are_mended_too_and_down_leaves_nothing_of_all_that(box):
    whole = up(ROOT, "dev", "small", folder=box.folder)
    assert whole.argocd_token
    assert whole.gitea_token
    before = pids(whole)
    kill(*(before[name] for name in ("redis", "argocd-server", "argocd-application-controller", "gitea")))

    again = up(ROOT, "dev", "small", folder=box.folder)

    await_health(again)
    assert again.gitea_token == whole.gitea_token
    running = [found.pid for found in living(box.folder)]
    ports = list(ports_of(box).values())
    open_before = sockets(ports)
    assert len(running) >= 13
    assert len(open_before) >= 13

    assert down(box.folder)

    assert living(box.folder) == []
    assert [pid for pid in running if Path(f"/proc/{pid}/exe").exists()] == []
    assert sockets(ports) & open_before == set()
    assert not box.folder.exists()
    assert not down(box.folder)

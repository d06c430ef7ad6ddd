"""The sandbox comes up, mends itself, keeps to itself, and leaves nothing."""

import json
import os
import random
import re
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from bos_tools.errors import Refused
from bos_tools.sandbox import STANDINS, Sandbox, down, find, up
from bos_tools.sandbox.processes import living
from bos_tools.sandbox.state import load
from harness import ROOT
from harness.program import TOOL
from harness.waiting import eventually


def pids(box) -> dict[str, int]:
    return {health.name: health.pid for health in box.health()}


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def sockets(ports: list[int]) -> set[str]:
    """Return the inodes of the sockets that listen on these ports: another program may be given a port later."""
    lines = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    return {line[9] for line in lines if line[3] == "0A" and int(line[1].rpartition(":")[2], 16) in ports}


def kill(*victims: int) -> None:
    for pid in victims:
        os.kill(pid, signal.SIGKILL)


def command(*words: str) -> list[str]:
    return [TOOL, "--repo", str(ROOT), "sandbox", *words]


def test_it_comes_up_whole_from_nothing(dev, read):
    found = dev.health()

    assert all(health.is_healthy for health in found)
    assert len(found) == 13
    assert json.loads(dev.box.ask("get", "--raw", "/version"))["gitVersion"] == "v1.34.3"


def test_its_secrets_are_its_owners_alone(dev):
    for name in ("state.json", "kubeconfig", "argocd.kubeconfig", "pki/ca.key", "pki/admin.key"):
        assert stat.S_IMODE((dev.folder / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE(dev.folder.stat().st_mode) == 0o700


def test_up_again_changes_nothing(dev):
    before = pids(dev)

    again = up(ROOT, "dev", "dev", folder=dev.folder)

    assert pids(again) == before
    assert not again.changed
    assert again.argocd_token == dev.argocd_token


def test_status_names_every_process_and_stand_in_and_no_secret(dev, capsys):
    state = ["--state", str(dev.folder)]

    assert main(["--repo", str(ROOT), "sandbox", "status", *state, "--output", "json"]) == 0
    said = capsys.readouterr().out
    assert main(["--repo", str(ROOT), "sandbox", "status", *state]) == 0
    text = capsys.readouterr().out

    shown = json.loads(said)
    assert shown["healthy"] is True
    assert set(shown["stand_ins"]) == set(STANDINS) >= {"cloudnative-pg", "images", "kubelets", "csi-drivers"}
    assert all(process["healthy"] and process["since"] for process in shown["processes"])
    assert all(process["name"] in text for process in shown["processes"])
    for secret in (dev.argocd_token, dev.argocd_password, dev.gitea_token):
        assert secret
        assert secret not in said + text


def test_env_is_what_a_shell_and_the_other_commands_read(dev):
    script = 'eval "$(' + " ".join(command("env", "--state", str(dev.folder))) + ')" && env'

    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout

    values = dict(line.partition("=")[::2] for line in said.splitlines())
    assert {name: values[name] for name in dev.environ()} == dev.environ()


def test_logs_show_what_a_process_said(dev, capsys):
    state = ["--state", str(dev.folder)]

    assert main(["--repo", str(ROOT), "sandbox", "logs", "argocd-server", *state, "--lines", "5"]) == 0
    assert 0 < len(capsys.readouterr().out.splitlines()) <= 5
    assert main(["--repo", str(ROOT), "sandbox", "logs", "nobody", *state]) == 1
    assert "no such process" in capsys.readouterr().err


@pytest.mark.usefixtures("_built")
def test_the_commands_bring_it_up_and_take_it_down(tmp_path, capsys):
    words = ["--repo", str(ROOT), "sandbox"]
    state = ["--state", str(tmp_path / "s"), "--output", "json"]
    try:
        assert main([*words, "up", "--no-argocd", "--no-forge", *state]) == 0
        first = json.loads(capsys.readouterr().out)
        assert main([*words, "up", "--no-argocd", "--no-forge", *state[:2]]) == 0
        again = capsys.readouterr()
        box = find(ROOT, folder=tmp_path / "s")
        kill(pids(box)["kwok"])
        assert main([*words, "status", *state[:2]]) == 5
        sick = capsys.readouterr()
    finally:
        assert main([*words, "down", *state]) == 0

    assert first["changed"] is True
    assert (first["env"], first["argocd"], first["gitea"]) == ("dev", None, None)
    assert first["kubeconfig"] in again.out
    assert "up already" in again.err
    assert "not healthy: kwok" in sick.err
    assert re.search(r"^kwok +dead", sick.out, re.MULTILINE)
    assert json.loads(capsys.readouterr().out) == {"name": "default", "changed": True}
    assert main([*words, "down", *state[:2]]) == 0
    assert "down already" in capsys.readouterr().err


def ports_of(box: Sandbox) -> dict[str, int]:
    state = load(box.folder)
    assert state is not None
    return state.ports


def test_two_stand_side_by_side(dev, small):
    other = small("beside")

    ports = set(ports_of(dev).values())
    assert ports.isdisjoint(ports_of(other).values())
    other.box.ask("create", "namespace", "only-here")
    assert "only-here" not in dev.box.ask("get", "namespaces")
    assert all(health.is_healthy for health in (*dev.health(), *other.health()))


def test_a_crashed_one_is_mended_with_its_data_and_what_still_ran(small):
    box = small()
    box.box.ask("create", "namespace", "kept")
    before = pids(box)
    victims = ["etcd", "kube-controller-manager", "kwok", "standins", "metrics-server"]
    kill(*(before[name] for name in victims))

    after = pids(up(ROOT, "dev", "small", with_argocd=False, with_forge=False, folder=box.folder))

    assert {name for name in before if after[name] != before[name]} == set(victims)
    assert all(health.is_healthy for health in box.health())
    assert "kept" in box.box.ask("get", "namespaces")


def test_a_process_that_hangs_is_started_again(small):
    box = small()
    before = pids(box)
    os.kill(before["kube-scheduler"], signal.SIGSTOP)

    after = pids(up(ROOT, "dev", "small", with_argocd=False, with_forge=False, folder=box.folder))

    assert after["kube-scheduler"] != before["kube-scheduler"]
    assert all(health.is_healthy for health in box.health())


def test_a_port_that_a_stranger_took_is_given_up(small):
    box = small()
    box.box.ask("create", "namespace", "kept")
    kill(*pids(box).values())
    port = ports_of(box)["kube-apiserver"]
    eventually(lambda: not is_listening(port), "the killed API server has let go of its port")
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()

        again = up(ROOT, "dev", "small", with_argocd=False, with_forge=False, folder=box.folder)

        assert ports_of(box)["kube-apiserver"] != port
        assert all(health.is_healthy for health in again.health())
        assert "kept" in again.box.ask("get", "namespaces")


def test_argo_cd_and_the_forge_can_join_later_and_are_mended_too(small, tmp_path):
    box = small()
    whole = up(ROOT, "dev", "small", folder=box.folder)
    assert whole.argocd_token
    assert whole.gitea_token
    before = pids(whole)
    kill(*(before[name] for name in ("redis", "argocd-server", "argocd-application-controller", "gitea")))

    again = up(ROOT, "dev", "small", folder=box.folder)

    assert all(health.is_healthy for health in again.health())
    assert again.gitea_token == whole.gitea_token


def test_down_leaves_no_process_no_port_and_no_file(small):
    box = small()
    running = [found.pid for found in living(box.folder)]
    ports = list(ports_of(box).values())
    open_before = sockets(ports)
    assert len(running) >= 6
    assert len(open_before) >= 6

    assert down(box.folder)

    assert living(box.folder) == []
    assert [pid for pid in running if Path(f"/proc/{pid}/exe").exists()] == []
    assert sockets(ports) & open_before == set()
    assert not box.folder.exists()
    assert not down(box.folder)


def test_a_killed_up_is_mended_by_up_and_ended_by_down(tmp_path):
    chance = random.Random(11)
    words = ["up", "--env", "dev", "--no-argocd", "--no-forge"]
    try:
        for number in range(4):
            folder = tmp_path / f"killed-{number}"
            process = subprocess.Popen(command(*words, "--state", str(folder)), stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.6, 4.0))
            process.kill()
            process.wait()

            if number % 2:
                box = up(ROOT, "dev", with_argocd=False, with_forge=False, folder=folder)
                assert all(health.is_healthy for health in box.health())
            down(folder)

            assert living(folder) == []
            assert not folder.exists()
    finally:
        for number in range(4):
            down(tmp_path / f"killed-{number}")


def test_down_ends_what_a_lost_state_no_longer_names(small):
    box = small()
    (box.folder / "state.json").write_text("{")

    assert main(["--repo", str(ROOT), "sandbox", "status", "--state", str(box.folder)]) == 5
    assert down(box.folder)

    assert living(box.folder) == []
    assert not box.folder.exists()


def test_one_that_plays_another_environment_is_not_taken_over(dev):
    with pytest.raises(Refused, match="plays another environment: dev"):
        up(ROOT, "prod", "dev", folder=dev.folder)


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(Refused, match="holds something that is no sandbox"):
        up(ROOT, folder=tmp_path, with_argocd=False, with_forge=False)
    with pytest.raises(Refused, match="holds something that is no sandbox"):
        down(tmp_path)

    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_where_there_is_none_status_says_how_to_get_one(tmp_path, capsys):
    assert main(["--repo", str(ROOT), "sandbox", "status", "--state", str(tmp_path / "none")]) == 1
    assert "bos-tools sandbox up" in capsys.readouterr().err
    assert main(["sandbox", "down", "--name", "No Name"]) == 2

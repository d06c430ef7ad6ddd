"""A sandbox that is interrupted, lost or not there: its folder never stays half, and nothing else is touched."""

import json
import random
import re
import subprocess
import time

import pytest

from bos_tools.cli.main import main
from bos_tools.errors import Refused
from bos_tools.sandbox import down, find, up
from bos_tools.sandbox.processes import living
from harness import ROOT
from harness.sandboxes import await_health, command, kill, pids


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
                await_health(box)
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

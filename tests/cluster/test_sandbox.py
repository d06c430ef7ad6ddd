"""The sandbox comes up, mends itself, keeps to itself, and leaves nothing."""

import json
import stat
import subprocess

import pytest

from bos_tools.cli.main import main
from bos_tools.errors import Refused
from bos_tools.sandbox import STANDINS, up
from harness import ROOT
from harness.sandboxes import await_health, command, pids, ports_of


def test_it_comes_up_whole_from_nothing(dev, read):
    await_health(dev)
    assert len(dev.health()) == 13
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


def test_two_stand_side_by_side(dev, small):
    other = small("beside")

    ports = set(ports_of(dev).values())
    assert ports.isdisjoint(ports_of(other).values())
    other.box.ask("create", "namespace", "only-here")
    assert "only-here" not in dev.box.ask("get", "namespaces")
    await_health(dev, other)


def test_one_that_plays_another_environment_is_not_taken_over(dev):
    with pytest.raises(Refused, match="plays another environment: dev"):
        up(ROOT, "prod", "dev", folder=dev.folder)

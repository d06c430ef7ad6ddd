"""The one error boundary: what a bug leaves behind, and which exits are taken as they are."""

import errno
import json
import os
import stat
import subprocess
import sys

import pytest

from bos_tools import __version__
from bos_tools.cli.main import main
from bos_tools.doors.private import cache_folder


def broken(monkeypatch, error: BaseException) -> None:
    def run(*_: object) -> None:
        raise error

    monkeypatch.setattr("bos_tools.verbs.bump.run", run)


@pytest.mark.parametrize(("code", "becomes"), [(7, 7), (0, 0), (None, 0), ("words", 1)])
def test_an_exit_of_somebody_else_keeps_its_code(monkeypatch, code, becomes):
    broken(monkeypatch, SystemExit(code))

    assert main(["bump", "web", "v1"]) == becomes


def test_a_reader_that_left_is_no_failure(monkeypatch, capsys):
    broken(monkeypatch, BrokenPipeError(32, "Broken pipe"))

    assert main(["bump", "web", "v1"]) == 0


def test_a_bug_leaves_a_log_with_versions_and_without_secrets(monkeypatch, capsys):
    monkeypatch.setenv("BOS_ARGOCD_TOKEN", "abc.very-secret")
    broken(monkeypatch, KeyError("abc.very-secret at https://me:hunter2@forge/x, Authorization: Bearer eyJhbGciOi.J9"))

    assert main(["bump", "web", "v1", "--digest", "sha256:quite-private", "--verbose"]) == 3

    log = cache_folder() / "crash.log"
    text = log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert f"bos-tools: {__version__}" in text
    assert "command: bos-tools bump\n" in text
    assert "Traceback" in text
    said = text + capsys.readouterr().err
    assert not [secret for secret in ("very-secret", "hunter2", "eyJhbGciOi", "quite-private") if secret in said]
    assert str(log) in said


def test_a_bug_is_told_where_no_log_can_be_written(monkeypatch, capsys, tmp_path):
    (tmp_path / "bos-tools").write_text("no folder")
    monkeypatch.setenv("BOS_TOOLS_CACHE", str(tmp_path))
    broken(monkeypatch, ZeroDivisionError("made up"))

    assert main(["bump", "web", "v1"]) == 3

    assert "hint: run it again with --verbose" in capsys.readouterr().err


LOADING = """\
import os, signal, sys

class Interrupts:
    def find_spec(self, name, *_):
        if name == "bos_tools.cli.main":
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
sys.argv = ["bos-tools", "--version"]
from bos_tools.__main__ import entry
entry()
"""


def test_an_interrupt_while_it_is_loaded_ends_it_in_a_word():
    # what runs in the background of a shell is started deaf
    hears = f"import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n{LOADING}"
    done = subprocess.run([sys.executable, "-c", hears], capture_output=True, check=False, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_who_is_started_deaf_to_interrupts_stays_so():
    deaf = f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{LOADING}"
    done = subprocess.run([sys.executable, "-c", deaf], capture_output=True, check=False, text=True)

    assert (done.returncode, done.stdout) == (0, f"bos-tools {__version__}\n")


@pytest.mark.parametrize(
    ("number", "reason"),
    [(errno.ENOSPC, "full"), (errno.EDQUOT, "full"), (errno.EACCES, "unreadable"), (errno.EROFS, "unreadable")],
)
def test_what_a_disk_does_not_take_is_told_by_its_path_in_json_too(monkeypatch, capsys, number, reason):
    broken(monkeypatch, OSError(number, os.strerror(number), "/some/where"))

    assert main(["bump", "web", "v1", "--output", "json"]) == 5

    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["reason"], error["path"]) == (reason, "/some/where")
    assert os.strerror(number) in error["message"]

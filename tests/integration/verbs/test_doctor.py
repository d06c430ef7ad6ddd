"""doctor on a machine that is whole, and on one that lacks something."""

import json
import os
import re
import shutil
import sys
from pathlib import Path

from bos_tools.cli.main import main


def doctor(work: Path, capsys, *words: str) -> tuple[int, str, str]:
    code = main(["--repo", str(work), "doctor", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_doctor_is_content_with_a_whole_machine(work, capsys):
    code, out, _ = doctor(work, capsys, "--output", "json")

    found = json.loads(out)
    assert (code, found["healthy"]) == (0, True)
    assert {look["name"] for look in found["looks"]} >= {"git", "kustomize", "libyaml", "repository"}


def test_doctor_names_the_command_that_mends_another_kustomize(work, capsys, tmp_path, monkeypatch):
    from bos_tools.render import kustomize

    other = tmp_path / "kustomize"
    other.write_text("#!/bin/sh\necho v5.7.0\n")
    other.chmod(0o755)
    monkeypatch.setenv("BOS_TOOLS_KUSTOMIZE", str(other))
    kustomize.program.cache_clear()
    try:
        code, out, err = doctor(work, capsys)
    finally:
        kustomize.program.cache_clear()

    assert code == 5
    assert "v5.7.0" in out
    assert "make setup" in err


def test_doctor_names_what_only_the_sandbox_lacks_and_stays_content(work, capsys, tmp_path, monkeypatch):
    for name in ("git", "kustomize"):
        (tmp_path / name).symlink_to(shutil.which(name) or Path(sys.executable).parent / name)
    monkeypatch.setenv("PATH", str(tmp_path))

    code, out, err = doctor(work, capsys)

    assert code == 0
    assert re.search(r"go +sandbox +missing .*https://go.dev/doc/install", out)
    assert re.search(r"gcc +sandbox +missing .*apt-get install gcc libc6-dev", out)
    assert "the sandbox can't be built here: it lacks go, gcc" in err


def test_doctor_finds_a_go_that_is_too_old(work, capsys, tmp_path, monkeypatch):
    (tmp_path / "go").write_text("#!/bin/sh\necho go version go1.19.8 linux/amd64\n")
    (tmp_path / "go").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    _, out, _ = doctor(work, capsys, "--output", "json")

    found = {look["name"]: look for look in json.loads(out)["looks"]}["go"]
    assert found["ok"] is False
    assert "older than 1.21" in found["found"]

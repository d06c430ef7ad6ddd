"""What was done is told, and called done, whatever becomes of the telling: no room, no reader, no letters for it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bos_tools.cli.call import Call, Report
from bos_tools.cli.main import main
from bos_tools.verbs.result import Result
from harness.git import clone, git, remote
from harness.repositories import repository, unit, write

PROGRAM = str(Path(sys.executable).parent / "bos-tools")
BUMP = ("bump", "web", "v1.0.1", "--env", "dev")
WEB = "overlays/dev/web/kustomization.yaml"


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A clone, with a comment of many letters beside its pin."""
    root = repository(tmp_path / "work")
    write(root, {WEB: unit("web").replace("newTag: v1.0.0", "newTag: v1.0.0 # 固定 ü")})
    git(root, "commit", "-qam", "Say more")
    return clone(remote(root, tmp_path / "origin.git"), tmp_path / "clone")


def run(
    root: Path, words: Sequence[str], out: str | None = None, env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[bytes]":
    """Run the program with its stdout in a file, or heard."""
    stdout = os.open(out, os.O_WRONLY) if out else subprocess.PIPE
    try:
        return subprocess.run(
            [PROGRAM, *words],
            cwd=root,
            stdout=stdout,
            stderr=subprocess.PIPE,
            check=False,
            env={**os.environ, **(env or {})},
        )
    finally:
        if out:
            os.close(stdout)


def pinned(root: Path, revision: str = "main") -> str:
    return git(root, "show", f"{revision}:{WEB}")


@pytest.mark.parametrize("more", [[], ["--output", "json"]])
@pytest.mark.parametrize("how", ["--push", "--commit"])
def test_a_full_disk_does_not_make_a_failure_of_what_landed(there, tmp_path, how, more):
    done = run(there, [*BUMP, how, *more], out="/dev/full")

    said = done.stderr.decode()
    where = tmp_path / "origin.git" if how == "--push" else there
    landed = git(where, "rev-parse", "main").strip()
    assert "newTag: v1.0.1" in pinned(where)
    assert f"Bump web to v1.0.1 in dev: {landed[:12]}" in said
    assert "can't be shown in full: No space left on device" in said
    assert (done.returncode, "failed" in said, "Traceback" in said, "bug" in said) == (0, False, False, False)


def test_a_full_disk_does_not_hide_which_files_were_written(there):
    done = run(there, BUMP, out="/dev/full")

    assert done.returncode == 0
    assert f"written to {WEB}\n" in done.stderr.decode()
    assert "v1.0.1" in (there / WEB).read_text()


@pytest.mark.parametrize("words", [["status"], ["status", "--output", "json"], [*BUMP, "--dry-run"], ["render", "web"]])
def test_a_full_disk_is_a_failure_of_what_only_looks(there, words):
    done = run(there, words, out="/dev/full")

    assert done.returncode == 5
    assert done.stderr.startswith(b"bos-tools: no room is left")
    assert b"hint: " in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_reader_that_leaves_still_learns_on_stderr_what_landed(there):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [PROGRAM, *BUMP, "--push"], cwd=there, stdout=writing, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writing)

    assert done.returncode == 0
    assert b"Bump web to v1.0.1 in dev: " in done.stderr


@pytest.mark.parametrize(
    "env",
    [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
)  # fmt: skip
@pytest.mark.parametrize("more", [[], ["--output", "json"]])
def test_letters_that_stdout_lacks_are_written_out(there, tmp_path, env, more):
    write(there, {WEB: unit("web").replace("newTag: v1.0.0", "newTag: v1.0.0 # 固定 ü – 🙂")})
    git(there, "commit", "-qam", "Say more")
    git(there, "push", "-q")
    for words in ([*BUMP, "--push"], ["status", "--env", "dev"], ["bump", "--help"], ["history", "web"]):
        done = run(there, [*words, *more], env=env)

        assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr
        if more and "--help" not in words:
            json.loads(done.stdout.decode("ascii"))
    assert "newTag: v1.0.1" in pinned(tmp_path / "origin.git")


def test_a_bug_in_a_report_comes_after_what_was_done(there, monkeypatch, capsys):
    def broken(self: Call, *_: object) -> None:
        raise KeyError("made up")

    monkeypatch.setattr("bos_tools.report.text.change._diff", broken)
    monkeypatch.chdir(there)

    assert main([*BUMP, "--commit"]) == 3

    err = capsys.readouterr().err
    assert err.index("Bump web to v1.0.1 in dev: ") < err.index("a bug of bos-tools")


def test_what_was_only_tried_stands_nowhere(there, monkeypatch, capsys):
    monkeypatch.chdir(there)
    assert main([*BUMP, "--dry-run"]) == 0
    assert "Bump web" not in capsys.readouterr().err


def test_a_folder_that_is_gone_is_told(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    done = subprocess.run(
        ["sh", "-c", f'cd "{gone}" && rmdir "{gone}" && "$0" status', PROGRAM], capture_output=True, check=False
    )

    assert done.returncode == 4
    assert b"the current folder is gone" in done.stderr


def test_a_folder_that_is_gone_is_no_trouble_where_the_repository_is_named(there, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd "{gone}" && rmdir "{gone}" && "$0" --repo "{there}" status && "$0" --repo "{there}" history web'
    done = subprocess.run(["sh", "-c", script, PROGRAM], capture_output=True, check=False)

    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr


def test_an_answer_with_trouble_is_one_document(there, monkeypatch, capsys):
    write(there, {WEB: unit("web", extra="helmCharts: []\n")})
    monkeypatch.chdir(there)

    assert main(["status", "--output", "json"]) == 4

    out, err = capsys.readouterr()
    assert [one["path"] for one in json.loads(out)["broken"]] == [WEB]
    assert err.startswith(f"bos-tools: {WEB}:")


@pytest.mark.parametrize(
    ("closed", "words", "named"),
    [
        ("overlays/prod", ["status"], "overlays/prod: can't be read: Permission denied"),
        ("base/web", ["bump", "web", "v1.0.1"], "base/web/plan.yaml: can't be read: Permission denied"),
        ("pyproject.toml", ["check"], "pyproject.toml: may not be read or written: Permission denied"),
        (".git", ["bump", "web", "v1.0.1"], "can't be written: overlays/dev/web/kustomization.yaml: Permission denied"),
        (".git", ["history", "web"], "this folder is in no Git repository"),
    ],
)
def test_what_may_not_be_read_or_written_is_told_by_its_path(there, closed, words, named):
    without = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    (there / closed).chmod(0)
    try:
        done = subprocess.run([*without, PROGRAM, *words], cwd=there, capture_output=True, check=False, text=True)
    finally:
        (there / closed).chmod(0o755)

    assert done.returncode in (4, 5), done.stderr
    assert named in done.stderr


@pytest.mark.parametrize("as_json", [False, True])
def test_what_landed_is_said_before_the_part_that_may_still_fail(capsys, as_json):
    class Landed(Result):
        stands = "Register dev: 0123456789ab on main of origin"

    call = Call()
    call.format = Report.json if as_json else Report.text

    call.show(Landed(), lambda result, page: page.words(result.stands))

    assert capsys.readouterr() == ("", "Register dev: 0123456789ab on main of origin\n")

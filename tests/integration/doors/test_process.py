"""The door to other programs."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from bos_tools.doors import parallel, process
from bos_tools.errors import CommandFailed, OutsideError
from harness.waiting import eventually


def python(script: str, **options) -> process.Result:
    return process.run([sys.executable, "-c", script], **options)


def test_a_program_runs_in_the_c_locale_with_what_is_given_it():
    done = python(
        "import os, sys; print(os.environ['LC_ALL'], os.environ['X'], sys.stdin.read())", env={"X": "1"}, stdin=b"in"
    )

    assert done.stdout == b"C 1 in\n"


def test_a_program_that_reads_slowly_is_given_all_of_its_input():
    slowly = "import sys, time; time.sleep(0.3); print(len(sys.stdin.buffer.read()))"

    assert python(slowly, stdin=b"x" * 3_000_000, timeout=100).stdout == b"3000000\n"


def test_a_program_without_input_finds_none():
    assert python("import sys; print(repr(sys.stdin.read()))").stdout == b"''\n"


def test_a_failure_carries_what_the_program_said():
    with pytest.raises(CommandFailed, match="alas") as failed:
        python("import sys; sys.exit('alas')")

    assert failed.value.returncode == 1
    assert failed.value.exit_code == 5


@pytest.mark.parametrize(
    ("argv", "cwd", "says"),
    [
        (["no-such-program"], None, "program not found"),
        (["/etc/hostname"], None, "can't be run"),
        (["true"], Path("/no/such/folder"), "no such folder: /no/such/folder"),
    ],
)
def test_what_cannot_be_run_is_told(argv, cwd, says):
    with pytest.raises(OutsideError, match=says):
        process.run(argv, cwd=cwd)


def test_a_slow_program_is_asked_to_end_before_it_is_killed(tmp_path):
    script = "trap 'touch cleaned; exit' TERM; touch ready; while true; do sleep 0.05; done"

    for seconds in (0.3, 3, 30):  # a busy machine may take longer than that to start a shell
        with pytest.raises(OutsideError, match="no answer within") as late:
            process.run(["sh", "-c", script], cwd=tmp_path, timeout=seconds)
        assert late.value.reason == "timeout"
        if (tmp_path / "ready").exists():
            break

    assert (tmp_path / "cleaned").exists()


def test_a_grandchild_that_keeps_the_pipes_open_is_not_waited_for():
    started = time.monotonic()

    with pytest.raises(OutsideError, match="no answer"):
        process.run(["sh", "-c", "sleep 3600 & wait"], timeout=0.3)

    assert time.monotonic() - started < 1800


def test_jobs_run_side_by_side_and_answer_in_their_order():
    both = threading.Barrier(2, timeout=300)

    def work(number: int) -> int:
        if number < 2:
            both.wait()
        return number * 10

    assert parallel.in_parallel(work, [0, 1, 2, 3]) == [0, 10, 20, 30]
    assert parallel.in_parallel(work, [5]) == [50]
    assert parallel.in_parallel(work, []) == []


def test_the_first_failed_job_is_the_one_that_is_heard():
    def work(number: int) -> int:
        if number in (1, 2):
            raise ValueError(number)
        return number

    with pytest.raises(ValueError, match="1"):
        parallel.in_parallel(work, [0, 1, 2, 3])


def test_what_takes_long_is_heard_line_by_line_and_answers_at_the_end():
    heard: list[str] = []

    said = process.follow(["sh", "-c", "echo one >&2; echo two >&2; echo answer"], heard.append)

    assert heard == ["one", "two"]
    assert said.stdout == "answer\n"
    assert said.work < 5


def test_what_takes_long_and_fails_carries_its_last_words():
    with pytest.raises(CommandFailed, match="alas"):
        process.follow(["sh", "-c", "echo alas >&2; exit 4"], lambda _: None)
    with pytest.raises(OutsideError, match="can't be run"):
        process.follow(["no-such-program"], lambda _: None)


def test_an_interrupt_ends_what_takes_long_with_all_that_it_started(tmp_path):
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process.follow(["sh", "-c", "sleep 3600 & echo $! >child; echo go >&2; wait"], interrupt, cwd=tmp_path)

    child = Path("/proc", (tmp_path / "child").read_text().strip(), "stat")
    eventually(lambda: not child.exists() or child.read_text().split()[2] == "Z", "what it started is gone")


def test_a_spawned_program_outlives_the_call_in_a_session_of_its_own(tmp_path):
    log = tmp_path / "log"
    pid = process.spawn(["sh", "-c", "echo $X; sleep 3600"], cwd=tmp_path, env={"X": "here", "PATH": "/bin"}, log=log)
    try:
        eventually(lambda: log.read_text() == "here\n", "it has spoken")
        assert os.getsid(pid) == pid
    finally:
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(OutsideError, match="can't be run"):
        process.spawn(["/no/such/program"], cwd=tmp_path, env={}, log=log)


def test_a_program_that_says_without_end_is_ended(monkeypatch):
    monkeypatch.setattr(process, "LARGEST", 1 << 20)

    for stream in ("stdout", "stderr"):
        with pytest.raises(OutsideError, match=r"python\S* said more than 1 MiB") as told:
            python(f"import sys\nwhile True: sys.{stream}.write('x' * 65536)", timeout=300)
        assert told.value.reason == "bad-answer"

"""What the program does when its streams end before it does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import ROOT

PROGRAM = str(Path(sys.executable).parent / "bos-tools")
LONG = ["render", "backend", "web"]


@pytest.mark.parametrize("words", [["--help"], LONG, [*LONG, "--output", "json"], ["status", "--output", "json"]])
def test_a_reader_that_leaves_is_no_refusal(words):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([PROGRAM, *words], cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)

    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_a_full_disk_is_no_bug_of_ours():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([PROGRAM, *LONG], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False, text=True)

    assert done.returncode == 5
    assert done.stderr.startswith("bos-tools: no room is left")


@pytest.mark.parametrize(("closing", "code"), [(">&-", 0), ("2>&-", 0), (">&- 2>&-", 0)])
def test_closed_streams_are_written_to_without_a_traceback(closing, code):
    done = subprocess.run(
        ["sh", "-c", f'"$0" render backend {closing}', PROGRAM], cwd=ROOT, capture_output=True, check=False
    )

    assert done.returncode == code
    assert b"Traceback" not in done.stderr

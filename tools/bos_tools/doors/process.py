"""The door to other programs: the only module that imports subprocess."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bos_tools.errors import CommandFailed, OutsideError

TIMEOUT = 120.0
"""Seconds: a render of our largest environment takes well under one."""


@dataclass(frozen=True)
class Result:
    """What a process said."""

    stdout: bytes
    stderr: str


def run(argv: list[str], *, cwd: Path | None = None, timeout: float = TIMEOUT) -> Result:
    """Run a program to its end, without a terminal and in the C locale.

    Raises CommandFailed with what the program said, OutsideError when it is missing or too slow.
    """
    try:
        done = subprocess.run(  # noqa: S603 -- argv lists only, never a shell
            argv,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            env={**os.environ, "LC_ALL": "C"},
            check=False,
        )
    except FileNotFoundError as error:
        raise OutsideError(
            f"program not found: {argv[0]}", reason="program-missing", hint="run `bos-tools doctor`"
        ) from error
    except PermissionError as error:
        raise OutsideError(
            f"program is not executable: {argv[0]}", reason="program-missing", hint="run `bos-tools doctor`"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise OutsideError(
            f"{argv[0]} gave no answer within {timeout:.0f} s", reason="timeout"
        ) from error
    stderr = done.stderr.decode("utf-8", "replace")
    if done.returncode != 0:
        raise CommandFailed(argv, done.returncode, stderr)
    return Result(done.stdout, stderr)

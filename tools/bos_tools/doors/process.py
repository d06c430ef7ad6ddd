"""The door to other programs: the only module that imports subprocess."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from bos_tools.errors import CommandFailed, OutsideError
from bos_tools.watching import busy

TIMEOUT = 120.0
"""Seconds: a render of our largest environment takes well under one."""
GRACE = 5.0
"""Seconds that a program has to clean up after itself, such as git its lock files."""

SHARE = {"RLIMIT_DATA": 448 << 20, "RLIMIT_CPU": 60, "RLIMIT_FSIZE": 32 << 20, "RLIMIT_CORE": 0}
"""What a program that runs alone may have, as getrlimit(2) names it: bytes of memory, seconds of a processor, bytes of
output.  A render of our largest environment takes a fraction of each."""
ENDED: dict[int, str] = {
    signal.SIGXCPU: f"it took more than {SHARE['RLIMIT_CPU']} s of a processor",
    signal.SIGXFSZ: f"it said more than {SHARE['RLIMIT_FSIZE'] >> 20} MiB",
    signal.SIGKILL: "it was ended from outside, as a system does that has no memory left",
}
LACKING = {
    "out of memory": f"it took more than {SHARE['RLIMIT_DATA'] >> 20} MiB of memory",
    "cannot allocate memory": f"it took more than {SHARE['RLIMIT_DATA'] >> 20} MiB of memory",
    "file too large": f"it said more than {SHARE['RLIMIT_FSIZE'] >> 20} MiB",
}
"""What a program says that can't have more, in small letters."""
WORDS = 65536
"""Bytes of what a program that runs alone says of its failure."""
LARGEST = 64 << 20
"""Bytes of what any other program says: a remote's words come through git, and may have no end."""
LOOK = 0.05
"""Seconds between two looks at how much that is."""
LOCALE = {"LC_ALL": "C", "LANGUAGE": "C"}
NOWHERE = "/nonexistent"
"""A folder that is not there (FHS keeps the name free)."""


@dataclass(frozen=True)
class Result:
    """What a process said."""

    stdout: bytes
    stderr: str


@dataclass(frozen=True)
class Followed:
    """What a process that took long answered."""

    stdout: str
    work: float
    """Seconds of one processor, with those of its children."""


def run(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str | None] | None = None,
    stdin: bytes | None = None,
    timeout: float = TIMEOUT,
    asks: bool = False,
) -> Result:
    """Run a program to its end, in the C locale and without a terminal, unless it asks the person before ours.

    Of `env`, None takes a variable away.

    Raises CommandFailed with what the program said, OutsideError when it is missing or too slow.
    """
    around: dict[str, str | None] = {**os.environ, **LOCALE, **(env or {})}
    with ExitStack() as ends:
        process = _started(
            argv, cwd, {name: value for name, value in around.items() if value is not None},
            stdin=None if asks else subprocess.DEVNULL if stdin is None else ends.enter_context(_input(stdin)),
            stdout=subprocess.PIPE, stderr=None if asks else subprocess.PIPE,
        )  # fmt: skip
        stdout, said = _heard(process, argv, timeout)
    stderr = (said or b"").decode("utf-8", "replace")
    if process.returncode != 0:
        raise CommandFailed(list(argv), process.returncode, stderr, stdout.decode("utf-8", "replace"))
    return Result(stdout, stderr)


def run_alone(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float = TIMEOUT) -> Result:
    """Run a program that gets nothing of our environment, no PATH either, and no more than its share.

    What it may have is SHARE, which only Linux holds it to; elsewhere it has the time alone.
    Raises CommandFailed with what the program said or took too much of, OutsideError when it is missing or too slow.
    """
    around = {"PATH": NOWHERE, **LOCALE, **env}
    with ExitStack() as ends:
        # a file has an end, where a pipe would let it fill our memory instead
        out, err = (ends.enter_context(_output(name)) for name in ("out", "err"))
        process = _started(argv, cwd, around, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _hold_to_its_share(process.pid)
        _heard(process, argv, timeout)
        stdout, stderr = (_written(file) for file in (out, err))
    if len(stdout) >= SHARE["RLIMIT_FSIZE"]:  # a program need not notice that it could write no more
        raise CommandFailed(list(argv), process.returncode, ENDED[signal.SIGXFSZ])
    said = stderr[:WORDS].decode("utf-8", "replace")
    if process.returncode != 0:
        why = ENDED.get(-process.returncode) or next(
            (why for mark, why in LACKING.items() if mark in said.lower()), said
        )
        raise CommandFailed(list(argv), process.returncode, why)
    return Result(stdout, said)


def _output(name: str) -> BinaryIO:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create(name), "r+b")
    import tempfile  # where there is no memory to write to

    return cast("BinaryIO", tempfile.TemporaryFile())


def _input(data: bytes) -> BinaryIO:
    """Return a file with what a program reads; it takes that as fast as it likes, and we never wait to write."""
    file = _output("in")
    file.write(data)
    file.seek(0)
    return file


def _written(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _hold_to_its_share(process: int) -> None:
    if sys.platform != "linux":
        return
    import resource

    for name, most in SHARE.items():
        with suppress(ProcessLookupError):
            resource.prlimit(process, getattr(resource, name), (most, most))


def _started(
    argv: Sequence[str], cwd: Path | None, env: Mapping[str, str], **streams: Any
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(argv, cwd=cwd, env=env, **streams)  # noqa: S603 -- argv lists only, never a shell
    except FileNotFoundError as error:
        if cwd is not None and not cwd.is_dir():
            raise OutsideError(f"no such folder: {cwd}", reason="folder-missing") from error
        raise _missing(f"program not found: {argv[0]}") from error
    except OSError as error:
        raise _missing(f"program can't be run: {argv[0]}: {error.strerror}") from error


def _heard(process: "subprocess.Popen[bytes]", argv: Sequence[str], timeout: float) -> tuple[bytes, bytes | None]:
    with process, busy(_named(argv), timeout):
        try:
            return _said(process, argv, timeout)
        except subprocess.TimeoutExpired as error:
            _stop(process)
            raise OutsideError(f"{argv[0]} gave no answer within {timeout:.0f} s", reason="timeout") from error
        except BaseException:
            _stop(process)
            raise


def _said(process: "subprocess.Popen[bytes]", argv: Sequence[str], timeout: float) -> tuple[bytes, bytes | None]:
    """Return what a program says on stdout and on stderr; raises OutsideError when it has no end."""
    end = time.monotonic() + timeout
    while True:
        try:
            stdout, stderr = process.communicate(timeout=max(0.0, min(LOOK, end - time.monotonic())))
            _demand_an_end(argv, stdout, stderr)
            return stdout, stderr
        except subprocess.TimeoutExpired as late:
            _demand_an_end(argv, late.output, late.stderr)
            if time.monotonic() >= end:
                raise


def _demand_an_end(argv: Sequence[str], *said: bytes | None) -> None:
    if sum(len(part or b"") for part in said) > LARGEST:
        raise OutsideError(f"{_named(argv)} said more than {LARGEST >> 20} MiB", reason="bad-answer")


def _named(argv: Sequence[str]) -> str:
    """Return what a person calls a program that runs: `git push`."""
    verb = next((word for word in argv[1:] if not word.startswith("-")), "")
    return f"{Path(argv[0]).name} {verb}".rstrip() if verb.isalpha() else Path(argv[0]).name


def follow(
    argv: Sequence[str],
    tell: Callable[[str], None],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    inherit: Sequence[int] = (),
    started: Callable[[int], None] = lambda _: None,
) -> Followed:
    """Run a program that takes long, tell of each line of its stderr as it comes, and return its stdout.

    What it starts ends with it; it inherits the named descriptors, such as the lock on what it makes.
    `started` is told the group of its processes, which `kill_group` ends from another thread.
    Raises CommandFailed with the last lines that it said, OutsideError when it is missing.
    """
    import tempfile  # only for the sandbox; a bump does without it

    tail: deque[str] = deque(maxlen=12)
    with tempfile.TemporaryFile() as out:
        try:
            process = subprocess.Popen(  # noqa: S603 -- argv lists only, never a shell
                argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, pass_fds=inherit,
                env={**os.environ, "LC_ALL": "C", **(env or {})}, start_new_session=True, text=True, errors="replace",
            )  # fmt: skip
        except OSError as error:
            raise _missing(f"program can't be run: {argv[0]}: {error.strerror}") from error
        with process:
            try:
                started(process.pid)
                for line in process.stderr or ():
                    tail.append(line)
                    tell(line.rstrip("\n"))
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            except BaseException:
                kill_group(process.pid)
                raise
        if process.returncode != 0:
            raise CommandFailed(list(argv), process.returncode, "".join(tail))
        out.seek(0)
        return Followed(out.read().decode("utf-8", "replace"), used.ru_utime + used.ru_stime)


def kill_group(group: int) -> None:
    """End the processes of a group at once."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def spawn(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> int:
    """Start a program that outlives us, in a session of its own with exactly this environment, and return its id.

    What it says is added to the log.  Raises OutsideError when it can't be started.
    """
    try:
        with open(log, "ab") as said:
            process = subprocess.Popen(  # noqa: S603 -- argv lists only, never a shell
                argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
    except OSError as error:
        raise _missing(f"program can't be run: {argv[0]}: {error.strerror}") from error
    # Should it end before us, someone must take note, else it stays as a zombie.
    threading.Thread(target=process.wait, daemon=True).start()
    return process.pid


def _missing(message: str) -> OutsideError:
    return OutsideError(message, reason="program-missing", hint="bos-tools doctor")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End a program, and all that it started, politely and then for sure."""
    family = [process.pid, *_descendants(process.pid)]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in dict.fromkeys([*family, *_descendants(process.pid)]):
            with suppress(OSError):
                os.kill(pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _descendants(pid: int) -> list[int]:
    """Return the processes that a process has started, and theirs, as far as Linux tells.

    A group of their own would end them as well, but take the terminal from git's and ssh's questions.
    """
    found: list[int] = []
    waiting = [pid]
    while waiting:
        with suppress(OSError, ValueError):
            for thread in os.listdir(f"/proc/{(parent := waiting.pop())}/task"):
                with open(f"/proc/{parent}/task/{thread}/children") as listed:
                    children = [int(child) for child in listed.read().split()]
                found += children
                waiting += children
    return found

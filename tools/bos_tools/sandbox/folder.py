"""The folder that a sandbox is: whose turn it is with it, what may lie in it, and its end."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bos_tools.doors import private
from bos_tools.errors import Refused
from bos_tools.sandbox import processes, state
from bos_tools.sandbox.progress import Tell

FOLDERS = ("home", "logs", "tmp")
LONGEST = 90
"""Characters of the folder's path: a socket in it may have 107."""


@contextmanager
def turn(folder: Path, tell: Tell) -> Iterator[None]:
    """Wait for one's turn with a sandbox: `up` and `down` of one name don't meet."""
    turn = state.turns() / hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    turn.mkdir(parents=True, exist_ok=True, mode=0o700)
    with private.lock(turn, waiting=lambda: tell("waiting for another run that works on this sandbox"), patience=None):
        (turn / state.PLACE).write_text(str(folder))
        yield


def make(folder: Path, now: state.State) -> None:
    """Make the sandbox's folder, and put the state into it before anything else."""
    if len(str(folder)) > LONGEST:
        raise Refused(
            f"the sandbox's folder has too long a path for a socket in it: {folder}",
            reason="sandbox-folder",
            hint="--state names a shorter one",
        )
    _refuse_strangers(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now.save(folder)
    for name in FOLDERS:
        (folder / name).mkdir(exist_ok=True, mode=0o700)


def _refuse_strangers(folder: Path) -> None:
    """Refuse a folder that holds something else: `down` would remove it."""
    held = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if held - {f".{state.FILE}"} and state.FILE not in held:
        raise Refused(f"the folder holds something that is no sandbox: {folder}", reason="sandbox-folder")


def remove(folder: Path) -> None:
    """Remove the folder, the state last: a `down` that is killed can be run again."""
    _refuse_strangers(folder)
    for path in folder.iterdir():
        if path.name != state.FILE:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    shutil.rmtree(folder)


def down(folder: Path, tell: Tell = lambda _: None) -> bool:
    """End every process of a sandbox and remove its folder; tell whether there was anything."""
    processes.supported()
    folder = folder.resolve()
    with turn(folder, tell):
        there = bool(processes.living(folder)) or folder.exists()
        processes.stop(folder)
        if folder.exists():
            remove(folder)
        return there

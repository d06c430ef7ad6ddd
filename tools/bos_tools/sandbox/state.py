"""What is put down of a sandbox: its addresses and its secrets, in one file that only its owner can read."""

import json
import os
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bos_tools.doors import private
from bos_tools.errors import OutsideError, Usage
from bos_tools.tree.settings import NAME

FILE = "state.json"
PLACE = "place"
"""In the folder of its turns: where the sandbox is."""
_SAVING = threading.Lock()
"""The parts come up side by side."""


@dataclass
class State:
    """One sandbox, as its state.json has it."""

    name: str
    env: str
    argocd: bool
    forge: bool
    ports: dict[str, int]
    done: list[str] = field(default_factory=list)
    """What need not be done again while the data is there: `cluster`, `argocd`, `forge`."""
    argocd_password: str = ""
    argocd_token: str = ""
    gitea_password: str = ""
    gitea_token: str = ""

    def save(self, folder: Path) -> None:
        """Write the file as a whole, for its owner only."""
        temporary = folder / f".{FILE}"
        with _SAVING:
            self._save(folder, temporary)

    def _save(self, folder: Path, temporary: Path) -> None:
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(asdict(self), file, indent=2)
            os.replace(temporary, folder / FILE)
        except OSError as error:
            raise OutsideError(f"can't be written: {folder / FILE}: {error.strerror}", reason="unwritable") from error


def load(folder: Path) -> State | None:
    """Return what is put down, or None where there is no sandbox.

    Raises OutsideError for a file that is not ours.
    """
    try:
        return State(**json.loads((folder / FILE).read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError) as error:
        raise OutsideError(
            f"the sandbox's state can't be read: {folder / FILE}",
            reason="sandbox-state",
            hint="`bos-tools sandbox down` ends and removes it",
        ) from error


def home() -> Path:
    """Return the folder of all sandboxes that have no folder of their own."""
    return private.cache_folder() / "sandbox"


def turns() -> Path:
    """Return the folder by which sandboxes of this user take turns: one folder each, which says where it is."""
    return private.cache_folder() / "sandbox-turns"


def folder_of(name: str, named: Path | None = None) -> Path:
    """Return where a sandbox keeps everything.

    Raises Usage for a name that is none.
    """
    if not NAME.fullmatch(name):
        raise Usage(f"not a sandbox's name: {name!a}", reason="sandbox-name", hint="small letters, digits and hyphens")
    return (named if named is not None else home() / name).resolve()


def ports_of_others(folder: Path) -> set[int]:
    """Return the ports that the other sandboxes of this user have put down as theirs, wherever they lie."""
    taken: set[int] = set()
    for place in turns().glob(f"*/{PLACE}"):
        with suppress(OSError, ValueError, OutsideError):
            other = Path(place.read_text())
            found = load(other) if other != folder else None
            taken |= set(found.ports.values()) if found else set()
    return taken

"""The pins of a unit at a revision: what its kustomization said then."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bos_tools.errors import RepositoryError
from bos_tools.tree.documents import document
from bos_tools.tree.kustomization import Kustomization, Pin

if TYPE_CHECKING:
    from bos_tools.doors.git import Git


def pins_at(door: "Git", revision: str, paths: Iterable[str]) -> dict[str, str]:
    """Return the versions that some kustomizations pin at a revision, by the image's name."""
    found: dict[str, str] = {}
    for path in paths:
        found |= pins(door.file(revision, path), path)
    return found


def pins(data: bytes | None, path: str) -> dict[str, str]:
    """Return a kustomization's versions by the image's name; an absent or unreadable file has none."""
    if data is None:
        return {}
    try:
        found = Kustomization(path.rpartition("/")[0], document(path, data))
        return {pin.name: _version(pin) for pin in found.pins}
    except RepositoryError:
        return {}


def _version(pin: Pin) -> str:
    return (pin.tag or "") + (f"@{pin.digest}" if pin.digest else "") or "-"

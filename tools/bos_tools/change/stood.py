"""What an environment has run before: the pins of a unit on the line of a commit."""

from typing import TYPE_CHECKING

from bos_tools.errors import RepositoryError
from bos_tools.tree.documents import document
from bos_tools.tree.kustomization import NAMES, Kustomization
from bos_tools.tree.layout import Unit

if TYPE_CHECKING:
    from bos_tools.doors.git import Git


def stood(door: "Git", revision: str, unit: Unit, image: str) -> bool | None:
    """Tell whether a unit pinned exactly this image, tag and digest, on the first-parent line of a commit.

    None where the history of a shallow clone ends before it is found.
    """
    paths = [f"{unit.folder}/{name}" for name in NAMES]
    commits = door.log(revision, paths=paths, first_parent=True)
    if any(_pins(door.file(commit.sha, path), path, image) for commit in commits for path in paths):
        return True
    return None if commits and door.is_cut(commits[-1].sha) else False


def _pins(data: bytes | None, path: str, image: str) -> bool:
    if data is None:
        return False
    try:
        found = Kustomization(path.rpartition("/")[0], document(path, data)).pins
    except RepositoryError:
        return False
    return any(pin.is_versioned and pin.renders(image) for pin in found)

"""The way out of an infeasible growth: a commit that takes one back is believed as far as Git shows it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from bos_tools.change import ledger
from bos_tools.errors import BosError
from bos_tools.storage.volumes import Volume, volumes
from bos_tools.tree.kustomization import NAMES
from bos_tools.tree.layout import Tree, Unit
from bos_tools.tree.quantity import written

if TYPE_CHECKING:
    from bos_tools.doors.git import Git


def recovered(door: "Git", base: str, head: str) -> dict[tuple[str, str], bool]:
    """Return the volumes whose growth a commit between two says to take back, each with its size, and whether it does.

    It does where it makes that size of the one that the base has, and stays above the size that the volume had before
    it was last grown, on the base: what nobody has reviewed yet can be no growth to take back.
    """
    found: dict[tuple[str, str], bool] = {}
    for commit in door.log(f"{base}..{head}"):
        for said in ledger.read(commit.message).resized:
            if said.recovers and not found.get((said.volume, said.new)):
                found[said.volume, said.new] = _holds(door, base, commit.sha, said.volume, said.new)
    return found


def _holds(door: "Git", base: str, commit: str, volume: str, size: str) -> bool:
    grown, now = _volume(door, base, volume), _volume(door, commit, volume)
    if grown is None or now is None or written(now.size) != size:
        return False
    before = _volume(door, f"{commit}^", volume)
    if before is None or before.size != grown.size:
        return False
    least = _before_growth(door, base, grown)
    return least is not None and least < now.size < grown.size


def _before_growth(door: "Git", base: str, grown: Volume) -> Decimal | None:
    """Return the size that a volume had before it was last grown; None where the history does not say."""
    for commit in _touching(door, base, grown):
        if door.is_cut(commit):
            return None
        before = _volume(door, f"{commit}^", grown.id)
        if before is None or before.size != grown.size:
            return before.size if before is not None and before.size < grown.size else None
    return None


def _touching(door: "Git", base: str, grown: Volume) -> Iterator[str]:
    paths = {size.said.path for size in grown.sizes} | {f"{grown.unit.folder}/{name}" for name in NAMES}
    return (commit.sha for commit in door.log(base, paths=sorted(paths), first_parent=True))


def _volume(door: "Git", revision: str, identity: str) -> Volume | None:
    """Return a volume as a commit has it; None for one that is not there, or can't be read."""
    try:
        env, service, _ = identity.split("/")
        tree = Tree(door.at(door.resolve(revision)))
        return next((one for one in volumes(tree.graph, Unit(env, service)) if one.id == identity), None)
    except (BosError, ValueError):
        return None

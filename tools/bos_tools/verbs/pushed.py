"""Which size of a volume counts: the one that this work tree holds, or the one that was pushed since."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bos_tools.errors import BosError
from bos_tools.verbs.commits import FETCH
from bos_tools.verbs.session import Session
from bos_tools.verbs.volumes import volume

if TYPE_CHECKING:
    from bos_tools.doors.git import Git
    from bos_tools.doors.remote import Branch
    from bos_tools.storage.volumes import Volume
    from bos_tools.tree.layout import Tree


@dataclass
class Goal:
    """A volume with the size that is to arrive, and the commit that gave it that size."""

    volume: "Volume"
    is_landed: bool = True
    """The size stands on the branch that is delivered; without Git or a remote nobody can say otherwise."""
    commit: str = ""
    door: "Git | None" = None
    branch: "Branch | None" = None
    _known: dict[str, bool] = field(default_factory=dict)

    def holds(self, revision: str) -> bool:
        """Tell whether a commit is the one that gave the size, or a later one.

        One that this clone does not know was pushed a moment ago, and is fetched.
        """
        if self.door is None or not self.commit or not revision:
            return True
        if revision not in self._known:
            self._known[revision] = self._holds(self.door, revision)
        return self._known[revision]

    def _holds(self, door: "Git", revision: str) -> bool:
        from bos_tools.doors.remote import LostRace

        if not door.has(revision) and self.branch is not None:
            try:
                self.branch.head(timeout=FETCH)
            except (BosError, LostRace):
                return True
        return not door.has(revision) or door.is_ancestor(self.commit, revision)


def goal(session: Session, env: str | None, what: str, remote: "Branch | None", door: "Git | None") -> Goal:
    """Return what is to arrive, by the work tree and the remote branch.

    A work tree that nobody gave another size since it parted from the branch has nothing to say: the branch counts.
    """
    from bos_tools.doors.remote import LostRace
    from bos_tools.tree.layout import Tree

    tree = session.tree()
    here = volume(tree, env, what)
    if door is None or remote is None:
        return Goal(here)
    try:
        head, top = door.resolve("HEAD"), remote.head(timeout=FETCH)
        base = door.merge_base(head, top)
    except (BosError, LostRace) as error:
        session.tell(f"{remote.remote} can't be asked, so this clone's own word counts: {error}")
        return Goal(here)
    there = _again(Tree(door.at(top)), here)
    before = _again(Tree(door.at(base)), here)
    if there is None or (before is not None and here.size not in (before.size, there.size)):
        return Goal(here, is_landed=False, commit=head, door=door, branch=remote)
    if there.size != here.size:
        _tell(session, here, there, f"{remote.remote}/{remote.name}")
    files = list(dict.fromkeys(size.said.path for size in there.sizes))
    last = door.log(top, paths=files, limit=1)
    return Goal(there, commit=last[0].sha if last else top, door=door, branch=remote)


def _again(tree: "Tree", here: "Volume") -> "Volume | None":
    """Return the same volume in another tree, None where it is not there or can't be read."""
    from bos_tools.storage.volumes import volumes

    try:
        return next((one for one in volumes(tree.graph, here.unit) if one.id == here.id), None)
    except BosError:
        return None


def _tell(session: Session, here: "Volume", there: "Volume", branch: str) -> None:
    from bos_tools.tree.quantity import written

    session.tell(
        f"{branch} gives {here.name} {written(there.size)}, and this work tree {written(here.size)}: "
        "what was pushed counts"
    )

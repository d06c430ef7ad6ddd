"""When a volume's size changed, by what the files said before and after each commit.

So it does not matter who wrote it, with which words, or whether a merge squashed, rebased or kept it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from bos_tools.errors import RepositoryError
from bos_tools.storage.volumes import volumes
from bos_tools.tree.layout import Tree, Unit
from bos_tools.tree.quantity import written

if TYPE_CHECKING:
    from bos_tools.doors.git import Git
    from bos_tools.doors.touched import Touched

Scalars = dict[tuple[str, str], Decimal]
"""An object and its field, and the size that stands there."""


@dataclass(frozen=True)
class Changed:
    """One volume that a commit gave another size than each of its parents had."""

    commit: str
    volume: str
    old: str
    new: str


class Sizes:
    """The sizes of any commit, each tree read once."""

    def __init__(self, door: "Git") -> None:
        self._door = door
        self._trees: dict[str, Tree] = {}
        self._read: dict[tuple[str, Unit], dict[str, Scalars] | None] = {}

    def changed(self, unit: Unit, commits: Sequence["Touched"]) -> Iterator[Changed]:
        """Yield what each commit changed of a unit's sizes; the commits are listed before their parents.

        A tree is read only where a commit touched a file of the unit's render, as it was on either side.
        """
        above = {commit.sha: commit.parents for commit in commits}
        known = self._closure(commits[0].sha, unit) if commits else frozenset()
        for commit in commits:
            touches = [known is None or bool(paths & known) for paths in commit.paths]
            if not any(touches):
                continue
            for parent in commit.parents:
                reads = self._closure(parent, unit)
                known = None if known is None or reads is None else known | reads
            if all(touches):
                yield from self._compared(unit, commit, above)

    def _compared(self, unit: Unit, commit: "Touched", above: dict[str, tuple[str, ...]]) -> Iterator[Changed]:
        after = self._sizes(commit.sha, unit) or {}
        sides = [self._before(parent, unit, above) for parent in commit.parents]
        for volume, now in after.items():
            before = [side.get(volume, {}) for side in sides]
            if before and all(any(was[at] != now[at] for at in was.keys() & now.keys()) for was in before):
                old, new = max(before[0].values()), max(now.values())
                yield Changed(commit.sha, volume, written(old), written(new))

    def _before(self, sha: str, unit: Unit, above: dict[str, tuple[str, ...]]) -> dict[str, Scalars]:
        """Return the sizes of a commit, or of the nearest one before it in which the unit could be read."""
        while (found := self._sizes(sha, unit)) is None and above.get(sha):
            sha = above[sha][0]
        return found or {}

    def _sizes(self, sha: str, unit: Unit) -> dict[str, Scalars] | None:
        if (sha, unit) not in self._read:
            try:
                self._read[sha, unit] = {
                    volume.id: {(size.object.id, size.field): size.number for size in volume.sizes}
                    for volume in volumes(self._tree(sha).graph, unit)
                }
            except RepositoryError:
                self._read[sha, unit] = None
        return self._read[sha, unit]

    def _closure(self, sha: str, unit: Unit) -> frozenset[str] | None:
        """Return the files of a unit's render; None for one that can't be read, which any file may mend."""
        try:
            return frozenset(self._tree(sha).graph.closure(unit.folder))
        except RepositoryError:
            return None

    def _tree(self, sha: str) -> Tree:
        if sha not in self._trees:
            self._trees[sha] = Tree(self._door.at(sha))
        return self._trees[sha]

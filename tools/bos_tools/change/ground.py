"""Grounds on real Git: a work tree on its HEAD, or a commit, such as a remote's head; each with its own line."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bos_tools.doors.files import WorkTree
from bos_tools.tree.kustomization import NAMES
from bos_tools.tree.layout import Tree, Unit

if TYPE_CHECKING:
    from bos_tools.change.line import Line
    from bos_tools.doors.git import Git
    from bos_tools.doors.revision import Revision
    from bos_tools.intents.ground import Since
    from bos_tools.storage.budget import Grown

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the moment by this machine's clock."""
    return datetime.now(UTC)


class Standing(Struct, frozen=True):
    """A ground: files, the line that they stand on, and the moment of the try."""

    tree: Tree
    line: "Callable[[], Line]"
    """Begun with the first question, and the same from then on: most plans ask none."""
    at: datetime
    is_replay: bool = False
    """The moment is a past one: what came later is not there yet."""
    base: Tree | None = None
    """What has landed, where `tree` is a proposal's."""

    @property
    def landed(self) -> Tree:
        """Return the files of the line itself."""
        return self.base or self.tree

    def growths(self, env: str, service: str, since: datetime) -> "list[Grown]":
        """Return the growths of a unit's volumes that came onto the line since a moment, newest first.

        What a commit of this line says of the future has happened: only a replay does without it.
        """
        found = self.line().growths(Unit(env, service), since)
        if self.is_replay:
            return [grown for grown in found if grown.at <= self.at]
        return [replace(grown, at=min(grown.at, self.at)) for grown in found]

    def pinned(self, env: str, service: str) -> "dict[str, Since]":
        """Return since when each image of a unit has the version that it has."""
        from bos_tools.change.pins import pins

        unit, here = Unit(env, service), dict[str, str]()
        for name in NAMES:
            path = f"{unit.folder}/{name}"
            here |= pins(self.tree.source.read(path), path)
        return self.line().pinned(unit, here)

    def under(self, tree: Tree) -> "Standing":
        """Return the same line and moment under other files."""
        return replace(self, tree=tree)

    def proposed(self, tree: Tree) -> "Standing":
        """Return the same line and moment under the files of a proposal."""
        return replace(self, tree=tree, base=self.landed)


def of_work_tree(root: Path, at: datetime, *, is_replay: bool = False) -> Standing:
    """Return the ground of a work tree: its files as they are, on the line of its HEAD."""

    def door() -> "Git":
        from bos_tools.doors.git import Git

        return Git(root)

    return Standing(Tree(WorkTree(root)), _line(door, "HEAD", at), at, is_replay)


def of_commit(revision: "Revision[Git]", at: datetime) -> Standing:
    """Return the ground of a commit, such as a remote's head."""
    return Standing(Tree(revision), _line(lambda: revision.door, revision.sha, at), at)


def _line(door: "Callable[[], Git]", revision: str, at: datetime) -> "Callable[[], Line]":
    @cache
    def line() -> "Line":
        from bos_tools.change.line import Line

        return Line(door(), revision, at)

    return line

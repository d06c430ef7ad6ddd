"""The ground of a plan: what one try stands on, a tree and the history that led to it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from bos_tools.tree.layout import Tree

if TYPE_CHECKING:
    from bos_tools.storage.budget import Grown  # a bump has nothing to do with sizes, and pays for what it imports


class Since(Struct, frozen=True):
    """Since when something stands on a ground, and who put it there."""

    at: datetime
    """By the line's own order, where the commit's clock contradicts it."""
    commit: str
    author: str
    is_recorded: bool
    """The commit itself names the edit to programs: this tool made it, and no other hand."""


class Ground(Protocol):
    """One commit's tree and its first-parent history, or the work tree on top of its HEAD; read when it is asked for.

    A try that loses a race stands on a new one. Nothing that an intent plans by comes from anywhere else, but what the
    user asked for and what was measured outside of Git.
    """

    @property
    def tree(self) -> Tree:
        """Return the files."""

    @property
    def landed(self) -> Tree:
        """Return the files of the line itself: those of a proposal have not happened yet."""

    @property
    def at(self) -> datetime:
        """Return the moment of the try: an intent has no clock of its own."""

    def growths(self, env: str, service: str, since: datetime) -> "Sequence[Grown]":
        """Return the growths of a unit's volumes that came onto the line since a moment, newest first, none after `at`.

        A growth is a commit that gives a volume another size than its parents had, whoever wrote it: a lowered request
        is a resize too.

        Raises Refused where this clone's history does not reach back so far.
        """

    def pinned(self, env: str, service: str) -> Mapping[str, Since]:
        """Return since when each image of a unit has the version that it has, by the image's name.

        A version that no commit holds yet is left out, and so is one from before this clone's history.
        """

    def under(self, tree: Tree) -> "Ground":
        """Return the same line and moment under other files, as an edit makes them."""

"""What every verb stands on: the repository, and somebody who hears what goes on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bos_tools.errors import BosError, RepositoryError, Usage
from bos_tools.verbs.human import Human, Nobody

if TYPE_CHECKING:
    from bos_tools.tree.layout import Tree

Tell = Callable[[object], None]
"""Hears what a verb does while it does it: words in every format, or what a report of text can show."""


def _to_nobody(_: object) -> None:
    """Hear nothing."""


@dataclass
class Session:
    """A repository, found when it is first asked for: the one around the current folder, or around the one named."""

    named: Path | None = None
    tell: Tell = _to_nobody
    human: Human = field(default_factory=Nobody)

    @cached_property
    def root(self) -> Path:
        """Return the repository's folder.

        Raises RepositoryError where there is none, Usage for a name that no folder has.
        """
        here = _here() if self.named is None else self.named.resolve()
        if not here.is_dir():
            raise Usage(f"no such folder: {self.named}", reason="folder-missing")
        for folder in (here, *here.parents):
            file = folder / "pyproject.toml"
            if file.is_file() and _names_us(file):
                return folder
        raise _not_a_repository()

    def tree(self) -> "Tree":
        """Return the work tree's files as they are now."""
        from bos_tools.doors.files import WorkTree
        from bos_tools.tree.layout import Tree

        return Tree(WorkTree(self.root))


def _names_us(file: Path) -> bool:
    """Tell whether a pyproject.toml is of such a repository; one that is larger than any is of another project."""
    from bos_tools.tree.settings import LARGEST

    with file.open("rb") as opened:
        return b"[tool.bos-tools]" in opened.read(LARGEST)


def _here() -> Path:
    try:
        return Path.cwd().resolve()
    except FileNotFoundError as error:
        raise RepositoryError("the current folder is gone", reason="folder-missing", hint="cd elsewhere") from error


def _not_a_repository() -> BosError:
    from bos_tools.tree.settings import not_a_repository

    return not_a_repository()

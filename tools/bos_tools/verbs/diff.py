"""Compare the render of two revisions, or of a revision and the work tree."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from bos_tools.verbs.options import Argument, Envs
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.render.diff import UnitDiff


@dataclass(frozen=True)
class Options:
    """What to compare."""

    revisions: Annotated[str, Argument("[REV..REV | REV]", "Default: HEAD against the work tree.")] = "HEAD"
    env: Envs = None


@dataclass(frozen=True)
class Compared(Result):
    """The units that differ, and how."""

    units: tuple["UnitDiff", ...]


def run(session: Session, options: Options) -> Compared:
    """Compare; raises Usage for an unknown revision or environment."""
    from bos_tools.doors.git import Git
    from bos_tools.render.diff import compare
    from bos_tools.render.kustomize import Renderer
    from bos_tools.tree.layout import Tree

    door = Git(session.root)
    left, dots, right = options.revisions.partition("..")
    old = Tree(door.at(door.resolve(left or "HEAD")))
    new = Tree(door.at(door.resolve(right or "HEAD"))) if dots else session.tree()
    env = new.environment_name(options.env) if options.env is not None else None
    return Compared(tuple(compare(old, new, Renderer(), env)))

"""Compare the render of two revisions, or of a revision and the work tree."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from bos_tools.errors import Usage
from bos_tools.verbs.options import Argument, Envs
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.doors.git import Git
    from bos_tools.errors import BosError
    from bos_tools.impact.compare import Compared
    from bos_tools.impact.groups import Section


@dataclass(frozen=True)
class Options:
    """What to compare."""

    revisions: Annotated[
        str,
        Argument("[REV..REV | REV]", "Default: HEAD against the work tree; with three dots, since the two parted."),
    ] = "HEAD"
    env: Envs = None


@dataclass(frozen=True)
class Shown(Result):
    """The objects that differ, and how."""

    compared: "Compared"

    @property
    def sections(self) -> "list[Section]":
        """Return the differences as they are read: what is the same in several environments once."""
        from bos_tools.impact.groups import sections

        return sections(self.compared.differences)

    @property
    def trouble(self) -> "BosError | None":
        """Return why a unit is not among them."""
        return next((error for _, error in self.compared.unread), None)


def run(session: Session, options: Options) -> Shown:
    """Compare; raises Usage for an unknown revision or environment."""
    from bos_tools.doors.git import Git
    from bos_tools.impact.compare import compare
    from bos_tools.render.kustomize import Renderer
    from bos_tools.tree.layout import Tree

    door = Git(session.root)
    left, dots, right = _sides(options.revisions)
    before = _resolved(session, door, left)
    after = _resolved(session, door, right) if dots else ""
    old = Tree(door.at(door.merge_base(before, after) if dots == "..." else before))
    new = Tree(door.at(after)) if dots else session.tree()
    env = new.environment_name(options.env) if options.env is not None else None
    return Shown(compare(old, new, Renderer(), env))


def _sides(revisions: str) -> tuple[str, str, str]:
    """Read `A..B`, `A...B` or `A`: the sides, and what stands between them."""
    dots = "..." if "..." in revisions else ".."
    return revisions.partition(dots)


def _resolved(session: Session, door: "Git", revision: str) -> str:
    """Return a revision's commit; raises Usage for none, and says where a service stands in its place."""
    try:
        return door.resolve(revision or "HEAD")
    except Usage as error:
        tree = session.tree()
        if any(revision in tree.services(env) for env in tree.settings.environments):
            hint = f"it is a service: bos-tools history {revision}"
            raise Usage(error.message, reason=error.reason, hint=hint) from error
        raise

"""Say what every environment pins and holds, and what differs from the environment before."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bos_tools.verbs.options import Envs
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.errors import BosError
    from bos_tools.review.state import State


@dataclass(frozen=True)
class Options:
    """Which environments."""

    env: Envs = None


@dataclass(frozen=True)
class Status(Result):
    """The state of some environments, in promotion order."""

    state: "State"
    environments: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what is broken, but for the first, which ends the command."""
        return tuple(f"bos-tools: {error}" for error in self.state.broken[1:])

    @property
    def trouble(self) -> "BosError | None":
        """Return the first thing that is broken."""
        return next(iter(self.state.broken), None)


def run(session: Session, options: Options) -> Status:
    """Read the work tree; a unit that is broken stands beside the others."""
    from bos_tools.review.state import state

    tree = session.tree()
    envs = tuple(tree.settings.environments) if options.env is None else (options.env,)
    return Status(state(tree, options.env), envs)

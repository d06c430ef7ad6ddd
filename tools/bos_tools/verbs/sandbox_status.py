"""Say how each process of a sandbox is, and what is a stand-in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bos_tools.errors import OutsideError
from bos_tools.verbs.result import Result
from bos_tools.verbs.sandbox import Which
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.sandbox import Health, Sandbox


@dataclass(frozen=True)
class Options:
    """Which sandbox."""

    which: Which = field(default_factory=Which)


@dataclass(frozen=True)
class Status(Result):
    """How a sandbox is."""

    sandbox: "Sandbox"
    processes: tuple["Health", ...]
    stand_ins: Mapping[str, str]
    """What is otherwise than in a real cluster, and what that means."""
    which: Which

    @property
    def sick(self) -> list[str]:
        """Return the processes that are not healthy."""
        return [process.name for process in self.processes if not process.is_healthy]

    @property
    def trouble(self) -> OutsideError | None:
        """Return which processes are not healthy."""
        if not self.sick:
            return None
        return OutsideError(
            f"processes of the sandbox are not healthy: {', '.join(self.sick)}",
            reason="sandbox-process",
            hint=f"bos-tools sandbox up{self.which.flags}",
        )


def run(session: Session, options: Options) -> Status:
    """Ask each process; raises Refused where no such sandbox is up."""
    from bos_tools.sandbox import STANDINS

    sandbox = options.which.find(session)
    return Status(sandbox, tuple(sandbox.health()), STANDINS, options.which)

"""End a sandbox and remove its files."""

from dataclasses import dataclass, field

from bos_tools.verbs.result import Result
from bos_tools.verbs.sandbox import Which
from bos_tools.verbs.sandbox_up import hears
from bos_tools.verbs.session import Session


@dataclass(frozen=True)
class Options:
    """Which sandbox."""

    which: Which = field(default_factory=Which)


@dataclass(frozen=True)
class Down(Result):
    """A sandbox that is no more."""

    name: str
    was_there: bool


def run(session: Session, options: Options) -> Down:
    """End every process; raises OutsideError for one that does not end."""
    from bos_tools.sandbox import down, folder_of

    which = options.which
    return Down(which.name, down(folder_of(which.name, which.state), hears(session)))

"""Say who pinned which version when."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from bos_tools.verbs.options import Argument, Envs, Offers, Option
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.change.history import Step


@dataclass(frozen=True)
class Options:
    """Of which service, where, and how far back."""

    service: Annotated[str, Argument("SERVICE", offers=Offers.services)]
    env: Envs = None
    limit: Annotated[int, Option("How many changes to show, the newest.", min=1)] = 20


@dataclass(frozen=True)
class History(Result):
    """The changes of a service's pins, newest first."""

    service: str
    steps: tuple["Step", ...]


def run(session: Session, options: Options) -> History:
    """Read the log; raises Usage for an unknown service or environment."""
    from bos_tools.change.history import history

    steps = history(session.root, options.service, options.env, options.limit)
    return History(options.service, tuple(steps))

"""Say what kubectl and the other commands read from the environment, tokens included."""

from dataclasses import dataclass, field

from bos_tools.verbs.result import Result
from bos_tools.verbs.sandbox import Which
from bos_tools.verbs.session import Session


@dataclass(frozen=True)
class Options:
    """Which sandbox."""

    which: Which = field(default_factory=Which)


@dataclass(frozen=True)
class Variables(Result):
    """Variables and their values; some are secret."""

    values: dict[str, str]


def run(session: Session, options: Options) -> Variables:
    """Return them; raises Refused where no such sandbox is up."""
    return Variables(options.which.find(session).environ())

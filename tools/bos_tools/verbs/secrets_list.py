"""Say which Secrets an environment reads, where their values come from, and who reads them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bos_tools.verbs.needs import Needs, Pair
from bos_tools.verbs.options import Env
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.tree.secrets import Key


@dataclass(frozen=True)
class Options:
    """Which environment."""

    env: Env = None


@dataclass(frozen=True)
class Needed(Result):
    """What an environment reads, and what the contract says of each."""

    needs: Needs
    keys: dict[Pair, "Key | None"]
    """None for what is not in the contract."""


def run(session: Session, options: Options) -> Needed:
    """Render and read; raises RepositoryError when a part can't be rendered."""
    needs = Needs.of(session.tree(), options.env)
    return Needed(needs, {pair: needs.contract.key(*pair) for pair in needs.pairs})

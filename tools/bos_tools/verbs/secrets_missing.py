"""Say which Secrets an environment reads and its cluster lacks."""

from dataclasses import dataclass, field

from bos_tools.verbs.cluster import Asked
from bos_tools.verbs.needs import Needs, Pair
from bos_tools.verbs.options import Env
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session


@dataclass(frozen=True)
class Options:
    """Which environment, in which cluster."""

    env: Env = None
    asked: Asked = field(default_factory=Asked)


@dataclass(frozen=True)
class Missing(Result):
    """What a cluster lacks."""

    needs: Needs
    cluster: str
    """Its address."""
    pairs: tuple[Pair, ...]

    @property
    def exit_code(self) -> int:
        """Return 1 when something is missing."""
        return 1 if self.pairs else 0


def run(session: Session, options: Options) -> Missing:
    """Ask the cluster for names and keys; values stay where they are."""
    needs = Needs.of(session.tree(), options.env)
    with options.asked.connect() as cluster:
        held = needs.held(cluster)
        return Missing(needs, cluster.url, tuple(pair for pair in needs.pairs if not held.get(pair)))

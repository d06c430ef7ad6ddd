"""Write to Git what a volume was given by hand."""

from dataclasses import dataclass, field

from bos_tools.verbs.cluster import Asked
from bos_tools.verbs.landing import Landed, Landing, land
from bos_tools.verbs.options import Env
from bos_tools.verbs.session import Session
from bos_tools.verbs.volumes import Reason, What, look, volume


@dataclass(frozen=True)
class Options:
    """Which volume, and how far it goes."""

    what: What
    env: Env = None
    landing: Landing = field(default_factory=Landing)
    reason: Reason = None
    asked: Asked = field(default_factory=Asked)


def run(session: Session, options: Options) -> Landed:
    """Look at the cluster, prove and land."""
    from bos_tools.intents.grow import Adopt

    tree = session.tree()
    found = volume(tree, options.env, options.what)
    with options.asked.live() as cluster:
        seen = look(tree, cluster, found, found.size, ask=False)
    intent = Adopt(options.env, options.what, seen, options.reason or "grown by hand")
    return Landed(land(session, intent, options.landing), options.landing.dry_run)

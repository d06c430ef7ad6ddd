"""The names of a repository, which a shell offers while a command is being written."""

from contextlib import suppress

from bos_tools.errors import BosError
from bos_tools.verbs.options import Offers
from bos_tools.verbs.session import Session


def offered(session: Session, offers: Offers, env: str | None) -> list[str]:
    """Return environments, or the services and claims of one; raises BosError where they can't be read."""
    tree = session.tree()
    if offers is Offers.environments:
        return list(tree.settings.environments)
    name = tree.environment_name(env)
    found = tree.services(name)
    if offers is Offers.claims:
        from bos_tools.storage.volumes import volumes

        for unit in tree.units(name):
            with suppress(BosError):  # one that is broken hides itself alone
                found += [volume.name for volume in volumes(tree.graph, unit)]
    return found

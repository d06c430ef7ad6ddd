"""What the verbs about volumes share: which one is meant, and what the plan and a cluster say of it."""

from typing import TYPE_CHECKING, Annotated

from bos_tools.verbs.options import Argument, Offers, Option

if TYPE_CHECKING:
    from decimal import Decimal

    from bos_tools.intents.grow import Look
    from bos_tools.storage.ports import Live
    from bos_tools.storage.volumes import Volume
    from bos_tools.tree.layout import Tree

What = Annotated[str, Argument("CLAIM|SERVICE", offers=Offers.claims)]
Reason = Annotated[str | None, Option("Why, for the commit's trailer.", needs=("commit", "push", "pr"))]
UNCHECKED = "live size and capacity, a growth under way, binding, the class, quota and validation, a snapshot"


def volume(tree: "Tree", env: str | None, what: str) -> "Volume":
    """Return the volume that a claim or a service means in an environment; raises Usage for none or several."""
    from bos_tools.storage.volumes import find

    return find(tree, tree.environment_name(env), what)


def look(cluster: "Live", volume: "Volume", size: "Decimal", *, ask: bool) -> "Look":
    """Return what a cluster says of a volume's claims and, if asked, of a size for them."""
    from datetime import UTC, datetime

    from bos_tools.intents.grow import Look
    from bos_tools.storage.observed import Claims

    claims = Claims(cluster, volume.namespace)
    found = claims.asked(volume, size) if ask else claims.of(volume)
    return Look(size, found, claims.missing(volume), datetime.now(UTC))

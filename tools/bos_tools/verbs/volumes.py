"""What the verbs about volumes share: which one is meant, and what the plan and a cluster say of it."""

from typing import TYPE_CHECKING, Annotated

from bos_tools.errors import MayNot, RepositoryError
from bos_tools.verbs.options import Argument, Offers, Option

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from bos_tools.storage.named import Broken
    from bos_tools.storage.ports import Live
    from bos_tools.storage.preflight import Look
    from bos_tools.storage.volumes import Volume
    from bos_tools.tree.layout import Tree, Unit

What = Annotated[str, Argument("CLAIM|SERVICE", offers=Offers.claims)]
Reason = Annotated[str | None, Option("Why, for the commit's trailer.", needs=("commit", "push", "pr"))]
UNCHECKED = "live size and capacity, a growth under way, binding, the class, quota and validation, a backup"


def volume(tree: "Tree", env: str | None, what: str) -> "Volume":
    """Return the volume that a claim or a service means in an environment; raises Usage for none or several."""
    from bos_tools.storage.named import find

    return find(tree, tree.environment_name(env), what)


def unread(broken: "Broken") -> RepositoryError | None:
    """Return that an answer lacks what can't be read, with the first reason; None where all was read."""
    if not broken:
        return None
    first = next(iter(broken.values()))
    names = ", ".join(f"{unit.env}/{unit.service}" for unit in broken)
    return RepositoryError(
        f"the answer lacks {names}, which can't be read: {first.message}",
        reason=first.reason,
        hint=first.hint or "bos-tools check",
        path=first.path,
        line=first.line,
    )


def applications(tree: "Tree") -> "Callable[[Unit], str]":
    """Return what names the Application of a unit, nothing where its environment names no Argo CD."""
    from bos_tools.delivery.registration import registration

    def application(unit: "Unit") -> str:
        try:
            return registration(tree, unit.env).application(unit.service)
        except RepositoryError:
            return ""

    return application


def look(tree: "Tree", cluster: "Live", volume: "Volume", size: "Decimal", *, ask: bool) -> "Look":
    """Return what a cluster says of a volume's claims and, if asked, of a size for them.

    Raises MayNot where the account may not even ask for the size.
    """
    from datetime import UTC, datetime

    from bos_tools.storage.observed import Claims
    from bos_tools.storage.preflight import Look

    claims = Claims(cluster, volume.namespace, applications(tree))
    if not ask:
        return Look(size, claims.of(volume), claims.missing(volume), datetime.now(UTC))
    try:
        found, quotas, backup = claims.asked(volume, size), claims.quotas(), claims.backup(volume)
    except MayNot as error:
        error.hint += ", or say --no-live: then nobody asks the cluster"
        raise
    unknown = tuple(f"{what}: needs {needs}" for what, needs in claims.unknown.items())
    return Look(size, found, claims.missing(volume), datetime.now(UTC), quotas, backup, unknown)

"""Say which commits were synced when, and by whom."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from bos_tools.verbs.argocd import Access, Services, found, not_registered, target
from bos_tools.verbs.options import Env, Option
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session


@dataclass(frozen=True)
class Options:
    """Which services, and how far back."""

    services: Services = None
    env: Env = None
    limit: Annotated[int, Option("How many syncs of each service.", min=1)] = 5
    access: Access = field(default_factory=Access)


@dataclass(frozen=True)
class Sync:
    """One sync of a service."""

    service: str
    id: int
    revision: str
    at: datetime | None
    by: str


@dataclass(frozen=True)
class Syncs(Result):
    """The last syncs of an environment, service by service, newest first."""

    env: str
    syncs: tuple[Sync, ...]
    notes: tuple[str, ...] = ()


def run(session: Session, options: Options) -> Syncs:
    """Ask Argo CD; a part that is not there has none. Raises OutsideError where nothing is registered."""
    about = target(session, options.env, options.services)
    with options.access.connect(about.said) as client:
        there = found(client, about)
    if not there.apps and not there.hidden:
        raise not_registered(about.parts[0].name, about.said.env)
    syncs = [
        Sync(
            part.word,
            entry.id,
            entry.revision,
            entry.deployed_at.astimezone(UTC) if entry.deployed_at else None,
            str(entry.initiated_by.get("username") or ("automatic" if entry.initiated_by.get("automated") else "-")),
        )
        for part in about.parts
        if (app := there.apps.get(part.name)) is not None
        for entry in list(reversed(app.status.history or []))[: options.limit]
    ]
    return Syncs(about.said.env, tuple(syncs), there.notes)

"""Say which commits were synced when, and by whom."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from bos_tools.verbs.argocd import Access, Services, target
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


def run(session: Session, options: Options) -> Syncs:
    """Ask Argo CD; a service that is not registered has none."""
    about = target(session, options.env, options.services)
    with options.access.connect(about.said) as client:
        apps = about.applications(client)
    syncs = [
        Sync(
            service,
            entry.id,
            entry.revision,
            entry.deployed_at.astimezone(UTC) if entry.deployed_at else None,
            str(entry.initiated_by.get("username") or ("automatic" if entry.initiated_by.get("automated") else "-")),
        )
        for service, app in apps.items()
        for entry in list(reversed((app.status.history if app else None) or []))[: options.limit]
    ]
    return Syncs(about.said.env, tuple(syncs))

"""Sync services now: the way out when automatic sync has given up on a commit."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from bos_tools.verbs.argocd import TIMEOUT, Access, Services, target
from bos_tools.verbs.argocd_wait import Live, until_live
from bos_tools.verbs.options import Env, Option
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.doors.argocd.client import ArgoCD


@dataclass(frozen=True)
class Options:
    """Which services, what is confirmed, and how long it may take."""

    services: Services = None
    env: Env = None
    confirm_prune: Annotated[
        bool, Option("Confirm that what Git no longer has may be deleted.", ("--confirm-prune",))
    ] = False
    no_wait: Annotated[bool, Option("Ask for it and leave.", ("--no-wait",))] = False
    timeout: Annotated[float, replace(TIMEOUT, idle_with=("no_wait",))] = 300
    access: Access = field(default_factory=Access)


def run(session: Session, options: Options) -> Live:
    """Ask for a sync of each and, unless told otherwise, wait until all are live."""
    about = target(session, options.env, options.services)
    with options.access.connect(about.said) as client:
        for name, project in about.names.items():
            if options.confirm_prune:
                _confirm_prune(client, name, project)
            else:
                client.application(name, project, refresh=True)
                client.sync(name, project)
            session.tell(f"{name}: asked to sync")
        if options.no_wait:
            return Live(())
        seen = until_live(
            client, about.names, about.selector, wanted=lambda _: True, timeout=options.timeout, tell=session.tell
        )
    return Live(seen)


def _confirm_prune(client: "ArgoCD", name: str, project: str) -> None:
    """Confirm a sync that is held; one that is not held is begun first, for a confirmation must not be older."""
    from bos_tools.delivery.verdict import State, why_not

    app = client.application(name, project, refresh=True)
    if app is not None and why_not(app).state is not State.held:
        client.sync(name, project)
    client.approve(name, project, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))

"""Sync services now: the way out when automatic sync has given up on a commit."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from bos_tools.verbs.argocd import TIMEOUT, Access, Services, found, not_registered, target
from bos_tools.verbs.argocd_terminate import end
from bos_tools.verbs.argocd_wait import Live, aim, until_live, waited_for
from bos_tools.verbs.options import Env, Option
from bos_tools.verbs.session import Session
from bos_tools.watching import Deadline

if TYPE_CHECKING:
    from bos_tools.delivery.ports import Application
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
    deadline = Deadline.after(options.timeout)
    about = target(session, options.env, options.services)
    with options.access.connect(about.said, None if options.no_wait else deadline.left) as client:
        there = found(client, about)
        names = waited_for(about, there)
        for name, project in names.items():
            app = client.refreshed(name, project)
            if app is None:
                if there.root is not None:  # it makes the application; its sync is asked for first
                    continue
                raise not_registered(name, about.said.env)
            session.tell(f"{name}: {_asked(client, app, confirm=options.confirm_prune)}")
        if options.no_wait:
            return Live((), there.notes)
        confirm = (lambda app: _confirm(client, app)) if options.confirm_prune else None
        return Live(until_live(client, aim(about, names, deadline, confirm=confirm), session.tell), there.notes)


def _asked(client: "ArgoCD", app: "Application", *, confirm: bool) -> str:
    """Ask for a sync, or confirm the one that waits; return what was done.

    A sync of an older commit, and one that only waits for its next try, ends first: it would hold this one up. What is
    confirmed is never what an older commit wanted to delete: Git may have it again.
    """
    from bos_tools.delivery.verdict import CONFIRMATION, is_of_old, is_running, short

    operation, said = app.status.operation_state, "asked to sync"
    if operation is not None and is_running(operation):
        waits = CONFIRMATION in operation.message
        if is_of_old(app) or (operation.finished_at is not None and not waits):
            end(client, app)
            said = f"the sync of {short(operation.revision)} is ended, and it is asked to sync anew"
        elif waits and confirm:
            _confirm(client, app)
            return f"confirmed what the sync of {short(operation.revision)} deletes"
        else:
            return f"a sync of {short(operation.revision)} runs already"
    client.sync(app.name, app.project)
    if confirm:  # for who leaves now; who waits confirms once the sync says what it deletes
        _confirm(client, app)
    return said


def _confirm(client: "ArgoCD", app: "Application") -> None:
    """Confirm what the sync that runs deletes, and no later one."""
    client.approve(app.name, app.project, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))

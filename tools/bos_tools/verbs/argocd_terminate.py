"""End a sync that stands in the way of a newer one."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bos_tools.errors import OutsideError
from bos_tools.verbs.argocd import Access, Services, found, target
from bos_tools.verbs.options import Env
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.delivery.apply import Done
    from bos_tools.delivery.ports import Application
    from bos_tools.doors.argocd.client import ArgoCD

PATIENCE = 30.0
"""Seconds for Argo CD to end what it does."""


@dataclass(frozen=True)
class Options:
    """Whose sync, in which Argo CD."""

    services: Services = None
    env: Env = None
    access: Access = field(default_factory=Access)


@dataclass(frozen=True)
class Ended(Result):
    """What was done with each sync that ran."""

    done: tuple["Done", ...]
    env: str
    notes: tuple[str, ...] = ()


def run(session: Session, options: Options) -> Ended:
    """End what stands in the way: without names the syncs of older commits, else whatever the named ones do.

    It deletes nothing: what a sync waits to prune stays, and what it has applied stays, too.
    """
    from bos_tools.delivery.apply import Done
    from bos_tools.delivery.verdict import is_of_old, is_running, short

    about = target(session, options.env, options.services)
    done = []
    with options.access.connect(about.said) as client:
        there = found(client, about)
        for name, project in about.names.items():
            app = client.refreshed(name, project) if name in there.apps else None
            operation = app.status.operation_state if app is not None else None
            if app is None or operation is None or not is_running(operation):
                continue
            if about.is_whole and not is_of_old(app):
                done.append(Done("Sync", name, f"goes on, for it is of the newest commit: {short(operation.revision)}"))
                continue
            end(client, app)
            after = "the newest commit is synced next"
            if not is_of_old(app) or operation.sync_result is None:  # argo-cd #18442
                after = f"automatic sync does not try it again: bos-tools argocd sync --env {about.said.env} does"
            done.append(Done("Sync", name, f"of {short(operation.revision)} ended; {after}"))
    return Ended(tuple(done), about.said.env, there.notes)


def end(client: "ArgoCD", app: "Application") -> None:
    """End the sync of an application, and wait until it has ended; one that ends by itself meanwhile is as well."""
    from bos_tools.delivery.verdict import is_running
    from bos_tools.watching import busy, watch

    try:
        client.terminate(app.name, app.project)
    except OutsideError:
        left = client.application(app.name, app.project)
        if left is not None and is_running(left.status.operation_state):
            raise

    def running() -> bool:
        now = client.application(app.name, app.project)
        return now is not None and (now.operation is not None or is_running(now.status.operation_state))

    with busy(f"the sync of {app.name} to end", PATIENCE):
        is_left = watch(running, lambda left: not left, lambda _: None, timeout=PATIENCE, every=0.3)
    if is_left:
        raise OutsideError(
            f"the sync of {app.name} does not end", reason="not-ended", hint="is its application controller running"
        )

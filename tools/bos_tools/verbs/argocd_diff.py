"""Say which fields are otherwise in the cluster than in Git."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bos_tools.errors import OutsideError, Refused
from bos_tools.verbs.argocd import Access, Services, found, not_registered, target
from bos_tools.verbs.argocd_wait import waited_for
from bos_tools.verbs.options import Env
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.delivery.ports import Application
    from bos_tools.doors.argocd.client import ArgoCD
    from bos_tools.render.diff import Change

WHOLE = "the whole object"
"""The field of an object that is on one side only."""


@dataclass(frozen=True)
class Options:
    """Which services, in which Argo CD."""

    services: Services = None
    env: Env = None
    access: Access = field(default_factory=Access)


@dataclass(frozen=True)
class Drift:
    """What is otherwise in one application: the old side is live, the new one is Git's."""

    application: str
    revision: str
    """The commit that it is compared with."""
    changes: tuple["Change", ...]


@dataclass(frozen=True)
class Drifts(Result):
    """What is otherwise in some applications."""

    applications: tuple[Drift, ...]
    unseen: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Return that all is as Git wants it, if so, and what was not looked at."""
        return self.unseen if self.exit_code else (*self.unseen, f"no difference between Git{self._at} and the cluster")

    @property
    def _at(self) -> str:
        from bos_tools.delivery.verdict import SHA, short

        commits = {drift.revision for drift in self.applications if SHA.fullmatch(drift.revision)}
        return f" at {short(commits.pop())}" if len(commits) == 1 else ""

    @property
    def exit_code(self) -> int:
        """Return 1 when something is otherwise."""
        return 1 if any(drift.changes for drift in self.applications) else 0


def run(session: Session, options: Options) -> Drifts:
    """Compare; raises OutsideError for an application that is not registered."""
    about = target(session, options.env, options.services)
    drifts = []
    with options.access.connect(about.said) as client:
        there = found(client, about)
        for name, project in waited_for(about, there).items():
            _demand_a_look(there.apps.get(name))
            app = client.refreshed(name, project)
            if app is None:
                raise not_registered(name, about.said.env)
            _demand_a_comparison(app)
            drifts.append(Drift(name, app.status.sync.revision, tuple(_changes(client, name, project))))
    return Drifts(tuple(drifts), there.notes)


def _demand_a_look(app: "Application | None") -> None:
    """Raise Refused for an application at which Argo CD is told not to look."""
    from bos_tools.delivery.verdict import why_not

    if app is not None and (verdict := why_not(app)).reason == "skip-reconcile":
        raise Refused(f"{app.name} is not compared: {verdict.why}", reason=verdict.reason, hint=verdict.hint)


def _demand_a_comparison(app: "Application") -> None:
    """Raise OutsideError where Argo CD could not compare: to it Git then seems to want nothing at all."""
    from bos_tools.delivery.verdict import complaint, short

    verdict = complaint(app, lambda _: True)
    if verdict is not None:
        at = f" at {short(app.status.sync.revision)}" if app.status.sync.revision else ""
        hint = verdict.hint or "it passes: run it again in a minute"
        raise OutsideError(f"{app.name}{at} can't be compared: {verdict.why}", reason="not-compared", hint=hint)


def _changes(client: "ArgoCD", name: str, project: str) -> "Iterator[Change]":
    from bos_tools.delivery.compare import sides
    from bos_tools.render.diff import Change, fields

    for managed in client.managed(name, project):
        live, git = sides(managed)
        if managed.hook or live == git:
            continue
        if live is None or git is None:
            old, new = (None if side is None else "there" for side in (live, git))
            yield Change(managed.id, WHOLE, old, new)
        else:
            yield from (change for change in fields(managed.id, live, git) if (change.old, change.new) != (None, None))

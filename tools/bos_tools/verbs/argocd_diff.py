"""Say which fields are otherwise in the cluster than in Git."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bos_tools.verbs.argocd import Access, Services, not_registered, target
from bos_tools.verbs.options import Env
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
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
    changes: tuple["Change", ...]


@dataclass(frozen=True)
class Drifts(Result):
    """What is otherwise in some applications."""

    applications: tuple[Drift, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Return that all is as Git wants it, if so."""
        return () if self.exit_code else ("no difference between Git and the cluster",)

    @property
    def exit_code(self) -> int:
        """Return 1 when something is otherwise."""
        return 1 if any(drift.changes for drift in self.applications) else 0


def run(session: Session, options: Options) -> Drifts:
    """Compare; raises OutsideError for an application that is not registered."""
    about = target(session, options.env, options.services)
    drifts = []
    with options.access.connect(about.said) as client:
        for name, project in about.names.items():
            if client.application(name, project, refresh=True) is None:
                raise not_registered(name, about.said.env)
            drifts.append(Drift(name, tuple(_changes(client, name, project))))
    return Drifts(tuple(drifts))


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

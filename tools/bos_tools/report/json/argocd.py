"""The contracts of `bos-tools argocd …`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from bos_tools.report.json.change import Change, change

if TYPE_CHECKING:
    from bos_tools.delivery.apply import Done as Handled
    from bos_tools.delivery.wait import Seen
    from bos_tools.verbs.argocd_configure import Configured, Laid
    from bos_tools.verbs.argocd_diff import Drifts
    from bos_tools.verbs.argocd_history import Syncs
    from bos_tools.verbs.argocd_open import Page as Opened
    from bos_tools.verbs.argocd_register import Registered as Told
    from bos_tools.verbs.argocd_status import Delivered
    from bos_tools.verbs.argocd_status import Standing as Stands
    from bos_tools.verbs.argocd_terminate import Ended
    from bos_tools.verbs.argocd_token import Token as Made
    from bos_tools.verbs.argocd_unregister import Unregistered
    from bos_tools.verbs.argocd_wait import Live


class Standing(TypedDict):
    """How one service stands; null where Argo CD has no such application."""

    service: str
    git: list[str]
    live: list[str]
    sync: str | None
    health: str | None
    since: str | None
    revision: str | None
    why: str
    hint: str
    application: str | None
    looked: str | None


class Status(TypedDict):
    """How an environment stands: `root` is null where services were named, or it may not be seen."""

    env: str
    services: list[Standing]
    root: Standing | None
    add_ons: list[Standing]


class Drift(TypedDict):
    """A field that is otherwise live than in Git; null on a side on which it is absent."""

    object: str
    field: str
    live: Any
    git: Any


class Application(TypedDict):
    """What is otherwise in one application."""

    application: str
    revision: str
    changes: list[Drift]


class Diff(TypedDict):
    """What is otherwise in some applications."""

    applications: list[Application]


class Sync(TypedDict):
    """One sync of a service."""

    service: str
    id: int
    revision: str
    date: str | None
    by: str


class History(TypedDict):
    """The last syncs of an environment."""

    env: str
    syncs: list[Sync]


class Page(TypedDict):
    """Where an application's page is."""

    application: str
    url: str


class Waited(TypedDict):
    """An application that was waited for."""

    name: str
    project: str
    state: str
    revision: str | None
    sync: str | None
    health: str | None


class Applications(TypedDict):
    """The applications that were waited for."""

    applications: list[Waited]


class Applied(TypedDict):
    """What was done to one object."""

    kind: str
    name: str
    what: str


class Done(TypedDict):
    """What was done to each object."""

    applied: list[Applied]


class Registered(Change):
    """What went to Git, what was done in Argo CD, and how its applications are; with `--apply`."""

    applied: list[Applied]
    applications: list[Waited]


class Token(TypedDict):
    """What a token may do, for how long, and where it is."""

    project: str
    role: str
    days: int
    file: str


def status(delivered: "Delivered") -> Status:
    """Return the contract of how services stand."""
    return {
        "env": delivered.env,
        "services": [_standing(one) for one in delivered.services],
        "root": _standing(delivered.root) if delivered.root is not None else None,
        "add_ons": [_standing(one) for one in delivered.add_ons],
    }


def _standing(s: "Stands") -> Standing:
    return {
        "service": s.service, "git": list(s.git), "live": list(s.live), "sync": s.sync, "health": s.health,
        "since": s.since.strftime("%Y-%m-%d %H:%M:%S") if s.since else None, "revision": s.revision,
        "why": s.why, "hint": s.hint, "application": s.application,
        "looked": s.looked.isoformat() if s.looked else None,
    }  # fmt: skip


def diff(drifts: "Drifts") -> Diff:
    """Return the contract of what is otherwise."""
    return {
        "applications": [
            {
                "application": drift.application,
                "revision": drift.revision,
                "changes": [{"object": c.object, "field": c.field, "live": c.old, "git": c.new} for c in drift.changes],
            }
            for drift in drifts.applications
        ]
    }


def history(found: "Syncs") -> History:
    """Return the contract of an environment's syncs."""
    syncs: list[Sync] = [
        {
            "service": s.service, "id": s.id, "revision": s.revision, "date": s.at.isoformat() if s.at else None,
            "by": s.by,
        }
        for s in found.syncs
    ]  # fmt: skip
    return {"env": found.env, "syncs": syncs}


def opened(found: "Opened") -> Page:
    """Return the contract of a page."""
    return {"application": found.application, "url": found.url}


def live(found: "Live") -> Applications:
    """Return the contract of what was waited for."""
    return {"applications": _waited(found.applications)}


def registered(told: "Told") -> Registered:
    """Return the contract of a registration that was applied."""
    return {
        **change(told.landed.outcome),
        "applied": _applied(told.done),
        "applications": _waited(told.applications),
    }


def unregistered(found: "Unregistered") -> Done:
    """Return the contract of an end."""
    return {"applied": _applied(found.done)}


def terminated(found: "Ended") -> Done:
    """Return the contract of syncs that were ended."""
    return {"applied": _applied(found.done)}


def configured(found: "Configured") -> Done:
    """Return the contract of a configuration."""
    return {"applied": _applied(found.done)}


def token(made: "Made") -> Token:
    """Return the contract of a token, without it."""
    return {"project": made.project, "role": made.role, "days": made.days, "file": str(made.file)}


def _applied(done: "Iterable[Handled | Laid]") -> list[Applied]:
    return [{"kind": each.kind, "name": each.name, "what": each.what} for each in done]


def _waited(applications: "Iterable[Seen]") -> list[Waited]:
    return [
        {
            "name": seen.name, "project": seen.project, "state": str(seen.verdict.state),
            "revision": seen.app.status.sync.revision if seen.app else None,
            "sync": seen.app.status.sync.status if seen.app else None,
            "health": seen.app.status.health.status if seen.app else None,
        }
        for seen in applications
    ]  # fmt: skip

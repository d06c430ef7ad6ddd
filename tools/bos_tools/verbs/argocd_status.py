"""Say how each service stands in Argo CD: versions in Git and live, sync, health, and why not."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bos_tools.verbs.argocd import Access, Services, Target, found, target
from bos_tools.verbs.argocd_place import Place
from bos_tools.verbs.options import Env
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.delivery.parts import Part
    from bos_tools.doors.argocd.models import Application


@dataclass(frozen=True)
class Options:
    """Which services, in which Argo CD."""

    services: Services = None
    env: Env = None
    access: Access = field(default_factory=Access)


@dataclass(frozen=True)
class Standing:
    """How one part of an environment stands; an application that is not there has no sync."""

    service: str
    """Its word: a service, an add-on, or `root`."""
    git: tuple[str, ...]
    why: str
    hint: str
    live: tuple[str, ...] = ()
    sync: str | None = None
    health: str | None = None
    since: datetime | None = None
    revision: str | None = None
    application: str | None = None
    looked: datetime | None = None
    """When Argo CD looked at it last."""


@dataclass(frozen=True)
class Delivered(Result):
    """How an environment stands: what makes its applications, its services, and what it needs beside them."""

    env: str
    services: tuple[Standing, ...]
    root: Standing | None = None
    add_ons: tuple[Standing, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[Standing, ...]:
        """Return every part, in the order in which they are made."""
        return (*([self.root] if self.root else []), *self.services, *self.add_ons)


def run(session: Session, options: Options) -> Delivered:
    """Ask Argo CD; a part that is not registered stands beside the others."""
    from bos_tools.delivery.parts import Kind

    about = target(session, options.env, options.services)
    with options.access.connect(about.said) as client:
        there = found(client, about)
    place = Place.of(session, about, there)
    gone = {part.name for part in (*there.hidden, *there.left_out)}
    rows = {
        part: _standing(about, part, there.apps.get(part.name), place) for part in about.parts if part.name not in gone
    }
    by_kind = {kind: tuple(row for part, row in rows.items() if part.kind is kind) for kind in Kind}
    return Delivered(
        about.said.env,
        by_kind[Kind.service],
        next(iter(by_kind[Kind.root]), None),
        by_kind[Kind.add_on],
        (*there.notes, *place.notes(there)),
    )


def _standing(about: Target, part: "Part", app: "Application | None", place: Place) -> Standing:
    from bos_tools.delivery.parts import Kind
    from bos_tools.delivery.verdict import State, why_not

    pins = about.tree.unit(about.said.env, part.word)[1].pins if part.kind is Kind.service else ()
    git = tuple(pin.tag or pin.digest or "-" for pin in pins)
    if app is None:
        return Standing(part.word, git, "not registered", f"bos-tools argocd register --env {about.said.env} --apply")
    verdict = why_not(app)
    why, hint = verdict.why, verdict.hint
    if verdict.state is State.live and not why:
        why, hint = place.not_seen(app)
    images = app.status.summary.images or []
    since = app.status.health.last_transition_time or _finished(app)
    return Standing(
        part.word,
        git,
        why,
        hint,
        tuple(sorted({v for pin in pins for image in images if (v := _version(image, pin.repository))})),
        app.status.sync.status,
        app.status.health.status,
        since.astimezone(UTC) if since else None,
        app.status.sync.revision or None,
        app.name,
        app.status.reconciled_at.astimezone(UTC) if app.status.reconciled_at else None,
    )


def _finished(app: "Application") -> datetime | None:
    operation = app.status.operation_state
    return operation.finished_at if operation else None


def _version(image: str, repository: str) -> str:
    """Return an image's version when it is of a repository: `a/b` of `a/b:v1@sha256:…` is `v1`."""
    name, at, digest = image.partition("@")
    if not name.startswith(repository) or name[len(repository) :][:1] not in ("", ":"):
        return ""
    return name[len(repository) + 1 :] or (digest if at else "")

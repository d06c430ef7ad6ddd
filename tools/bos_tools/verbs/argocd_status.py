"""Say how each service stands in Argo CD: versions in Git and live, sync, health, and why not."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bos_tools.verbs.argocd import Access, Services, Target, target
from bos_tools.verbs.options import Env
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.doors.argocd.models import Application


@dataclass(frozen=True)
class Options:
    """Which services, in which Argo CD."""

    services: Services = None
    env: Env = None
    access: Access = field(default_factory=Access)


@dataclass(frozen=True)
class Standing:
    """How one service stands; an application that is not there has no sync."""

    service: str
    git: tuple[str, ...]
    why: str
    hint: str
    live: tuple[str, ...] = ()
    sync: str | None = None
    health: str | None = None
    since: datetime | None = None
    revision: str | None = None
    application: str | None = None


@dataclass(frozen=True)
class Delivered(Result):
    """How the services of an environment stand."""

    env: str
    services: tuple[Standing, ...]


def run(session: Session, options: Options) -> Delivered:
    """Ask Argo CD; a service that is not registered stands beside the others."""
    about = target(session, options.env, options.services)
    with options.access.connect(about.said) as client:
        apps = about.applications(client)
    return Delivered(about.said.env, tuple(_standing(about, service, app) for service, app in apps.items()))


def _standing(about: Target, service: str, app: "Application | None") -> Standing:
    from bos_tools.delivery.verdict import why_not

    pins = about.tree.unit(about.said.env, service)[1].pins
    git = tuple(pin.tag or pin.digest or "-" for pin in pins)
    if app is None:
        return Standing(service, git, "not registered", f"bos-tools argocd register --env {about.said.env} --apply")
    verdict = why_not(app)
    images = app.status.summary.images or []
    since = app.status.health.last_transition_time or _finished(app)
    return Standing(
        service,
        git,
        verdict.why,
        verdict.hint,
        tuple(sorted({v for pin in pins for image in images if (v := _version(image, pin.repository))})),
        app.status.sync.status,
        app.status.health.status,
        since.astimezone(UTC) if since else None,
        app.status.sync.revision or None,
        app.name,
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

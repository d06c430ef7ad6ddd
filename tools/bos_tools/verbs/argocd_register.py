"""Write an environment's Applications to Git, and put them into Argo CD."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bos_tools.errors import Usage
from bos_tools.verbs.argocd import TIMEOUT, Access, secret, target
from bos_tools.verbs.argocd_wait import aim, until_live
from bos_tools.verbs.landing import Landed, Landing, land
from bos_tools.verbs.options import Argument, Env, Offers, Option
from bos_tools.verbs.progress import Step
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session
from bos_tools.watching import Deadline

if TYPE_CHECKING:
    from bos_tools.delivery.applications import Data
    from bos_tools.delivery.apply import Credentials, Done
    from bos_tools.delivery.wait import Seen


@dataclass(frozen=True)
class Repository:
    """Where Argo CD reads the repository, and how, if not as environment.yaml says."""

    repo_url: Annotated[
        str | None, Option("Where Argo CD reaches the repository, if not where environment.yaml says.")
    ] = None
    revision: Annotated[str | None, Option("The branch, if not environment.yaml's.")] = None
    skip_platform: Annotated[
        bool, Option("Leave the add-ons out, as in a sandbox that reaches no charts.", ("--skip-platform",))
    ] = False
    repo_username: Annotated[str | None, Option("For the repository; default: BOS_REPO_USERNAME.")] = None
    repo_password_file: Annotated[Path | None, Option("A password or token; default: BOS_REPO_PASSWORD.")] = None
    repo_ssh_key_file: Annotated[Path | None, Option("A private key.")] = None
    timeout: Annotated[float, TIMEOUT] = 600


@dataclass(frozen=True)
class Options:
    """What goes to Git, and what into Argo CD."""

    services: Annotated[list[str] | None, Argument("[SERVICE …]", offers=Offers.services)] = None
    env: Env = None
    apply: Annotated[
        bool, Option("Create or change project, credentials and root in Argo CD, and wait.", ("--apply",))
    ] = False
    repository: Annotated[Repository, Option(needs=("apply",))] = field(default_factory=Repository)
    access: Annotated[Access, Option(needs=("apply",))] = field(default_factory=Access)
    landing: Landing = field(default_factory=Landing)

    def __post_init__(self) -> None:
        if self.apply and self.landing.dry_run:
            raise Usage("--apply and --dry-run exclude each other", reason="usage")
        if self.apply and self.landing.pr:
            raise Usage("--apply and --pr exclude each other: what is merged is applied", reason="usage")


@dataclass(frozen=True)
class Registered(Result):
    """What went to Git, what was done in Argo CD, and how its applications are."""

    landed: Landed
    done: tuple["Done", ...]
    applications: tuple["Seen", ...]


def write(session: Session, options: Options) -> Landed:
    """Write to Git; raises Usage for an address that carries a password."""
    from bos_tools.delivery.registration import bears_secret
    from bos_tools.intents.register import Register

    if options.repository.repo_url and bears_secret(options.repository.repo_url):
        raise Usage(
            "--repo-url carries a password, which Argo CD would show to everybody",
            reason="password-in-url",
            hint="--repo-username and --repo-password-file",
        )
    _credentials(options.repository)  # what can't be read is told before anything is written
    intent = Register(options.env, tuple(options.services or ()))
    return Landed(land(session, intent, options.landing), options.landing.dry_run)


def apply(session: Session, options: Options, landed: Landed) -> Registered:
    """Put the registration into Argo CD and wait; the root makes the rest from Git."""
    from bos_tools.delivery.applications import objects
    from bos_tools.delivery.apply import register as put
    from bos_tools.delivery.elsewhere import Elsewhere

    about, where = target(session, options.env), options.repository
    elsewhere = Elsewhere(where.repo_url, where.revision, where.skip_platform)
    made = elsewhere.apply(objects(about.tree, about.said), about.said.repo_url)
    with options.access.connect(about.said) as client:
        done = put(client, made, where.repo_url or about.said.repo_url, _credentials(where))
        for each in done:
            session.tell(Step(f"{each.kind} {each.name}: {each.what}"))
        _look_at_configuration(session, about.said.env, client.settings())
        names = {data["metadata"]["name"]: data["spec"]["project"] for data in made.values() if _is_application(data)}
        wait = aim(about, names, Deadline.after(where.timeout), is_patient=True)  # a first one may need the retries
        return Registered(landed, tuple(done), until_live(client, wait, session.tell))


def _is_application(data: "Data") -> bool:
    return bool(data["kind"] == "Application")


def _look_at_configuration(session: Session, env: str, settings: "Data") -> None:
    overrides = settings.get("resourceOverrides") or {}
    if "argoproj.io/Application" not in overrides or "PersistentVolumeClaim" not in overrides:
        session.tell(f"Argo CD lacks our health checks, so waves don't wait: bos-tools argocd configure --env {env}")


def _credentials(where: Repository) -> "Credentials | None":
    from bos_tools.delivery.apply import Credentials

    given = where.repo_password_file
    password = secret(given) if given else os.environ.get("BOS_REPO_PASSWORD", "")
    key = secret(where.repo_ssh_key_file) + "\n" if where.repo_ssh_key_file else ""
    name = where.repo_username or os.environ.get("BOS_REPO_USERNAME", "")
    return Credentials(name, password, key) if password or key else None

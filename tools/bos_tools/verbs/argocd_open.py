"""Say where a service's page in Argo CD is."""

from dataclasses import dataclass
from typing import Annotated

from bos_tools.verbs.argocd import Server, address, target
from bos_tools.verbs.options import Argument, Env, Offers, Option
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session


@dataclass(frozen=True)
class Options:
    """Which page."""

    service: Annotated[str | None, Argument("[SERVICE]", offers=Offers.services)] = None
    env: Env = None
    browser: Annotated[bool, Option("Open it.", ("--browser",))] = False
    server: Server = None


@dataclass(frozen=True)
class Page(Result):
    """The address of an application's page."""

    application: str
    url: str


def run(session: Session, options: Options) -> Page:
    """Return the page of a service, or of the whole environment."""
    about = target(session, options.env, [options.service] if options.service else None)
    said, name = about.said, about.parts[0].name  # of the whole environment it is the root
    return Page(name, f"{address(options.server, said)}/applications/{said.namespace}/{name}")

"""What the verbs of Argo CD share: which Argo CD, as whom, and which applications."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bos_tools.errors import OutsideError, Usage
from bos_tools.verbs.options import Argument, Offers, Option

if TYPE_CHECKING:
    from bos_tools.delivery.registration import Registration
    from bos_tools.doors.argocd.client import ArgoCD
    from bos_tools.doors.argocd.models import Application
    from bos_tools.tree.layout import Tree
    from bos_tools.verbs.session import Session

Services = Annotated[list[str] | None, Argument("[SERVICE …]", offers=Offers.services)]
Server = Annotated[
    str | None, Option("Argo CD's address; default: BOS_ARGOCD_SERVER. That of environment.yaml gets no token.")
]
TIMEOUT = Option("Seconds to wait.", min=1)


@dataclass(frozen=True)
class Access:
    """Which Argo CD, and as whom."""

    server: Server = None
    token_file: Annotated[
        Path | None,
        Option("A file with a token; default: BOS_ARGOCD_TOKEN, else BOS_ARGOCD_USERNAME and BOS_ARGOCD_PASSWORD."),
    ] = None
    ca_file: Annotated[Path | None, Option("The authority of Argo CD's certificate.", idle_with=("insecure",))] = None
    insecure: Annotated[bool, Option("Take any certificate.", ("--insecure",))] = False

    @contextmanager
    def connect(self, said: "Registration") -> "Iterator[ArgoCD]":
        """Lend the Argo CD that serves an environment.

        Raises Usage without a token or a password, for Argo CD answers nobody else, and without an address from
        somebody who does not write the repository.
        """
        from bos_tools.doors.argocd.client import ArgoCD

        token = self._token()
        name, password = os.environ.get("BOS_ARGOCD_USERNAME"), os.environ.get("BOS_ARGOCD_PASSWORD")
        if token is None and not (name and password):
            raise Usage(
                "no token for Argo CD",
                reason="no-token",
                hint="--token-file, BOS_ARGOCD_TOKEN, or BOS_ARGOCD_USERNAME and BOS_ARGOCD_PASSWORD",
            )
        named = _named_outside(self.server)
        if named is None:  # whoever writes environment.yaml would be given the token
            raise Usage(
                f"the token goes to no address that only the repository names: {said.server}",
                reason="address-not-given",
                hint=f"if it is the right one: --server {said.server}, or BOS_ARGOCD_SERVER",
            )
        client = ArgoCD.connect(
            named.rstrip("/"),
            token=token,
            user=(name, password) if name and password else None,
            ca_file=str(self.ca_file) if self.ca_file else None,
            insecure=self.insecure,
        )
        try:
            yield client
        finally:
            client.close()

    def _token(self) -> str | None:
        if self.token_file is not None:
            return secret(self.token_file)
        return os.environ.get("BOS_ARGOCD_TOKEN", "").strip() or None


def address(server: str | None, said: "Registration") -> str:
    """Return Argo CD's address."""
    return (_named_outside(server) or said.server).rstrip("/")


def _named_outside(server: str | None) -> str | None:
    """Return the address that somebody gave who does not write the repository."""
    return server or os.environ.get("BOS_ARGOCD_SERVER") or None


def secret(path: Path) -> str:
    """Return a secret from a file; raises Usage, without a word of it, when it can't be read or is empty."""
    try:
        text = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Usage(f"can't be read: {path}: {type(error).__name__}", reason="no-token") from error
    if not text:
        raise Usage(f"nothing is in it: {path}", reason="no-token")
    return text


@dataclass(frozen=True)
class Target:
    """One environment, or some services of it, as Argo CD knows them."""

    tree: "Tree"
    said: "Registration"
    services: tuple[str, ...]

    @property
    def names(self) -> dict[str, str]:
        """Return the project of each service's application, by its name."""
        return {self.said.application(service): self.said.project for service in self.services}

    @property
    def selector(self) -> str:
        """Return the label that the environment's applications bear."""
        return f"buildingos.io/environment={self.said.env}"

    def applications(self, client: "ArgoCD") -> "dict[str, Application | None]":
        """Return the application of each service, as far as Argo CD has one."""
        found = {app.name: app for app in client.applications([self.said.project], self.selector)}
        return {service: found.get(self.said.application(service)) for service in self.services}


def target(session: "Session", env: str | None, services: list[str] | None = None) -> Target:
    """Return what a verb is about: all services without names.

    Raises Usage for an unknown one, RepositoryError for an environment that names no Argo CD.
    """
    from bos_tools.delivery.registration import registration

    tree = session.tree()
    name = tree.environment_name(env)
    chosen = tuple(tree.unit(name, service)[0].service for service in services or ()) or tuple(tree.services(name))
    return Target(tree, registration(tree, name), chosen)


def not_registered(name: str, env: str) -> OutsideError:
    """Say that Argo CD does not know an application."""
    return OutsideError(
        f"Argo CD has no such application: {name}",
        reason="not-registered",
        hint=f"bos-tools argocd register --env {env} --apply",
    )

"""What the verbs of Argo CD share: which Argo CD, as whom, and which applications."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bos_tools.errors import BosError, OutsideError, Usage
from bos_tools.verbs.options import Argument, Offers, Option

if TYPE_CHECKING:
    from bos_tools.delivery.parts import Part
    from bos_tools.delivery.registration import Registration
    from bos_tools.doors.argocd.client import ArgoCD
    from bos_tools.doors.argocd.models import Application
    from bos_tools.tree.layout import Tree
    from bos_tools.verbs.session import Session

Services = Annotated[
    list[str] | None, Argument("[SERVICE …]", "Services; add-ons and `root` are parts, too.", offers=Offers.services)
]
Server = Annotated[
    str | None, Option("Argo CD's address; default: BOS_ARGOCD_SERVER. That of environment.yaml gets no token.")
]
TIMEOUT = Option("Seconds to wait.", min=1)
AGAIN = 2.0
"""Seconds after which what is not there is looked for once more."""


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
    def connect(self, said: "Registration", seconds: float | None = None) -> "Iterator[ArgoCD]":
        """Lend the Argo CD that serves an environment, for so many seconds, in which no outage ends a call.

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
            seconds=seconds,
        )
        try:
            yield client
        except BosError as error:  # the door does not know whom it was asked about
            error.hint = error.hint.replace("--env ENV", f"--env {said.env}")
            raise
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
    """One environment, or some parts of it, as Argo CD should know them."""

    tree: "Tree"
    said: "Registration"
    parts: "tuple[Part, ...]"
    is_whole: bool

    @property
    def names(self) -> dict[str, str]:
        """Return the project of each part's application, by its name."""
        return {part.name: part.project for part in self.parts}

    @property
    def selector(self) -> str:
        """Return the label that the environment's applications bear."""
        return f"buildingos.io/environment={self.said.env}"

    @property
    def root(self) -> tuple[str, str]:
        """Return name and project of the application that makes the others."""
        return self.said.root, self.said.root_project


def target(session: "Session", env: str | None, words: list[str] | None = None) -> Target:
    """Return what a verb is about: the whole environment without words, else the parts that they name.

    Raises Usage for an unknown one, RepositoryError for an environment that names no Argo CD.
    """
    from bos_tools.delivery.parts import parts
    from bos_tools.delivery.registration import registration

    tree = session.tree()
    name = tree.environment_name(env)
    said = registration(tree, name)
    whole = parts(said, tree.services(name))
    known = {part.word: part for part in whole}
    chosen = [known[word] if word in known else known[tree.unit(name, word)[0].service] for word in words or ()]
    return Target(tree, said, tuple(chosen or whole), not words)


@dataclass(frozen=True)
class Found:
    """The parts of a target as Argo CD has them."""

    apps: "dict[str, Application]"
    """Those that are there and may be seen, by name."""
    root: "Application | None"
    hidden: "tuple[Part, ...]"
    """Those that this account may not see."""
    left_out: "tuple[Part, ...]"
    """Those that this registration leaves out on purpose, as a sandbox its add-ons."""

    is_root_hidden: bool = False

    @property
    def all(self) -> "list[Application]":
        """Return what is there, the root too."""
        return [*self.apps.values(), *([self.root] if self.root is not None else [])]

    @property
    def notes(self) -> tuple[str, ...]:
        """Say which parts nobody judged, for want of a right to see them."""
        names = ", ".join(part.word for part in self.hidden)
        return (f"this account may not see, so nothing is said of: {names}",) if names else ()


def found(client: "ArgoCD", about: Target) -> Found:
    """Ask which parts of a target are there; the root is looked for whatever was named.

    Where nothing is there it is asked once more: a server of Argo CD that has just started knows no applications yet.
    """
    there = _found(client, about)
    if there.root is None and not there.apps:
        time.sleep(AGAIN)
        return _found(client, about)
    return there


def _found(client: "ArgoCD", about: Target) -> Found:
    from bos_tools.delivery.parts import missing_on_purpose

    name, its_project = about.root
    there = {app.name: app for app in client.applications(sorted({*about.names.values(), its_project}), about.selector)}
    root = there.get(name)
    left_out = missing_on_purpose(root)
    absent = [part for part in about.parts if part.name not in there and part.name not in left_out]
    # a part of a project in which something is seen is seen as well
    seen = {app.project for app in there.values()}
    asked = {its_project: client.is_hidden(name, its_project)} if root is None else {}
    for part in absent:
        if part.project not in seen | asked.keys():
            asked[part.project] = client.is_hidden(part.name, part.project)
    return Found(
        {part.name: there[part.name] for part in about.parts if part.name in there},
        root,
        hidden=tuple(part for part in absent if asked.get(part.project)),
        left_out=tuple(part for part in about.parts if part.name in left_out and part.name not in there),
        is_root_hidden=asked.get(its_project, False),
    )


def not_registered(name: str, env: str) -> OutsideError:
    """Say that Argo CD does not know an application."""
    return OutsideError(
        f"Argo CD has no such application: {name}",
        reason="not-registered",
        hint=f"bos-tools argocd register --env {env} --apply",
    )

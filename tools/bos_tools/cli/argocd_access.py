"""What the commands of `bos-tools argocd` share: which Argo CD, as whom, and which applications."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bos_tools.errors import Usage

if TYPE_CHECKING:
    from bos_tools.delivery.registration import Registration
    from bos_tools.doors.argocd.client import ArgoCD
    from bos_tools.tree.layout import Tree

Server = Annotated[
    str | None,
    typer.Option(help="Argo CD's address; default: BOS_ARGOCD_SERVER, else environment.yaml.", show_default=False),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        help="A file with a token; default: BOS_ARGOCD_TOKEN, else BOS_ARGOCD_USERNAME and BOS_ARGOCD_PASSWORD.",
        show_default=False,
    ),
]
CaFile = Annotated[Path | None, typer.Option(help="The authority of Argo CD's certificate.", show_default=False)]
Insecure = Annotated[bool, typer.Option("--insecure", help="Take any certificate.")]
Services = Annotated[list[str] | None, typer.Argument(metavar="[SERVICE …]", show_default=False)]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds to wait.")]


@dataclass(frozen=True)
class Access:
    """Which Argo CD, and as whom."""

    server: str | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    insecure: bool = False

    def connect(self, context: typer.Context, said: "Registration") -> "ArgoCD":
        """Connect to the Argo CD that serves an environment, until the command ends.

        Raises Usage without a token or a password: Argo CD answers nobody else.
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
        named = _named_outside(self)
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
        context.call_on_close(client.close)
        return client

    def _token(self) -> str | None:
        if self.token_file is not None:
            return secret(self.token_file)
        return os.environ.get("BOS_ARGOCD_TOKEN", "").strip() or None


def address(access: Access, said: "Registration") -> str:
    """Return Argo CD's address."""
    return (_named_outside(access) or said.server).rstrip("/")


def _named_outside(access: Access) -> str | None:
    """Return the address that somebody gave who does not write the repository."""
    return access.server or os.environ.get("BOS_ARGOCD_SERVER") or None


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


def target(context: typer.Context, env: str | None, services: list[str] | None) -> Target:
    """Return what a command is about: all services without names.

    Raises Usage for an unknown one, RepositoryError for an environment that names no Argo CD.
    """
    from bos_tools.delivery.registration import registration
    from bos_tools.doors.files import WorkTree
    from bos_tools.tree.layout import Tree

    tree = Tree(WorkTree(context.obj.root))
    name = tree.environment_name(env)
    chosen = tuple(tree.unit(name, service)[0].service for service in services or ()) or tuple(tree.services(name))
    return Target(tree, registration(tree, name), chosen)

"""The groups of commands: each is loaded when one of its commands is called, for `--help` pays for none of them."""

from importlib import import_module
from typing import Any

import typer
from typer.main import get_command

from bos_tools.cli.tolerant import TolerantGroup

GROUPS = {
    "pvc": "Look after the claims: what they have, and how they grow.",
    "secrets": "Look after the Secrets that the manifests read; their values never go through Git.",
    "argocd": "Register environments with Argo CD, look at them, wait for them.",
    "sandbox": "Run a local cluster with Argo CD and a forge, as plain processes on loopback.",
}
"""Each group's name, which is its module's too, and what it is for."""


def load(name: str) -> typer.Typer:
    """Return a group with its commands."""
    made: typer.Typer = import_module(f"bos_tools.cli.{name}").app
    return made


class Root(TolerantGroup):
    """The program's own group; the others stand in it by name and help alone until they are called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, with all of its own."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, get_command(load(name)) if name in GROUPS else found, rest

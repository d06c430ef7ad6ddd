"""What a shell offers in the place of a value: the names that the repository has, as far as it can be read."""

import re
from collections.abc import Callable
from pathlib import Path

import typer

from bos_tools.errors import BosError
from bos_tools.verbs.options import Offers
from bos_tools.verbs.session import Session

PLAIN = re.compile(r"[\w.=@/+-]+", re.ASCII)
"""A name that means nothing else to a shell, which may evaluate what it is offered; a stranger's branch has any."""


def completer(name: str, offers: Offers) -> Callable[[typer.Context, str], list[str]]:
    """Return a function that typer asks for what may stand at a parameter, begun as it is."""

    def complete(context: typer.Context, incomplete: str) -> list[str]:
        from bos_tools.verbs import names

        said = context.params.get(name)
        before = (
            " ".join(said if isinstance(said, list | tuple) else []).replace(" = ", "=").split()
        )  # bash parts at a =
        if offers is Offers.pinned and not all("=" in word for word in before):
            return []  # a service stands there, and its version comes next
        try:
            found = names.offered(Session(_named(context)), offers, context.params.get("env"))
        except BosError:  # no repository, or one that is broken: there is nothing to offer
            return []
        plain = filter(PLAIN.fullmatch, found)
        return [each for each in plain if each.startswith(incomplete) and each not in before]

    return complete


def _named(context: typer.Context) -> Path | None:
    """Return the repository that is named behind the command or before it."""
    here = context
    while here.params.get("repo") is None and here.parent is not None:
        here = here.parent  # type: ignore[assignment]  # typer's contexts are of its own class
    named = here.params.get("repo")
    return None if named is None else Path(named)

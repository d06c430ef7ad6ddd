"""`bos-tools help`: the help of a command by its words, for who does not think of `--help`."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from bos_tools.cli import console
from bos_tools.errors import Usage

EXAMPLES = """\
  bos-tools help
      which commands there are
  bos-tools help pvc grow
      what `bos-tools pvc grow --help` says
"""
ASKED = ["-h", "--help"]
"""The options that ask for a command's help, wherever it stands."""


def _inner(context: typer.Context) -> list[str]:
    """Return the commands that may follow those that are there already."""
    here = _reached(context, context.params.get("command") or [])
    listed: list[str] = getattr(here.command, "list_commands", lambda _: [])(here)
    return listed


def help_(
    context: typer.Context,
    command: Annotated[list[str] | None, typer.Argument(metavar="[COMMAND …]", autocompletion=_inner)] = None,
) -> None:
    """Show the help of a command, or which commands there are."""
    console.data(_reached(context, command or []).get_help())


def _reached(context: typer.Context, words: Sequence[str]) -> Any:
    """Return the context of the command that some words name; raises what typer says of a word that names none."""
    here: Any = context.find_root()
    for word in words:
        resolve = getattr(here.command, "resolve_command", None)
        if resolve is None:
            raise Usage(f"{here.command_path} has no commands", reason="usage", hint=f"{here.command_path} --help")
        name, found, _ = resolve(here, [word])
        if found is None:  # a shell asks behind a word that is no command
            return context
        here = typer.Context(found, info_name=name, parent=here)
    return here

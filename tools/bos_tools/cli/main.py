"""The program: its commands, its one error boundary, its exit codes."""

import errno
import gc
import inspect
import io
import os
import sys
from functools import cache
from typing import Annotated, Any

import typer

from bos_tools import __version__
from bos_tools.cli import console, manual
from bos_tools.cli.call import Call
from bos_tools.cli.errors import unexpected
from bos_tools.cli.groups import Root, everything
from bos_tools.cli.options import common, filled
from bos_tools.cli.patience import Patience
from bos_tools.errors import BosError

app = typer.Typer(
    name="bos-tools",
    help="Keep the BuildingOS overlays: bump pinned versions, prove the effect, land it on a busy branch.",
    cls=Root,
    rich_markup_mode=None,  # plain help: importing rich would cost more than everything else
    context_settings={"help_option_names": manual.ASKED},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        console.data(f"bos-tools {__version__}")
        raise typer.Exit


common(
    app,
    [
        inspect.Parameter(
            "version",
            inspect.Parameter.KEYWORD_ONLY,
            default=False,
            annotation=Annotated[
                bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
            ],
        )
    ],
)


@cache
def program() -> Any:
    """Return the program's group as typer has it."""
    return filled(app, everything())


def main(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit code; every error ends here."""
    words = sys.argv[1:] if arguments is None else arguments
    call = Call()
    try:
        try:
            with Patience(call.tell):
                code = program()(words, prog_name="bos-tools", standalone_mode=False, obj=call)
        finally:
            call.display.end()
        sys.stdout.flush()
        if code == INTERRUPTED:  # typer has caught it
            console.words("interrupted")
    except BosError as error:
        return console.failure(error, as_json=call.as_json)
    except (KeyboardInterrupt, typer.Abort):
        console.words("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe left: `bos-tools render | head`
        sys.stderr.close()
        return 0
    except SystemExit as end:
        return 0 if _met_a_broken_pipe(end) else _code(end)
    except Exception as error:
        return unexpected(error, call)
    return code if isinstance(code, int) else 0


INTERRUPTED = 130


def _met_a_broken_pipe(end: SystemExit) -> bool:
    """Tell typer's answer to a reader that left, which it would call 1, a refusal, from any other exit."""
    return isinstance(end.__context__, OSError) and end.__context__.errno == errno.EPIPE


def _code(end: SystemExit) -> int:
    """Return the exit code as Python reads it: none is 0, words are 1."""
    return end.code if isinstance(end.code, int) else int(end.code is not None)


def entry() -> None:
    """Run as a program."""
    for stream in (sys.stdout, sys.stderr):  # what they can't encode is written out, and no reason to fail
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    gc.set_threshold(1_000_000)  # a run is short and keeps what it reads: looking for garbage costs half of `status`
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us: `bos-tools status >&-`
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 -- until the end
    code = main()
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        sys.stdout = None
    raise SystemExit(code)

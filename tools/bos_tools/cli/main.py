"""The program: its commands, its one error boundary, its exit codes."""

import errno
import gc
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bos_tools import __version__
from bos_tools.cli import argocd, bump, check, doctor, history, output, pvc, sandbox, secrets, show
from bos_tools.errors import BosError

app = typer.Typer(
    name="bos-tools",
    help="Keep the BuildingOS overlays: bump pinned versions, prove the effect, land it on a busy branch.",
    rich_markup_mode=None,  # plain help: importing rich would cost more than everything else
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("bump", epilog=bump.EXAMPLES)(bump.bump)
app.command("status", epilog=show.STATUS_EXAMPLES)(show.status)
app.command("render", epilog=show.RENDER_EXAMPLES)(show.render)
app.command("diff", epilog=show.DIFF_EXAMPLES)(show.diff)
app.command("history", epilog=history.EXAMPLES)(history.history)
app.command("check", epilog=check.EXAMPLES)(check.check)
app.add_typer(pvc.app, name="pvc")
app.add_typer(secrets.app, name="secrets")
app.command("doctor", epilog=doctor.EXAMPLES)(doctor.doctor)
app.add_typer(argocd.group, name="argocd")
app.add_typer(sandbox.app, name="sandbox")


def _version(wanted: bool) -> None:
    if wanted:
        output.data(f"bos-tools {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    repo: Annotated[
        Path | None,
        typer.Option(help="The repository; default: the one around the current folder.", show_default=False),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the traceback of a bug.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Hold what stands before the command."""
    context.obj = Session(repo)


class Session:
    """What every command shares: the repository, found when it is first asked for."""

    def __init__(self, repo: Path | None) -> None:
        self.named = repo

    @property
    def root(self) -> Path:
        """Return the repository's folder.

        Raises RepositoryError where there is none.
        """
        if self.named is not None:
            if (self.named / "pyproject.toml").is_file():
                return self.named.resolve()
            raise _not_a_repository()
        here = Path.cwd().resolve()
        for folder in (here, *here.parents):
            file = folder / "pyproject.toml"
            if file.is_file() and b"[tool.bos-tools]" in file.read_bytes():
                return folder
        raise _not_a_repository()


def _not_a_repository() -> BosError:
    from bos_tools.tree.layout import not_a_repository  # it reads YAML, and `--help` need not

    return not_a_repository()


def main(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit code; every error ends here."""
    words = sys.argv[1:] if arguments is None else arguments
    as_json = _wants_json(words)
    try:
        code = app(words, prog_name="bos-tools", standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:  # typer has caught it
            output.words("interrupted")
    except BosError as error:
        return output.failure(error, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        output.words("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe left: `bos-tools render | head`
        sys.stderr.close()
        return 0
    except SystemExit:  # typer has met the same, and would call it 1, which is a refusal
        return 0
    except Exception as error:
        return _unexpected(error, words, as_json=as_json)
    return code if isinstance(code, int) else 0


def _unexpected(error: Exception, words: list[str], *, as_json: bool) -> int:
    """Tell typer's complaint about the command line from a bug of ours."""
    format_message = getattr(error, "format_message", None)
    if format_message is not None:
        from bos_tools.errors import Usage

        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help, and stays as it is
            output.words(str(format_message()))
            return Usage.exit_code
        hint = f"{getattr(getattr(error, 'ctx', None), 'command_path', 'bos-tools')} --help"
        return output.failure(Usage(_one_line(format_message()), reason="usage", hint=hint), as_json=as_json)
    if isinstance(error, OSError) and error.errno in FULL:
        from bos_tools.errors import OutsideError

        place = str(error.filename or "")
        return output.failure(
            OutsideError(f"no room is left: {error.strerror}", reason="full", path=place), as_json=False
        )
    if "--verbose" in words:
        import traceback

        traceback.print_exc()
    bug = BosError(
        f"a bug of bos-tools: {type(error).__name__}: {_one_line(str(error))}",
        reason="bug",
        hint="run it again as `bos-tools --verbose …` and report what it prints",
    )
    return output.failure(bug, as_json=as_json)


INTERRUPTED = 130
FULL = (errno.ENOSPC, errno.EDQUOT)


def _one_line(text: Any) -> str:
    return " ".join(str(text).split()).rstrip(".")


def _wants_json(words: list[str]) -> bool:
    pairs = zip(words, [*words[1:], ""], strict=False)
    return any(
        word in ("--output=json", "-ojson") or (word in ("--output", "-o") and after == "json") for word, after in pairs
    )


def entry() -> None:
    """Run as a program."""
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

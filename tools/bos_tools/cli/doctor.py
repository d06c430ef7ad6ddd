"""`bos-tools doctor`: what is missing on this machine, with the command that mends it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import typer

from bos_tools.cli import output
from bos_tools.errors import BosError, OutsideError

EXAMPLES = """\b
Examples:
  bos-tools doctor
  bos-tools doctor --output json
"""


@dataclass(frozen=True)
class Health:
    """What one look found."""

    name: str
    ok: bool
    found: str
    mend: str


def doctor(context: typer.Context, form: output.Output = output.Format.text) -> None:
    """Look for what this machine lacks, and name the command that mends it."""
    looks: list[tuple[str, Callable[[typer.Context], str], str]] = [
        ("python", _python, "install Python 3.11 or newer"),
        ("libyaml", _libyaml, "make setup"),
        ("git", _git, "apt-get install git"),
        ("identity", _identity, "git config --global user.name NAME && git config --global user.email EMAIL"),
        ("kustomize", _kustomize, "make setup"),
        ("cache", _cache, "point BOS_TOOLS_CACHE at a folder that can be written"),
        ("repository", _repository, "bos-tools --repo PATH doctor"),
    ]
    found = [_look(context, *look) for look in looks]
    if form is output.Format.json:
        output.document({"healthy": all(h.ok for h in found), "looks": [vars(h) for h in found]})
    else:
        rows = [[h.name, "ok" if h.ok else "missing", h.found, "" if h.ok else h.mend] for h in found]
        output.table(rows, head=["WHAT", "STATE", "FOUND", "MEND"])
    sick = [h for h in found if not h.ok]
    if sick:
        names = ", ".join(h.name for h in sick)
        raise OutsideError(f"this machine lacks: {names}", reason="machine", hint=sick[0].mend)


def _look(context: typer.Context, name: str, probe: Callable[[typer.Context], str], mend: str) -> Health:
    try:
        return Health(name, True, probe(context), "")
    except (BosError, ImportError) as error:
        return Health(name, False, str(error), mend)


def _python(_: typer.Context) -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _libyaml(_: typer.Context) -> str:
    import yaml

    if not yaml.__with_libyaml__:
        raise OutsideError("PyYAML was built without its C parser", reason="libyaml")
    return f"PyYAML {yaml.__version__} with its C parser"


def _git(_: typer.Context) -> str:
    from bos_tools.doors.process import run

    return run(["git", "--version"]).stdout.decode().strip()


def _identity(context: typer.Context) -> str:
    from bos_tools.doors.process import run

    try:
        cwd = context.obj.root
    except BosError:
        cwd = None
    return run(["git", "var", "GIT_AUTHOR_IDENT"], cwd=cwd).stdout.decode().rpartition(">")[0] + ">"


def _kustomize(_: typer.Context) -> str:
    from bos_tools.render.kustomize import VERSION, program

    return f"{VERSION} at {program()}"


def _cache(_: typer.Context) -> str:
    from bos_tools.doors.files import cache_folder, scratch

    with scratch():
        return str(cache_folder())


def _repository(context: typer.Context) -> str:
    return str(context.obj.root)

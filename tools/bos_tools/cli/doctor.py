"""`bos-tools doctor`: what is missing on this machine, with the command that mends it."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

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
    is_for_all: bool = True
    """Every command needs it, not the sandbox alone."""


GO = (1, 21)
"""From here on Go fetches the version that a module asks for (https://go.dev/doc/toolchain)."""


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
    sandbox: list[tuple[str, Callable[[typer.Context], str], str]] = [
        ("linux", _linux, "every command but the sandbox works with a cluster of yours: KUBECONFIG, BOS_ARGOCD_SERVER"),
        ("go", _go, "https://go.dev/doc/install"),
        ("gcc", _gcc, "apt-get install gcc libc6-dev"),
    ]
    found = [_look(context, *look) for look in looks]
    found += [replace(_look(context, *look), is_for_all=False) for look in sandbox]
    if form is output.Format.json:
        output.document({"healthy": all(h.ok for h in found if h.is_for_all), "looks": [vars(h) for h in found]})
    else:
        rows = [
            [h.name, "" if h.is_for_all else "sandbox", "ok" if h.ok else "missing", h.found, "" if h.ok else h.mend]
            for h in found
        ]
        output.table(rows, head=["WHAT", "FOR", "STATE", "FOUND", "MEND"])
    if lacking := [h.name for h in found if not h.ok and not h.is_for_all]:
        output.words(f"the sandbox can't be built here: it lacks {', '.join(lacking)}; all else works")
    sick = [h for h in found if not h.ok and h.is_for_all]
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


def _linux(_: typer.Context) -> str:
    if not Path("/proc/self/environ").exists():
        raise OutsideError("there is no /proc, where the sandbox finds its processes", reason="platform")
    return "/proc"


def _go(_: typer.Context) -> str:
    from bos_tools.doors.process import run

    said = run(["go", "version"]).stdout.decode().strip()
    found = re.search(r"\bgo(\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < GO:
        raise OutsideError(f"{said} is older than {GO[0]}.{GO[1]}", reason="program-missing")
    return said


def _gcc(_: typer.Context) -> str:
    from bos_tools.doors.process import run

    return run(["gcc", "--version"]).stdout.decode().splitlines()[0]

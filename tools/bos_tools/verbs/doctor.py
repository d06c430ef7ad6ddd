"""Look for what is missing on this machine, with the command that mends it."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bos_tools.errors import BosError, OutsideError
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session


@dataclass(frozen=True)
class Options:
    """Nothing to choose."""


@dataclass(frozen=True)
class Health:
    """What one look found."""

    name: str
    ok: bool
    found: str
    mend: str
    is_for_all: bool
    """Every command needs it, not the sandbox alone."""


@dataclass(frozen=True)
class Checkup(Result):
    """What all looks found."""

    looks: tuple[Health, ...]

    @property
    def sick(self) -> list[Health]:
        """Return what every command lacks."""
        return [look for look in self.looks if not look.ok and look.is_for_all]

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what the sandbox alone lacks."""
        lacking = [look.name for look in self.looks if not look.ok and not look.is_for_all]
        names = ", ".join(lacking)
        return (f"the sandbox can't be built here: it lacks {names}; all else works",) if lacking else ()

    @property
    def trouble(self) -> OutsideError | None:
        """Return what every command lacks, with the first mend."""
        if not self.sick:
            return None
        names = ", ".join(look.name for look in self.sick)
        return OutsideError(f"this machine lacks: {names}", reason="machine", hint=self.sick[0].mend)


GO = (1, 21)
"""From here on Go fetches the version that a module asks for (https://go.dev/doc/toolchain)."""


def run(session: Session, _: Options) -> Checkup:
    """Look at everything; what fails stands beside what does not."""
    return Checkup(tuple(_look(session, look) for look in LOOKS))


class Look(NamedTuple):
    """One thing to look for."""

    name: str
    probe: Callable[[Session], str]
    mend: str
    is_for_all: bool = True


def _look(session: Session, look: Look) -> Health:
    try:
        found, mend, ok = look.probe(session), "", True
    except (BosError, ImportError) as error:
        found, mend, ok = str(error), look.mend, False
    return Health(look.name, ok, found, mend, look.is_for_all)


def _python(_: Session) -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _libyaml(_: Session) -> str:
    import yaml

    if not yaml.__with_libyaml__:
        raise OutsideError("PyYAML was built without its C parser", reason="libyaml")
    return f"PyYAML {yaml.__version__} with its C parser"


def _git(_: Session) -> str:
    return _said("git", "--version").strip()


def _identity(session: Session) -> str:
    try:
        cwd = session.root
    except BosError:
        cwd = None
    return _said("git", "var", "GIT_AUTHOR_IDENT", cwd=cwd).rpartition(">")[0] + ">"


def _kustomize(_: Session) -> str:
    from bos_tools.render.kustomize import VERSION, boxed, program

    taken = ", ".join(boxed())
    box = f"in a box without {taken}" if taken else "without a box: render what you trust alone"
    return f"{VERSION} at {program()}, {box}"


def _cache(_: Session) -> str:
    from bos_tools.doors.private import cache_folder, scratch

    with scratch():
        return str(cache_folder())


def _repository(session: Session) -> str:
    return str(session.root)


def _linux(_: Session) -> str:
    if not Path("/proc/self/environ").exists():
        raise OutsideError("there is no /proc, where the sandbox finds its processes", reason="platform")
    return "/proc"


def _go(_: Session) -> str:
    said = _said("go", "version").strip()
    found = re.search(r"\bgo(\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < GO:
        raise OutsideError(f"{said} is older than {GO[0]}.{GO[1]}", reason="program-missing")
    return said


def _gcc(_: Session) -> str:
    return _said("gcc", "--version").splitlines()[0]


def _said(*words: str, cwd: Path | None = None) -> str:
    from bos_tools.doors.process import run as run_program

    return run_program(list(words), cwd=cwd).stdout.decode()


LOOKS = (
    Look("python", _python, "install Python 3.11 or newer"),
    Look("libyaml", _libyaml, "make setup"),
    Look("git", _git, "apt-get install git"),
    Look("identity", _identity, "git config --global user.name NAME && git config --global user.email EMAIL"),
    Look("kustomize", _kustomize, "make setup"),
    Look("cache", _cache, "point BOS_TOOLS_CACHE at a folder that can be written"),
    Look("repository", _repository, "bos-tools --repo PATH doctor"),
    Look(
        "linux",
        _linux,
        "every command but the sandbox works with a cluster of yours: KUBECONFIG, BOS_ARGOCD_SERVER",
        is_for_all=False,
    ),
    Look("go", _go, "https://go.dev/doc/install", is_for_all=False),
    Look("gcc", _gcc, "apt-get install gcc libc6-dev", is_for_all=False),
)

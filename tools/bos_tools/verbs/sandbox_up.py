"""Bring a sandbox up, or mend the one that is there."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from bos_tools.verbs.options import Offers, Option
from bos_tools.verbs.progress import Progress
from bos_tools.verbs.result import Result
from bos_tools.verbs.sandbox import Which
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.sandbox import Sandbox

QUIET = 20.0
"""Seconds between two lines of a build where no terminal replaces one by the next."""


@dataclass(frozen=True)
class Options:
    """Whose nodes, and what runs beside the cluster."""

    env: Annotated[
        str | None, Option("Whose nodes; default: the first environment.", ("--env", "-e"), offers=Offers.environments)
    ] = None
    which: Which = field(default_factory=Which)
    argocd: Annotated[bool, Option("With Argo CD.", ("--argocd/--no-argocd",))] = True
    forge: Annotated[bool, Option("With Gitea.", ("--forge/--no-forge",))] = True


@dataclass(frozen=True)
class Up(Result):
    """A sandbox that runs."""

    sandbox: "Sandbox"
    seconds: float
    which: Which


def run(session: Session, options: Options) -> Up:
    """Bring it up; raises OutsideError for what can't be built or does not become healthy."""
    from bos_tools.sandbox import up

    started = time.monotonic()
    which = options.which
    sandbox = up(
        session.root,
        options.env,
        which.name,
        with_argocd=options.argocd,
        with_forge=options.forge,
        folder=which.state,
        tell=hears(session),
    )
    return Up(sandbox, time.monotonic() - started, which)


def hears(session: Session) -> Callable[[str], None]:
    """Return what hears the sandbox: how far a build has come passes, all else stays."""
    from bos_tools.sandbox.progress import PASSING

    def tell(text: str) -> None:
        session.tell(Progress({"build": text}, every=QUIET) if text.startswith(PASSING) else text)

    return tell

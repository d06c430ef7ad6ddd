"""Wait until services are live."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from bos_tools.verbs.argocd import TIMEOUT, Access, Services, target
from bos_tools.verbs.options import Env, Option
from bos_tools.verbs.progress import Progress
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session, Tell

if TYPE_CHECKING:
    from pathlib import Path

    from bos_tools.delivery.verdict import Wanted
    from bos_tools.delivery.wait import Seen
    from bos_tools.doors.argocd.client import ArgoCD


@dataclass(frozen=True)
class Options:
    """For which services, which commit, and how long."""

    services: Services = None
    env: Env = None
    revision: Annotated[str | None, Option("The commit that must be live; default: whatever Argo CD sees.")] = None
    timeout: Annotated[float, TIMEOUT] = 300
    access: Access = field(default_factory=Access)


@dataclass(frozen=True)
class Live(Result):
    """Applications that were waited for; none where nobody waited."""

    applications: tuple["Seen", ...]


def run(session: Session, options: Options) -> Live:
    """Wait; raises OutsideError when one fails or the time is up, Refused when one is held back by a policy."""
    about = target(session, options.env, options.services)
    wanted = _wanted(session.root, options.revision)
    with options.access.connect(about.said) as client:
        seen = until_live(
            client, about.names, about.selector, wanted=wanted, timeout=options.timeout, tell=session.tell
        )
    return Live(seen)


def _wanted(root: "Path", revision: str | None) -> "Wanted":
    """Return what tells whether a commit holds the one that is waited for: on a busy branch a later one does, too."""
    if revision is None:
        return lambda _: True
    from bos_tools.doors.git import Git

    door = Git(root)
    commit = door.resolve(revision)
    known: dict[str, bool] = {commit: True}

    def holds(seen: str) -> bool:
        if seen not in known and seen:
            known[seen] = door.is_ancestor(commit, seen)
        return known.get(seen, False)

    return holds


def until_live(
    client: "ArgoCD",
    names: Mapping[str, str],
    selector: str,
    *,
    wanted: "Wanted",
    timeout: float,
    tell: Tell,
    parent: str = "",
) -> "tuple[Seen, ...]":
    """Wait for applications, and tell how far each is."""
    from bos_tools.delivery.wait import Wait

    return tuple(
        Wait(
            client,
            names,
            wanted=wanted,
            selector=selector,
            timeout=timeout,
            is_patient=bool(parent),  # a first registration may need Argo CD's retries
            parent=parent,
            show=lambda seen: tell(Progress({each.name: _line(each) for each in seen if each.app is not None})),
        ).run()
    )


def _line(seen: "Seen") -> str:
    verdict = seen.verdict
    return f"{seen.name}: {verdict.state}{': ' if verdict.why else ''}{verdict.why}"

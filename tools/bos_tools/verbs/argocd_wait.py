"""Wait until services are live."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from bos_tools.errors import OutsideError
from bos_tools.verbs.argocd import TIMEOUT, Access, Found, Services, Target, found, not_registered, target
from bos_tools.verbs.options import Env, Option
from bos_tools.verbs.progress import Progress
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session, Tell
from bos_tools.watching import Deadline

if TYPE_CHECKING:
    from bos_tools.delivery.ports import Application
    from bos_tools.delivery.wait import Aim, Seen
    from bos_tools.doors.argocd.client import ArgoCD
    from bos_tools.verbs.commits import Commits


@dataclass(frozen=True)
class Options:
    """For which services, which commit, and how long."""

    services: Services = None
    env: Env = None
    revision: Annotated[
        str | None, Option("The commit that must be live, or a later one; default: whatever Argo CD sees.")
    ] = None
    timeout: Annotated[float, TIMEOUT] = 300
    access: Access = field(default_factory=Access)


@dataclass(frozen=True)
class Live(Result):
    """Applications that were waited for; none where nobody waited."""

    applications: tuple["Seen", ...]
    notes: tuple[str, ...] = ()


def run(session: Session, options: Options) -> Live:
    """Wait; raises OutsideError when one fails or the time is up, Refused when one is held back by a policy."""
    deadline = Deadline.after(options.timeout)
    about = target(session, options.env, options.services)
    with options.access.connect(about.said, deadline.left) as client:
        there = found(client, about)
        commits = None
        if options.revision is not None:
            commits = commits_of(session, options.revision, about, there, deadline)
            commits.demand_pushed(about.said.env)
        names = waited_for(about, there)
        return Live(until_live(client, aim(about, names, deadline, commits), session.tell), there.notes)


def commits_of(session: Session, revision: str, about: Target, there: Found, deadline: Deadline | None) -> "Commits":
    """Return a revision of this clone, on the branch that Argo CD follows."""
    from bos_tools.verbs.commits import Commits

    source = next(
        (app.spec.get("source") or {} for app in there.all if "chart" not in (app.spec.get("source") or {})), {}
    )
    branch, url = (str(source.get(key) or own) for key, own in about.said.source.items())
    return Commits.of(session, revision, branch=branch, url=url, deadline=deadline)


def waited_for(about: Target, there: Found) -> dict[str, str]:
    """Return the applications to wait for: not those that are left out, or that this account may not see.

    Raises OutsideError, at once, for one that is not there and that no root will make, and where nothing may be seen.
    """
    gone = {part.name for part in (*there.hidden, *there.left_out)}
    names = {name: project for name, project in about.names.items() if name not in gone}
    if not names and there.hidden:
        raise OutsideError(
            f"this account may see nothing of it: {', '.join(part.word for part in there.hidden)}",
            reason="forbidden",
            hint="a token of this environment: bos-tools argocd token",
        )
    if there.root is None and not there.is_root_hidden:
        for name in names:
            if name not in there.apps and name != about.said.root:
                raise not_registered(name, about.said.env)
        names.pop(about.said.root, None)
    return names


def aim(
    about: Target,
    names: Mapping[str, str],
    deadline: Deadline,
    commits: "Commits | None" = None,
    *,
    is_patient: bool = False,
    confirm: "Callable[[Application], None] | None" = None,
) -> "Aim":
    """Return what is waited for."""
    from bos_tools.delivery.wait import Aim

    return Aim(
        names,
        about.selector,
        deadline,
        wanted=commits.holds if commits is not None else lambda _: True,
        commit=commits.commit if commits is not None else "",
        is_patient=is_patient,
        confirm=confirm,
        root=about.root,
        help=f"bos-tools argocd status --env {about.said.env}",
    )


def until_live(client: "ArgoCD", aim: "Aim", tell: Tell) -> "tuple[Seen, ...]":
    """Wait for applications, and tell how far each is."""
    from bos_tools.delivery.wait import Wait

    def show(seen: "list[Seen]") -> None:
        others = [each for each in seen if each.name != aim.root[0]]
        is_rest_live = all(each.verdict.state == "live" for each in others)
        told = seen if is_rest_live else others  # what the root makes is what it waits for, and says why
        tell(Progress({each.name: _line(each) for each in told if each.app is not None}))

    return tuple(Wait(client, aim, show=show).run())


def _line(seen: "Seen") -> str:
    verdict = seen.verdict
    if seen.doubted is not None:
        return f"{seen.name}: looks failed, so it is looked at once more"
    return f"{seen.name}: {verdict.state}{': ' if verdict.why else ''}{verdict.why}"

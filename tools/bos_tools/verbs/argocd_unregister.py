"""Take an environment out of Argo CD."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from bos_tools.errors import Refused
from bos_tools.verbs.argocd import Access, target
from bos_tools.verbs.options import Env, Option
from bos_tools.verbs.progress import Step
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.delivery.apply import Done


@dataclass(frozen=True)
class Options:
    """Which environment, and what goes with it."""

    env: Env = None
    delete_workloads: Annotated[
        bool, Option("Delete what runs, too; asks for the environment's name.", ("--delete-workloads",))
    ] = False
    yes_delete: Annotated[
        str | None,
        Option("The second word that --delete-workloads needs.", metavar="ENV", needs=("delete_workloads",)),
    ] = None
    access: Access = field(default_factory=Access)


@dataclass(frozen=True)
class Unregistered(Result):
    """What was done in Argo CD."""

    env: str
    done: tuple["Done", ...]


def run(session: Session, options: Options) -> Unregistered:
    """Take it out; Git and, unless told so twice, the workloads stay.

    Raises Refused where the workloads' end is not confirmed; then nothing was done.
    """
    from bos_tools.delivery.apply import unregister as take_out

    about = target(session, options.env)
    said = about.said
    if options.delete_workloads:
        _confirm(session, said.env, options.yes_delete)
    done = []
    with options.access.connect(said) as client:
        for each in take_out(client, about.names, said.root, delete_workloads=options.delete_workloads):
            done.append(each)
            session.tell(Step(f"{each.kind} {each.name}: {each.what}"))
    return Unregistered(said.env, tuple(done))


def _confirm(session: Session, env: str, said: str | None) -> None:
    """Hear the environment's name once more, from an option or from a person."""
    if said is None:
        said = session.human.confirms(f"This deletes what runs in {env}. Its name, to go on")
    if said != env:
        raise Refused(
            f"nothing was deleted: the workloads of {env} go only when its name is said twice",
            reason="not-confirmed",
            hint=f"--delete-workloads --yes-delete {env}",
        )

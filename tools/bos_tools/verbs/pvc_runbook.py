"""Fill in the runbook for what the tool refuses to do: a smaller claim."""

from dataclasses import dataclass

from bos_tools.errors import RepositoryError
from bos_tools.verbs.options import Env
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session
from bos_tools.verbs.volumes import What, volume

RUNBOOK = ".github/runbooks/shrink-a-claim.md"


@dataclass(frozen=True)
class Options:
    """Which volume."""

    what: What
    env: Env = None


@dataclass(frozen=True)
class Runbook(Result):
    """The way to a smaller claim, with the real names."""

    volume: str
    env: str
    text: str


def run(session: Session, options: Options) -> Runbook:
    """Fill in; raises RepositoryError where the runbook is missing."""
    from bos_tools.storage.volumes import holder
    from bos_tools.tree.nodes import decode
    from bos_tools.tree.quantity import written

    tree = session.tree()
    found = volume(tree, options.env, options.what)
    data = tree.source.read(RUNBOOK)
    if data is None:
        raise RepositoryError("the runbook is missing", reason="missing-file", path=RUNBOOK)
    text = decode(data, RUNBOOK)
    for word, name in (
        ("<env>", found.unit.env), ("<service>", found.unit.service), ("<volume>", found.name),
        ("<claims>", " ".join(found.claims) or f"-l cnpg.io/cluster={found.owner}"),
        ("<claim>", (found.claims or (found.owner,))[0]), ("<namespace>", found.namespace or "default"),
        ("<owner>", holder(tree.graph, found)), ("<class>", found.storage_class or "-"),
        ("<size>", written(found.size)), ("<folder>", found.unit.folder),
    ):  # fmt: skip
        text = text.replace(word, name)
    return Runbook(found.name, found.unit.env, text)

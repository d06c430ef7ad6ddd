"""`bos-tools pvc list`, `verify` and `runbook`: look at volumes, and change nothing."""

from collections.abc import Callable
from contextlib import ExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bos_tools.cli import output
from bos_tools.cli.pvc_grow import Context, Kubeconfig, What, ranges

if TYPE_CHECKING:
    from bos_tools.cluster.growth import Seen
    from bos_tools.tree.layout import Tree
    from bos_tools.tree.live import Claim
    from bos_tools.tree.volumes import Volume

LIST_EXAMPLES = """\b
Examples:
  bos-tools pvc list
      every volume of every environment, as Git has it
  bos-tools pvc list --env prod --live
      beside what the cluster has, and how far each growth is
"""
VERIFY_EXAMPLES = """\b
Examples:
  bos-tools pvc verify postgres-data --env prod
      wait until every claim has the capacity that Git asks for, or say why not
  bos-tools pvc verify redis --env prod --timeout 0 --output json
      one look
"""
RUNBOOK_EXAMPLES = """\b
Examples:
  bos-tools pvc runbook postgres-data --env prod
      how to move to a smaller claim, with the real names filled in
"""
RUNBOOK = ".github/runbooks/shrink-a-claim.md"

Usage = Callable[["Volume", str], tuple[Decimal, Decimal] | None]
"""A volume and one of its claims to the bytes used and free, where the metrics know."""


def unknown(_volume: "Volume", _claim: str) -> None:
    """Say that there are no metrics."""


def list_(
    context: typer.Context,
    env: output.Envs = None,
    live: Annotated[bool, typer.Option("--live", help="Ask the cluster of the environment, too.")] = False,
    kubeconfig: Kubeconfig = None,
    cluster: Context = None,
    form: output.Output = output.Format.text,
) -> None:
    """Show every volume: its size in Git and live, the plan's range, its class, and how far a growth is."""
    from bos_tools.errors import Usage as Wrong
    from bos_tools.tree.volumes import volumes

    tree = _tree(context)
    if live and env is None:
        raise Wrong("one cluster holds one environment", reason="usage", hint="say --env with --live")
    name = tree.environment(env) if env is not None else None
    found = [volume for unit in tree.units(name) for volume in volumes(tree.graph, unit)]
    with ExitStack() as held:
        read = _reader(held, kubeconfig, cluster) if live else None
        rows = [row for volume in found for row in _rows(volume, read, unknown)]
    if form is output.Format.json:
        output.document({"volumes": rows})
        return
    head = [
        "VOLUME",
        "ENV",
        "GIT",
        "PLAN",
        "CLASS",
        *(["CLAIM", "LIVE", "CAPACITY", "USED", "FREE", "STATE"] if live else []),
    ]
    keys = [
        "volume",
        "env",
        "git",
        "plan",
        "class",
        *(["claim", "live", "capacity", "used", "free", "state"] if live else []),
    ]
    output.table([[str(row[key] if row[key] is not None else "-") for key in keys] for row in rows], head=head)


Reader = Callable[["Volume"], "tuple[tuple[Claim, ...], tuple[str, ...]]"]


def _reader(held: ExitStack, kubeconfig: str | None, context: str | None) -> Reader:
    """Return what reads a volume's live claims and the names of those that are missing; each namespace is read once."""
    from functools import cache

    from bos_tools.cluster.claims import Claims
    from bos_tools.cluster.client import Cluster

    cluster = held.enter_context(Cluster.connect(kubeconfig, context))
    of = cache(lambda namespace: Claims(cluster, namespace))
    return lambda volume: (of(volume.namespace).of(volume), of(volume.namespace).missing(volume))


def _rows(volume: "Volume", read: Reader | None, usage: Usage) -> list[dict[str, Any]]:
    from bos_tools.tree.live import stage
    from bos_tools.tree.quantity import written

    sizes = ranges().get(volume.name)
    row: dict[str, Any] = {
        "volume": volume.name, "service": volume.unit.service, "env": volume.unit.env, "git": written(volume.size),
        "plan": f"{sizes[0]}–{sizes[1]}Gi" if sizes else None, "class": volume.storage_class,
    }  # fmt: skip
    if read is None:
        return [row]
    claims, missing = read(volume)
    rows = []
    for claim in claims:
        used, free = usage(volume, claim.name) or (None, None)
        rows.append(row | {
            "claim": claim.name, "live": written(claim.request),
            "capacity": written(claim.capacity) if claim.capacity else None,
            "used": written(used) if used is not None else None, "free": written(free) if free is not None else None,
            "state": str(stage(claim, volume.size)),
        })  # fmt: skip
    gone = {"live": None, "capacity": None, "used": None, "free": None, "state": "missing"}
    return rows + [row | {"claim": name, **gone} for name in missing]


def verify(
    context: typer.Context,
    what: What,
    env: output.Env = None,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait; 0 looks once.")] = 600.0,
    kubeconfig: Kubeconfig = None,
    cluster: Context = None,
    argocd_namespace: Annotated[str, typer.Option(help="Where Argo CD keeps its Applications.")] = "argocd",
    form: output.Output = output.Format.text,
) -> None:
    """Wait until a growth has reached every claim, and say what holds it up when it has not."""
    from bos_tools.cluster.client import Cluster
    from bos_tools.cluster.growth import outcome, watch
    from bos_tools.tree.volumes import find

    tree = _tree(context)
    volume = find(tree, tree.environment(env), what)
    with Cluster.connect(kubeconfig, cluster) as asked, _display(form) as tell:
        seen = watch(_looker(context, volume, asked, argocd_namespace), timeout, tell)
    said = outcome(volume, seen)
    if said is not None:
        raise said
    if form is output.Format.json:
        output.document(_seen_json(volume, seen))
        return
    for line in _lines(seen):
        output.data(line)
    output.words(f"done: {volume.name} in {volume.unit.env} has what Git asks for")


def _looker(context: typer.Context, volume: "Volume", cluster: Any, argocd: str) -> "Callable[[], Seen]":
    from dataclasses import replace
    from functools import cache

    from bos_tools.cluster.claims import Claims
    from bos_tools.cluster.growth import delivery, see
    from bos_tools.doors.git import Git
    from bos_tools.errors import BosError

    door = Git(context.obj.root)
    try:
        head = door.resolve("HEAD")
    except BosError:
        head = ""
    is_ours = cache(
        lambda revision: not head or not door.is_ancestor(revision, revision) or door.is_ancestor(head, revision)
    )

    def look() -> "Seen":
        claims = Claims(cluster, volume.namespace)
        said = delivery(cluster, argocd, volume.unit.folder)
        if said is not None and said.revision and not is_ours(said.revision):
            said = replace(said, phase="")  # how an older commit fared says nothing of this one
        return see(volume.size, claims.of(volume), claims.missing(volume), said)

    return look


def _display(form: output.Format) -> "Any":
    """Return a context that lends a function to show each look: live on a terminal, a line a change elsewhere."""
    import sys
    from contextlib import contextmanager

    @contextmanager
    def plain() -> Any:
        last: list[str] = []

        def tell(seen: "Seen") -> None:
            lines = _lines(seen)
            for line in lines:
                if line not in last and not seen.is_settled:
                    output.words(line)
            last[:] = lines

        yield tell

    @contextmanager
    def moving() -> Any:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        with Live(console=Console(stderr=True), transient=True, refresh_per_second=4) as live:
            yield lambda seen: live.update(Text("\n".join(_lines(seen))))

    return moving() if form is output.Format.text and sys.stderr.isatty() else plain()


def _lines(seen: "Seen") -> list[str]:
    from bos_tools.tree.quantity import written

    lines = [
        f"{claim.name}: {at}, {written(claim.capacity)} of {written(seen.size)}" for claim, at in seen.claims.values()
    ]
    return lines + [f"{name}: missing" for name in seen.missing]


def _seen_json(volume: "Volume", seen: "Seen") -> dict[str, Any]:
    from bos_tools.tree.quantity import written

    return {
        "volume": volume.name,
        "env": volume.unit.env,
        "size": written(seen.size),
        "claims": [
            {"name": c.name, "state": str(at), "request": written(c.request), "capacity": written(c.capacity)}
            for c, at in seen.claims.values()
        ],
    }


def runbook(
    context: typer.Context, what: What, env: output.Env = None, form: output.Output = output.Format.text
) -> None:
    """Print how to move a volume to a smaller claim, which the tool refuses to do, with the real names filled in."""
    from bos_tools.errors import RepositoryError
    from bos_tools.tree.quantity import written
    from bos_tools.tree.volumes import find, holder

    tree = _tree(context)
    volume = find(tree, tree.environment(env), what)
    data = tree.source.read(RUNBOOK)
    if data is None:
        raise RepositoryError("the runbook is missing", reason="missing-file", path=RUNBOOK)
    text = data.decode()
    for word, name in (
        ("<env>", volume.unit.env), ("<service>", volume.unit.service), ("<volume>", volume.name),
        ("<claims>", " ".join(volume.claims) or f"-l cnpg.io/cluster={volume.owner}"),
        ("<claim>", (volume.claims or (volume.owner,))[0]), ("<namespace>", volume.namespace or "default"),
        ("<owner>", holder(tree.graph, volume)), ("<class>", volume.storage_class or "-"),
        ("<size>", written(volume.size)), ("<folder>", volume.unit.folder),
    ):  # fmt: skip
        text = text.replace(word, name)
    if form is output.Format.json:
        output.document({"volume": volume.name, "env": volume.unit.env, "runbook": text})
    else:
        output.data(text.rstrip("\n"))


def _tree(context: typer.Context) -> "Tree":
    from bos_tools.doors.files import WorkTree
    from bos_tools.tree.layout import Tree

    return Tree(WorkTree(context.obj.root))

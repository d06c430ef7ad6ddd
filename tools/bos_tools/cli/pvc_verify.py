"""`bos-tools pvc verify`: wait for the end of a growth, and say what it is."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bos_tools.cli import output
from bos_tools.cli.pvc_grow import Context, Kubeconfig, What, repository
from bos_tools.cli.recommend import Named, usage

if TYPE_CHECKING:
    from decimal import Decimal

    from bos_tools.storage.arrival import Seen
    from bos_tools.storage.volumes import Volume
    from bos_tools.tree.layout import Tree

EXAMPLES = """\b
Examples:
  bos-tools pvc verify postgres-data --env prod
      wait until every claim has the capacity that Git asks for, or say why not
  bos-tools pvc verify redis --env prod --timeout 0 --output json
      one look
"""


def verify(
    context: typer.Context,
    what: What,
    env: output.Env = None,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait; 0 looks once.")] = 600.0,
    kubeconfig: Kubeconfig = None,
    cluster: Context = None,
    argocd_namespace: Annotated[str, typer.Option(help="Where Argo CD keeps its Applications.")] = "argocd",
    prometheus: Named = None,
    form: output.Output = output.Format.text,
) -> None:
    """Wait until a growth has reached every claim, and say what holds it up when it has not."""
    from bos_tools.doors.kubernetes.client import Cluster
    from bos_tools.storage.arrival import outcome, watch
    from bos_tools.storage.volumes import find

    tree = repository(context)
    volume = find(tree, tree.environment_name(env), what)
    with Cluster.connect(kubeconfig, cluster) as asked, _display(form) as tell:
        sizes = partial(_file_systems, tree, volume, prometheus)
        seen = watch(_looker(context, volume, asked, argocd_namespace, sizes), timeout, tell)
    said = outcome(volume, seen)
    if said is not None:
        raise said
    if form is output.Format.json:
        output.document(_seen_json(volume, seen))
        return
    for line in _lines(seen):
        output.data(line)
    output.words(f"done: {volume.name} in {volume.unit.env} has what Git asks for")


def _file_systems(tree: "Tree", volume: "Volume", prometheus: str | None) -> "dict[str, Decimal]":
    """Return the size of each claim's file system, as far as metrics are there."""
    from decimal import Decimal

    filled = usage(tree, volume.unit.env, prometheus, volume.namespace)
    return {claim: Decimal(space["capacity"]) for claim, space in filled.items() if "capacity" in space}


def _looker(
    context: typer.Context, volume: "Volume", cluster: Any, argocd: str, sizes: "Callable[[], dict[str, Decimal]]"
) -> "Callable[[], Seen]":
    from dataclasses import replace
    from functools import cache

    from bos_tools.doors.git import Git
    from bos_tools.errors import BosError
    from bos_tools.storage.arrival import delivery, see
    from bos_tools.storage.observed import Claims

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
        seen = see(volume.size, claims.of(volume), claims.missing(volume), said)
        return replace(seen, file_systems=sizes()) if seen.is_done else seen

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

"""`bos-tools pvc list`: what every volume has, in Git and live."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bos_tools.cli import output
from bos_tools.cli.pvc_grow import Context, Kubeconfig, ranges, repository
from bos_tools.cli.recommend import Named, usage
from bos_tools.errors import Usage

if TYPE_CHECKING:
    from bos_tools.storage.live import Claim
    from bos_tools.storage.volumes import Volume

EXAMPLES = """\b
Examples:
  bos-tools pvc list
      every volume of every environment, as Git has it
  bos-tools pvc list --env prod --live
      beside what the cluster has, and how far each growth is
"""

GIT = ("volume", "env", "git", "plan", "class")
LIVE = ("claim", "live", "capacity", "used", "free", "state")


def list_(
    context: typer.Context,
    env: output.Envs = None,
    live: Annotated[bool, typer.Option("--live", help="Ask the cluster of the environment, too.")] = False,
    kubeconfig: Kubeconfig = None,
    cluster: Context = None,
    prometheus: Named = None,
    form: output.Output = output.Format.text,
) -> None:
    """Show every volume: its size in Git and live, the plan's range, its class, and how far a growth is."""
    from bos_tools.storage.volumes import volumes

    tree = repository(context)
    if live and env is None:
        raise Usage("one cluster holds one environment", reason="usage", hint="say --env with --live")
    name = tree.environment_name(env) if env is not None else None
    found = [volume for unit in tree.units(name) for volume in volumes(tree.graph, unit)]
    with ExitStack() as held:
        read = _reader(held, kubeconfig, cluster) if live else None
        filled = cache(lambda namespace: usage(tree, str(name), prometheus, namespace))
        rows = [row for volume in found for row in _rows(volume, read, filled)]
    if form is output.Format.json:
        output.document({"volumes": rows})
        return
    keys = [*GIT, *(LIVE if live else ())]
    output.table(
        [[str(row[key] if row[key] is not None else "-") for key in keys] for row in rows],
        head=[key.upper() for key in keys],
    )


Filled = Callable[[str], dict[str, dict[str, float]]]
"""A namespace to the bytes of each claim's file system, where the metrics know."""
Reader = Callable[["Volume"], "tuple[tuple[Claim, ...], tuple[str, ...]]"]


def _reader(held: ExitStack, kubeconfig: str | None, context: str | None) -> Reader:
    """Return what reads a volume's live claims and the names of those that are missing; each namespace is read once."""
    from bos_tools.doors.kubernetes.client import Cluster
    from bos_tools.storage.observed import Claims

    cluster = held.enter_context(Cluster.connect(kubeconfig, context))
    of = cache(lambda namespace: Claims(cluster, namespace))
    return lambda volume: (of(volume.namespace).of(volume), of(volume.namespace).missing(volume))


def _rows(volume: "Volume", read: Reader | None, filled: Filled) -> list[dict[str, Any]]:
    from bos_tools.storage.live import stage
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
        space = filled(volume.namespace).get(claim.name, {})
        rows.append(row | {
            "claim": claim.name, "live": written(claim.request),
            "capacity": written(claim.capacity) if claim.capacity else None,
            "used": _gib(space.get("used")), "free": _gib(space.get("available")),
            "state": str(stage(claim, volume.size)),
        })  # fmt: skip
    gone = {"live": None, "capacity": None, "used": None, "free": None, "state": "missing"}
    return rows + [row | {"claim": name, **gone} for name in missing]


def _gib(number: float | None) -> str | None:
    return None if number is None else f"{number / 2**30:.1f}Gi"

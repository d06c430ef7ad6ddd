"""`bos-tools pvc grow` and `adopt`: change what Git says of a volume's size."""

from typing import TYPE_CHECKING, Annotated

import typer

from bos_tools.cli import change, output
from bos_tools.errors import Usage

if TYPE_CHECKING:
    from decimal import Decimal

    from bos_tools.intents.grow import Look, Ranges
    from bos_tools.storage.volumes import Volume
    from bos_tools.tree.layout import Tree

GROW_EXAMPLES = """\b
Examples:
  bos-tools pvc grow postgres-data 80Gi --env prod --push --reason "84 % full"
      ask the cluster, prove it in the render, land it as a commit of its own
  bos-tools pvc grow redis +25% --env prod --dry-run
      all claims of the StatefulSet together, with their template
  bos-tools pvc grow tdengine +50Gi --env dev --no-live
      where there is no cluster at hand
"""
ADOPT_EXAMPLES = """\b
Examples:
  bos-tools pvc adopt postgres-data --env prod --commit
      write to Git what somebody gave the claim by hand
"""
UNCHECKED = "live size and capacity, a growth under way, binding, the class, quota and validation, a snapshot"

What = Annotated[str, typer.Argument(metavar="CLAIM|SERVICE", show_default=False)]
Kubeconfig = Annotated[
    str | None, typer.Option(help="The cluster; default: KUBECONFIG, or the user's own.", show_default=False)
]
Context = Annotated[str | None, typer.Option("--context", help="The kubeconfig's context.", show_default=False)]
Reason = Annotated[str | None, typer.Option(help="Why, for the commit's trailer.", show_default=False)]


def grow(
    context: typer.Context,
    what: What,
    size: Annotated[str, typer.Argument(metavar="SIZE|+SIZE|+PERCENT%", show_default=False)],
    env: output.Env = None,
    dry_run: change.DryRun = False,
    commit: change.Commit = False,
    push: change.Push = False,
    pr: change.Pr = False,
    remote: change.Remote = "origin",
    branch: change.Branch = None,
    reason: Reason = None,
    kubeconfig: Kubeconfig = None,
    cluster: Context = None,
    no_live: Annotated[bool, typer.Option("--no-live", help="Ask no cluster; says what was not checked.")] = False,
    no_snapshot: Annotated[
        bool, typer.Option("--no-snapshot", help="Grow a database without a recent VolumeSnapshot.")
    ] = False,
    beyond_plan: Annotated[bool, typer.Option("--beyond-plan", help="Go beyond the plan's range.")] = False,
    beyond_step: Annotated[bool, typer.Option("--beyond-step", help="Grow by more than the class's step.")] = False,
    form: output.Output = output.Format.text,
) -> None:
    """Give a volume more room: only the scalars that hold its size change, in this environment, in one commit."""
    from bos_tools.intents.grow import Grow, Wish

    if no_live and (kubeconfig or cluster):
        raise Usage("--no-live asks no cluster, and one was named", reason="usage")
    wish = Wish.read(size)
    look = None
    if not no_live:
        volume = _volume(context, env, what)
        look = _look(volume, wish.target(volume.size), kubeconfig, cluster)
    intent = Grow(
        env,
        what,
        wish,
        reason or "asked for",
        look,
        ranges(),
        beyond_plan=beyond_plan,
        beyond_step=beyond_step,
        needs_snapshot=not no_snapshot,
    )
    how = change.Landing(dry_run, commit, push, remote, branch, pr)
    outcome = change.land(context, intent, how)
    change.report(outcome, form, how)
    if no_live:
        output.words(f"not checked without a cluster: {UNCHECKED}")


def adopt(
    context: typer.Context,
    what: What,
    env: output.Env = None,
    dry_run: change.DryRun = False,
    commit: change.Commit = False,
    push: change.Push = False,
    pr: change.Pr = False,
    remote: change.Remote = "origin",
    branch: change.Branch = None,
    reason: Reason = None,
    kubeconfig: Kubeconfig = None,
    cluster: Context = None,
    form: output.Output = output.Format.text,
) -> None:
    """Write to Git the size to which somebody grew a volume by hand: it can't go back, so Git follows."""
    from bos_tools.intents.grow import Adopt

    volume = _volume(context, env, what)
    intent = Adopt(env, what, _look(volume, volume.size, kubeconfig, cluster, ask=False), reason or "grown by hand")
    how = change.Landing(dry_run, commit, push, remote, branch, pr)
    change.report(change.land(context, intent, how), form, how)


def ranges() -> "Ranges":
    """Return the plan's range of each volume."""
    from bos_tools.review.plan import SERVICES

    return {name: sizes for planned in SERVICES.values() for name, sizes in planned.claims.items()}


def repository(context: typer.Context) -> "Tree":
    """Return the work tree's files."""
    from bos_tools.doors.files import WorkTree
    from bos_tools.tree.layout import Tree

    return Tree(WorkTree(context.obj.root))


def _volume(context: typer.Context, env: str | None, what: str) -> "Volume":
    from bos_tools.storage.volumes import find

    tree = repository(context)
    return find(tree, tree.environment_name(env), what)


def _look(
    volume: "Volume", size: "Decimal", kubeconfig: str | None, context: str | None, *, ask: bool = True
) -> "Look":
    from datetime import UTC, datetime

    from bos_tools.doors.kubernetes.client import Cluster
    from bos_tools.intents.grow import Look
    from bos_tools.storage.observed import Claims

    with Cluster.connect(kubeconfig, context) as cluster:
        claims = Claims(cluster, volume.namespace)
        found = claims.asked(volume, size) if ask else claims.of(volume)
        return Look(size, found, claims.missing(volume), datetime.now(UTC))

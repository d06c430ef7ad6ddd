"""`bos-tools pvc recommend`: which claims should grow, to what size, and why."""

import os
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bos_tools.cli import change, output, pvc_grow
from bos_tools.errors import OutsideError, Usage

if TYPE_CHECKING:
    from datetime import datetime

    from bos_tools.doors.prometheus import Prometheus
    from bos_tools.intents.ground import Ground
    from bos_tools.intents.plan import Intent
    from bos_tools.storage.forecast import Outlook, Unknown
    from bos_tools.storage.recommend import Recommendation
    from bos_tools.storage.volumes import Volume
    from bos_tools.tree.layout import Tree

EXAMPLES = """\b
Examples:
  bos-tools pvc recommend --env prod --prometheus http://localhost:9090
      every claim of prod: how full, since when, and what to do
  bos-tools pvc recommend --env prod --at 2026-11-20T03:00Z
      what it would have said at that moment
  bos-tools pvc recommend --env prod --pr
      one pull request that grows what is due, within each volume's budget
"""
Named = Annotated[
    str | None,
    typer.Option(
        "--prometheus",
        help="Where the metrics are; default: BOS_PROMETHEUS, then `prometheus` of environment.yaml. "
        "BOS_PROMETHEUS_TOKEN is sent along.",
        show_default=False,
    ),
]
POSTGRES = "postgres"
"""The service whose WAL an archiver or a replication slot may hold."""


def recommend(
    context: typer.Context,
    env: output.Env = None,
    prometheus: Named = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="A moment to replay, ISO 8601; UTC where it says no zone.")
    ] = None,
    dry_run: change.DryRun = False,
    pr: Annotated[
        bool, typer.Option("--pr", help="Propose what is due: one commit and one pull request into --branch.")
    ] = False,
    remote: change.Remote = "origin",
    branch: change.Branch = None,
    form: output.Output = output.Format.text,
) -> None:
    """Say which claims should grow, to what size, and why; a claim without metrics is unknown, never fine."""
    from bos_tools.change.ground import of_work_tree

    if pr and at:
        raise Usage("--pr is about now, and --at about another moment", reason="usage")
    moment = _moment(at)
    ground = of_work_tree(context.obj.root, moment, is_replay=at is not None)
    tree = ground.tree
    env = tree.environment_name(env)
    with server(tree, env, prometheus) as asked:
        found = _judged(ground, env, asked)
    for warning in asked.warnings:
        output.words(f"Prometheus warns: {warning}")
    if form is output.Format.text:
        _show(found)
    how = change.Landing(dry_run=dry_run, pr=pr, remote=remote, branch=branch)
    outcome = change.land(context, intent, how) if pr and (intent := _intent(env, found)) else None
    if form is output.Format.json:
        claims = [_as_json(one) for one in found]
        said = {"env": env, "at": moment.isoformat(), "prometheus": asked.url, "claims": claims}
        output.document({**said, "change": change.as_json(outcome) if outcome else None})
    elif outcome is not None:
        output.data("")
        change.report(outcome, form, how)
    if outcome is not None:
        output.words(f"not checked without a cluster: {pvc_grow.UNCHECKED}")


def _intent(env: str, found: "list[Recommendation]") -> "Intent | None":
    """Return one change of all that is due; None where nothing is."""
    from decimal import Decimal

    from bos_tools.intents.grow import Grow, Wish
    from bos_tools.intents.together import Together
    from bos_tools.storage.recommend import Verdict
    from bos_tools.tree.quantity import written

    due = [(one.volume.name, written(Decimal(one.target)), one.reasons[0]) for one in found
           if one.verdict is Verdict.due and one.target]  # fmt: skip
    grows = [Grow(env, name, Wish.read(size), reason, ranges=pvc_grow.ranges()) for name, size, reason in due]
    if not grows:
        return None
    (name, size, _), more = due[0], len(due) - 1
    title = f"Grow {name} to {size}{f' and {more} more' if more else ''} in {env}"
    return Together(title, tuple(grows), kind="recommended")


def _judged(ground: "Ground", env: str, server: "Prometheus") -> "list[Recommendation]":
    from datetime import timedelta

    from bos_tools.storage import usage as metrics
    from bos_tools.storage.budget import room
    from bos_tools.storage.growth import growth
    from bos_tools.storage.recommend import Evidence, Holds, Subject, recommend, worst
    from bos_tools.storage.volumes import volumes
    from bos_tools.tree.quantity import GIB

    tree, moment = ground.tree, ground.at
    rules, ranges = growth(tree, env), pvc_grow.ranges()
    kept = [volume for unit in tree.units(env) for volume in volumes(tree.graph, unit)]
    grown = ground.growths(moment - timedelta(hours=rules.longest))
    at = moment.timestamp()
    filled = {space: metrics.filled(server, space, at) for space in sorted({one.namespace for one in kept})}
    found = []
    for one in kept:
        top = ranges.get(one.name)
        subject = Subject(
            one.unit.service, one.name, int(one.size), one.storage_class or "", top[1] * GIB if top else None
        )
        holds = None
        if one.unit.service == POSTGRES:
            held = metrics.held(server, one.namespace, at)
            holds = Holds(held.reasons, held.is_known)
        live = filled[one.namespace]
        pattern, count = _claims(one)
        names = [name for name in live if re.fullmatch(pattern, name)]
        seen = [Evidence(**live[name]) for name in names] + [Evidence()] * (count - len(names))
        left = room(grown, one.id, rules.of(subject.storage_class), moment)
        found.append(worst([recommend(subject, each, rules, left, at, holds) for each in seen]))
    return found


def _claims(volume: "Volume") -> tuple[str, int]:
    """Return a pattern of the names of a volume's claims in the cluster, and how many there are."""
    from bos_tools.storage.volumes import DATABASE

    if volume.kind == DATABASE:  # CloudNativePG numbers its claims, and counts on when it makes one anew
        said = volume.sizes[0].object.data["spec"].get("instances")
        return rf"{re.escape(volume.owner)}-[0-9]+", said if isinstance(said, int) else 1
    return "|".join(map(re.escape, volume.claims)), max(1, len(volume.claims))


def _moment(text: str | None) -> "datetime":
    from datetime import UTC, datetime

    if text is None:
        return datetime.now(UTC)
    try:
        said = datetime.fromisoformat(text)
    except ValueError as error:
        raise Usage(f"this is no moment: {text!a}", reason="bad-time", hint="2026-11-20T03:00Z, for example") from error
    return said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC)


def server(tree: "Tree", env: str, named: str | None) -> "Prometheus":
    """Return the Prometheus of an environment; raises Usage where nothing names it."""
    from bos_tools.doors.prometheus import Prometheus
    from bos_tools.tree.layout import environment_file

    facts = tree.environment(env)
    given = named or os.environ.get("BOS_PROMETHEUS")
    url = given or facts.prometheus
    if not url:
        raise Usage(
            f"nothing names the Prometheus of {env}",
            reason="no-prometheus",
            hint=f"--prometheus URL, BOS_PROMETHEUS, or `prometheus:` in {environment_file(env)}",
        )
    token = os.environ.get("BOS_PROMETHEUS_TOKEN") if given else None  # whoever writes the repository gets none
    return Prometheus(url, token, labels=facts.prometheus_labels)


def usage(tree: "Tree", env: str, named: str | None, namespace: str) -> dict[str, dict[str, float]]:
    """Return the bytes used, available and in all of each claim's file system, as far as metrics are there."""
    import time

    from bos_tools.storage.usage import latest

    try:
        with server(tree, env, named) as asked:
            return latest(asked, namespace, time.time())
    except Usage as error:
        if error.reason != "no-prometheus":
            raise
    except OutsideError as error:
        output.words(f"no metrics: {error.message}")
    return {}


def _show(found: "list[Recommendation]") -> None:
    from bos_tools.storage.recommend import Verdict, gib

    head = ["CLAIM", "SIZE", "FULL", "DAYS LEFT", "INODES", "VERDICT", "GROW TO"]
    rows = [
        [
            one.volume.name,
            gib(one.volume.size),
            _fill(one.space),
            _left(one.space),
            _fill(one.inodes),
            one.verdict.value,
            gib(one.target) if one.target else "-",
        ]
        for one in found
    ]
    output.table(rows, head=head)
    for one in found:
        output.data("")
        colour = {Verdict.due: output.RED, Verdict.blocked: output.RED, Verdict.fine: output.GREEN}.get(one.verdict)
        verdict = output.paint(one.verdict.value, colour or output.BOLD)
        output.data(f"{one.volume.service}/{one.volume.name}: {verdict}")
        for reason in one.reasons:
            output.data(f"  {reason}")
    counts = [f"{sum(one.verdict is verdict for one in found)} {verdict.value}" for verdict in Verdict]
    output.words(", ".join(counts))


def _fill(one: "Outlook | Unknown") -> str:
    fill = getattr(one, "fill", None)
    return "?" if fill is None else f"{fill:.0%}"


def _left(one: "Outlook | Unknown") -> str:
    left = getattr(one, "days_left", None)
    return "?" if getattr(one, "rate", None) is None else "-" if left is None else f"{left:.1f}"


def _as_json(one: "Recommendation") -> dict[str, Any]:
    return {
        "claim": one.volume.name,
        "service": one.volume.service,
        "class": one.volume.storage_class,
        "size": one.volume.size,
        "verdict": one.verdict.value,
        "target": one.target,
        "reasons": list(one.reasons),
        "blocked_by": list(one.blocked_by),
        "budget": {
            "used": one.room.used,
            "count": one.room.limits.count,
            "hours": one.room.limits.hours,
            "free_at": one.room.free_at.isoformat() if one.room.free_at else None,
        },
        "space": _outlook_json(one.space),
        "inodes": _outlook_json(one.inodes),
    }


def _outlook_json(one: "Outlook | Unknown") -> dict[str, Any]:
    from bos_tools.storage.forecast import Unknown

    if isinstance(one, Unknown):
        return {"known": False, "why": one.why}
    return {
        "known": True,
        "peak": one.peak,
        "limit": one.limit,
        "fill": round(one.fill, 4),
        "per_day": one.per_day,
        "days_left": one.days_left,
        "capacity_changed": one.changed,
    }

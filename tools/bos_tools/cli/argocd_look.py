"""`bos-tools argocd status`, `diff`, `history` and `open`: look, and change nothing."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bos_tools.cli import argocd_access as argocd
from bos_tools.cli import output
from bos_tools.errors import OutsideError

if TYPE_CHECKING:
    from bos_tools.doors.argocd.client import ArgoCD
    from bos_tools.doors.argocd.models import Application


def status(
    context: typer.Context,
    services: argocd.Services = None,
    env: output.Env = None,
    server: argocd.Server = None,
    token_file: argocd.TokenFile = None,
    ca_file: argocd.CaFile = None,
    insecure: argocd.Insecure = False,
    form: output.Output = output.Format.text,
) -> None:
    """Show each service's version in Git and live, whether it is Synced and Healthy, since when, and why not."""
    target = argocd.target(context, env, services)
    client = argocd.Access(server, token_file, ca_file, insecure).connect(context, target.said)
    found = {app.name: app for app in client.applications([target.said.project], target.selector)}
    rows = [_row(target, service, found.get(target.said.application(service))) for service in target.services]
    if form is output.Format.json:
        output.document({"env": target.said.env, "services": rows})
        return
    head = ["SERVICE", "GIT", "LIVE", "SYNC", "HEALTH", "SINCE", "WHY NOT"]
    keys = ("service", "git", "live", "sync", "health", "since", "why")
    output.table([[_cell(row[key]) for key in keys] for row in rows], head=head)
    for hint in dict.fromkeys(row["hint"] for row in rows if row["hint"]):
        output.words(f"hint: {hint}")


def _cell(value: Any) -> str:
    text = ",".join(value) if isinstance(value, list) else str(value or "-")
    return text if len(text) <= 90 else f"{text[:89]}…"


def _row(target: argocd.Target, service: str, app: "Application | None") -> dict[str, Any]:
    from bos_tools.delivery.verdict import why_not

    pins = target.tree.unit(target.said.env, service)[1].pins
    row: dict[str, Any] = {
        "service": service,
        "git": [pin.tag or pin.digest or "-" for pin in pins],
        "live": [], "sync": None, "health": None, "since": None, "revision": None,
        "why": "not registered", "hint": f"bos-tools argocd register --env {target.said.env} --apply",
        "application": None,
    }  # fmt: skip
    if app is None:
        return row
    verdict = why_not(app)
    images = app.status.summary.images or []
    since = app.status.health.last_transition_time or _finished(app)
    return row | {
        "live": sorted({version for pin in pins for image in images if (version := _version(image, pin.repository))}),
        "sync": app.status.sync.status,
        "health": app.status.health.status,
        "since": since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if since else None,
        "revision": app.status.sync.revision or None,
        "why": verdict.why,
        "hint": verdict.hint,
        "application": app.name,
    }


def _finished(app: "Application") -> datetime | None:
    operation = app.status.operation_state
    return operation.finished_at if operation else None


def _version(image: str, repository: str) -> str:
    """Return an image's version when it is of a repository: `a/b` of `a/b:v1@sha256:…` is `v1`."""
    name, at, digest = image.partition("@")
    if not name.startswith(repository) or name[len(repository) :][:1] not in ("", ":"):
        return ""
    return name[len(repository) + 1 :] or (digest if at else "")


def diff(
    context: typer.Context,
    services: argocd.Services = None,
    env: output.Env = None,
    server: argocd.Server = None,
    token_file: argocd.TokenFile = None,
    ca_file: argocd.CaFile = None,
    insecure: argocd.Insecure = False,
    form: output.Output = output.Format.text,
) -> None:
    """Show which fields are otherwise in the cluster than in Git."""
    target = argocd.target(context, env, services)
    client = argocd.Access(server, token_file, ca_file, insecure).connect(context, target.said)
    entries = []
    for name, project in target.names.items():
        _there(client, name, project, target.said.env)
        changes = _changes(client, name, project)
        entries.append({"application": name, "changes": changes})
        if form is output.Format.text and changes:
            output.data(output.paint(name, output.BOLD))
            for change in changes:
                output.data(f"  {change['object']}  {change['field']}")
                output.data(f"    {output.absent(change['live'])} -> {output.absent(change['git'])}")
    if form is output.Format.json:
        output.document({"applications": entries})
    if any(entry["changes"] for entry in entries):
        raise typer.Exit(1)
    output.words("no difference between Git and the cluster")


def _there(client: "ArgoCD", name: str, project: str, env: str) -> "Application":
    found = client.application(name, project, refresh=True)
    if found is None:
        raise OutsideError(
            f"Argo CD has no such application: {name}",
            reason="not-registered",
            hint=f"bos-tools argocd register --env {env} --apply",
        )
    return found


def _changes(client: "ArgoCD", name: str, project: str) -> list[dict[str, Any]]:
    from bos_tools.delivery.compare import sides
    from bos_tools.tree.leaves import leaves

    found: list[dict[str, Any]] = []
    for one in client.managed(name, project):
        live, git = sides(one)
        if one.hook or live == git:
            continue
        if live is None or git is None:
            there = {"live": None if live is None else "there", "git": None if git is None else "there"}
            found.append({"object": one.id, "field": "the whole object", **there})
            continue
        was, now = dict(leaves(live)), dict(leaves(git))
        is_secret = one.kind == "Secret"
        for field in [*was, *(field for field in now if field not in was)]:
            if was.get(field) != now.get(field):
                values = {"live": was.get(field), "git": now.get(field)}
                if is_secret:
                    values = {side: None if value is None else "(hidden)" for side, value in values.items()}
                found.append({"object": one.id, "field": field, **values})
    return found


def history(
    context: typer.Context,
    services: argocd.Services = None,
    env: output.Env = None,
    limit: Annotated[int, typer.Option(min=1, help="How many syncs of each service.")] = 5,
    server: argocd.Server = None,
    token_file: argocd.TokenFile = None,
    ca_file: argocd.CaFile = None,
    insecure: argocd.Insecure = False,
    form: output.Output = output.Format.text,
) -> None:
    """Show which commits were synced when, and by whom."""
    target = argocd.target(context, env, services)
    client = argocd.Access(server, token_file, ca_file, insecure).connect(context, target.said)
    found = {app.name: app for app in client.applications([target.said.project], target.selector)}
    entries = [
        {
            "service": service, "id": one.id, "revision": one.revision,
            "date": one.deployed_at.astimezone(UTC).isoformat() if one.deployed_at else None,
            "by": str(one.initiated_by.get("username") or ("automatic" if one.initiated_by.get("automated") else "-")),
        }
        for service in target.services
        for app in [found.get(target.said.application(service))]
        for one in list(reversed((app.status.history if app else None) or []))[:limit]
    ]  # fmt: skip
    if form is output.Format.json:
        output.document({"env": target.said.env, "syncs": entries})
    elif entries:
        rows = [
            [str(e["date"] or "-")[:19].replace("T", " "), e["service"], str(e["revision"])[:12], e["by"]]
            for e in entries
        ]
        output.table(rows, head=["DATE", "SERVICE", "COMMIT", "BY"])  # type: ignore[arg-type]  # all are words
    else:
        output.words(f"nothing was synced yet in {target.said.env}")


def open_page(
    context: typer.Context,
    service: Annotated[str | None, typer.Argument(metavar="[SERVICE]", show_default=False)] = None,
    env: output.Env = None,
    browser: Annotated[bool, typer.Option("--browser", help="Open it.")] = False,
    server: argocd.Server = None,
    form: output.Output = output.Format.text,
) -> None:
    """Print the address of a service's page in Argo CD, or of the whole environment's."""
    target = argocd.target(context, env, [service] if service else None)
    name = target.said.application(service) if service else target.said.root
    url = f"{argocd.address(argocd.Access(server), target.said)}/applications/{target.said.namespace}/{name}"
    if form is output.Format.json:
        output.document({"application": name, "url": url})
    else:
        output.data(url)
    if browser:
        typer.launch(url)

"""`bos-tools argocd sync` and `wait`: until it is live, with a display that moves where there is a terminal."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bos_tools.cli import argocd_access as argocd
from bos_tools.cli import output

if TYPE_CHECKING:
    from pathlib import Path

    from bos_tools.delivery.verdict import Wanted
    from bos_tools.delivery.wait import Seen, Show
    from bos_tools.doors.argocd.client import ArgoCD

Revision = Annotated[
    str | None, typer.Option(help="The commit that must be live; default: whatever Argo CD sees.", show_default=False)
]


def wait(
    context: typer.Context,
    services: argocd.Services = None,
    env: output.Env = None,
    revision: Revision = None,
    timeout: argocd.Timeout = 300,
    server: argocd.Server = None,
    token_file: argocd.TokenFile = None,
    ca_file: argocd.CaFile = None,
    insecure: argocd.Insecure = False,
    form: output.Output = output.Format.text,
) -> None:
    """Wait until services are live: their sync succeeded, their objects are Git's, and they work."""
    target = argocd.target(context, env, services)
    wanted = _wanted(context.obj.root, revision)
    client = argocd.Access(server, token_file, ca_file, insecure).connect(context, target.said)
    seen = until_live(client, target.names, target.selector, wanted=wanted, timeout=timeout)
    _report(seen, form)


def sync(
    context: typer.Context,
    services: argocd.Services = None,
    env: output.Env = None,
    confirm_prune: Annotated[
        bool, typer.Option("--confirm-prune", help="Confirm that what Git no longer has may be deleted.")
    ] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Ask for it and leave.")] = False,
    timeout: argocd.Timeout = 300,
    server: argocd.Server = None,
    token_file: argocd.TokenFile = None,
    ca_file: argocd.CaFile = None,
    insecure: argocd.Insecure = False,
    form: output.Output = output.Format.text,
) -> None:
    """Sync services now: the way out when automatic sync has given up on a commit."""
    target = argocd.target(context, env, services)
    client = argocd.Access(server, token_file, ca_file, insecure).connect(context, target.said)
    for name, project in target.names.items():
        if confirm_prune:
            _confirm_prune(client, name, project)
        else:
            client.application(name, project, refresh=True)
            client.sync(name, project)
        output.words(f"{name}: asked to sync")
    if no_wait:
        _report([], form)
        return
    seen = until_live(client, target.names, target.selector, wanted=lambda _: True, timeout=timeout)
    _report(seen, form)


def _confirm_prune(client: "ArgoCD", name: str, project: str) -> None:
    """Confirm a sync that is held; one that is not held is begun first, for a confirmation must not be older."""
    from datetime import UTC, datetime

    from bos_tools.delivery.verdict import State, why_not

    app = client.application(name, project, refresh=True)
    if app is not None and why_not(app).state is not State.held:
        client.sync(name, project)
    client.approve(name, project, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


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
    parent: str = "",
) -> "list[Seen]":
    """Wait for applications and show how far each is, on stderr."""
    from bos_tools.delivery.wait import Wait

    with _display() as show:
        is_patient = bool(parent)  # a first registration may need Argo CD's retries
        return Wait(
            client,
            names,
            wanted=wanted,
            selector=selector,
            timeout=timeout,
            is_patient=is_patient,
            parent=parent,
            show=show,
        ).run()


@contextmanager
def _display() -> "Iterator[Show]":
    """Lend what shows the applications: a table that is drawn again on a terminal, else a line for each change."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), refresh_per_second=8, transient=True) as live:
        yield lambda seen: live.update(_table(seen))


def _lines() -> "Show":
    said: dict[str, str] = {}

    def show(seen: "list[Seen]") -> None:
        for one in seen:
            line = f"{one.name}: {one.verdict.state}{': ' if one.verdict.why else ''}{one.verdict.why}"
            if one.app is not None and said.get(one.name) != line:
                said[one.name] = line
                output.words(line)

    return show


def _table(seen: "list[Seen]") -> Any:
    from rich.table import Table
    from rich.text import Text

    colours = {"live": "green", "failed": "red", "held": "yellow"}
    table = Table(box=None, pad_edge=False)
    for head in ("APPLICATION", "SYNC", "HEALTH", "", ""):
        table.add_column(head, no_wrap=True)
    for one in seen:
        status = one.app.status if one.app else None
        table.add_row(
            one.name,
            status.sync.status if status else "-",
            status.health.status if status else "-",
            Text(one.verdict.state, style=colours.get(one.verdict.state, "cyan")),
            Text(one.verdict.why, overflow="ellipsis"),
        )
    return table


def _report(seen: "list[Seen]", form: output.Format) -> None:
    if form is output.Format.json:
        output.document({"applications": as_json(seen)})
        return
    for one in seen:
        if one.app is not None:
            output.data(f"{one.name} is live at {one.app.status.sync.revision[:12]}")


def as_json(seen: "list[Seen]") -> list[dict[str, Any]]:
    """Return the contract of an application that was waited for."""
    return [
        {
            "name": one.name, "project": one.project, "state": str(one.verdict.state),
            "revision": one.app.status.sync.revision if one.app else None,
            "sync": one.app.status.sync.status if one.app else None,
            "health": one.app.status.health.status if one.app else None,
        }
        for one in seen
    ]  # fmt: skip

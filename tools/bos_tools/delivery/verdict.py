"""What an application's state means: live, waiting, held or failed, and why; `Synced` alone is never success."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bos_tools.delivery.ports import Application, Operation, Resource

COMPLAINTS = frozenset({"ComparisonError", "InvalidSpecError", "UnknownError"})
"""Conditions with which Argo CD can't even tell what it should do."""
NO_HEALTH = "error setting app health"
"""A health check that stumbles over an object which has no status yet: seen on a CloudNativePG Cluster; it passes."""
CONFIRMATION = "waiting for pruning confirmation"
GAVE_UP = (
    "automatic sync has given up on this commit for good: land a new commit, "
    "or sync it with `bos-tools argocd sync --env ENV`"
)
"""argo-cd #18442: self-heal does not try a failed revision again."""


class State(StrEnum):
    """How far an application is."""

    live = "live"
    unproven = "unproven"
    """All looks well, though no sync of this commit is on record: compare the objects."""
    waiting = "waiting"
    held = "held"
    failed = "failed"


@dataclass(frozen=True)
class Verdict:
    """How far an application is, and why it is no farther."""

    state: State
    why: str = ""
    hint: str = ""


Wanted = Callable[[str], bool]
"""Whether a revision holds what is waited for."""


def judge(app: Application, wanted: Wanted, *, since: datetime | None = None, is_patient: bool = False) -> Verdict:
    """Judge an application by its last sync, its comparison and its health, in this order (decision 11).

    `since` is when it was last reconciled before we asked: what was known then does not count.  A patient judge lets
    Argo CD use up its retries.
    """
    status = app.status
    if status.reconciled_at is None or (since is not None and status.reconciled_at <= since):
        return Verdict(State.waiting, "not looked at yet")
    for condition in status.conditions or []:
        if condition.type in COMPLAINTS and NO_HEALTH not in condition.message:
            return Verdict(State.failed, one_line(condition.message), _help(condition.message))
    return _operation(app, wanted, is_patient=is_patient) or _comparison(app, wanted) or _settled(app, wanted)


def _operation(app: Application, wanted: Wanted, *, is_patient: bool) -> Verdict | None:
    """Judge by the last sync; None when it does not decide."""
    operation = app.status.operation_state
    if app.operation is not None or (operation is not None and operation.phase in ("Running", "Terminating")):
        return _running(app, operation, is_patient=is_patient)
    if operation is not None and operation.phase in ("Failed", "Error") and is_current(app):
        if wanted(operation.revision) or wanted(app.status.sync.revision):
            return _failed(operation)
    return None


def _comparison(app: Application, wanted: Wanted) -> Verdict | None:
    """Judge by what Argo CD compared; None when it is as Git wants it."""
    if not wanted(app.status.sync.revision):
        return Verdict(State.waiting, f"at commit {app.status.sync.revision[:12] or 'none'}")
    return None if app.status.sync.status == "Synced" else Verdict(State.waiting, differing(app))


def is_current(app: Application) -> bool:
    """Tell whether the last sync is the last word: nothing newer was seen, and live is not as Git wants it."""
    operation = app.status.operation_state
    return operation is not None and app.status.sync.status != "Synced" and (
        not operation.revision or operation.revision == app.status.sync.revision
    )  # fmt: skip


APPROVED = "argocd.argoproj.io/deletion-approved"


def _is_confirmed(app: Application, operation: Operation) -> bool:
    """Tell whether somebody has confirmed what the sync waits for, and Argo CD has not taken it up yet.

    Argo CD takes a confirmation that is not older than the operation (its documentation of `Prune=confirm`).
    """
    try:
        said = datetime.fromisoformat(str((app.metadata.get("annotations") or {})[APPROVED]))
    except (KeyError, ValueError):
        return False
    return operation.started_at is not None and said >= operation.started_at


def _running(app: Application, operation: Operation | None, *, is_patient: bool) -> Verdict:
    if operation is None or operation.phase not in ("Running", "Terminating"):
        return Verdict(State.waiting, "a sync begins")
    said = one_line(operation.message)
    if CONFIRMATION in said:
        if _is_confirmed(app, operation):
            return Verdict(State.waiting, "the confirmation is being taken up")
        return Verdict(
            State.held,
            said,
            "look at it with `bos-tools argocd diff --env ENV`, then say "
            "`bos-tools argocd sync --env ENV --confirm-prune`",
        )
    broken = refused(operation)
    if broken is not None and not is_patient:
        return Verdict(
            State.failed,
            _said(broken, said),
            f"Argo CD tries it again by itself: try {operation.retry_count + 1}",
        )
    return Verdict(State.waiting, said or "a sync runs")


def _failed(operation: Operation) -> Verdict:
    broken = refused(operation)
    said = one_line(operation.message)
    return Verdict(State.failed, _said(broken, said) if broken else said, GAVE_UP)


def _settled(app: Application, wanted: Wanted) -> Verdict:
    """Judge an application that is as Git wants it: did that sync succeed, and does it work."""
    status, operation = app.status, app.status.operation_state
    if operation is not None and operation.finished_at is not None and status.reconciled_at is not None:
        if status.reconciled_at < operation.finished_at:
            return Verdict(State.waiting, "not looked at since its sync")
    health = status.health
    if health.status == "Degraded":
        return Verdict(State.failed, f"Degraded{': ' if health.message else ''}{one_line(health.message)}")
    if health.status != "Healthy":
        return Verdict(State.waiting, f"{health.status}{': ' if health.message else ''}{one_line(health.message)}")
    if operation is not None and operation.phase == "Succeeded" and wanted(operation.revision):
        return Verdict(State.live)
    return Verdict(State.unproven)


def refused(operation: Operation) -> Resource | None:
    """Return the first object that a sync could not apply, or the hook that failed."""
    for one in (operation.sync_result.resources or []) if operation.sync_result else []:
        if one.status == "SyncFailed" or one.hook_phase in ("Failed", "Error"):
            return one
    return None


def differing(app: Application) -> str:
    """Say what is not as Git wants it."""
    found = [one.id for one in app.status.resources or [] if one.status == "OutOfSync"]
    more = f" and {len(found) - 2} more" if len(found) > 2 else ""
    return f"{app.status.sync.status}: {', '.join(found[:2])}{more}" if found else app.status.sync.status


def why_not(app: Application) -> Verdict:
    """Say in one line why an application is not Synced and Healthy, for a table."""
    found = judge(app, lambda _: True, is_patient=True)
    return Verdict(State.live) if found.state is State.unproven else found


def _said(broken: Resource, otherwise: str) -> str:
    return f"{broken.id}: {one_line(broken.message) or otherwise}"


def _help(message: str) -> str:
    low = message.lower()
    if any(word in low for word in ("authentication", "authorization failed", "permission denied", "repository not")):
        return (
            "Argo CD can't read the repository: renew its credentials with "
            "`bos-tools argocd register --env ENV --apply`"
        )
    if "app path does not exist" in low:
        return "the commit that Argo CD sees has no such folder: push it, or say another --revision"
    if "kustomize build" in low:
        return "the unit does not render: `bos-tools check` names the file and the line"
    return ""


def one_line(text: str) -> str:
    """Return a message on one line, at most 400 characters."""
    said = re.sub(r'(error when \w+) "/\S+"', r"\1", " ".join(text.split()))  # a scratch file of Argo CD's
    return said if len(said) <= 400 else f"{said[:399]}…"

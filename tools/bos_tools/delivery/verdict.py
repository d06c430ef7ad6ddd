"""What an application's state means: live, waiting, held or failed, and why; `Synced` alone is never success.

Pure: one state of one application in, one verdict out. Who judges has made Argo CD look at Git before, and takes a
failure for one only when a second look shows it again (`delivery/wait`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bos_tools.delivery.causes import helps, one_line, passes
from bos_tools.delivery.parts import env_of, word_of
from bos_tools.delivery.ports import Application, Operation, Resource

COMPLAINTS = frozenset({"ComparisonError", "InvalidSpecError", "UnknownError"})
"""Conditions with which Argo CD can't even tell what it should do."""
NO_HEALTH = "error setting app health"
"""A health check that stumbles over an object which has no status yet: seen on a CloudNativePG Cluster; it passes."""
CONFIRMATION = "waiting for pruning confirmation"
SINCE_ITS_SYNC = "Argo CD has not looked at it since its sync"
WIPES_OUT = "auto-sync will wipe out all resources"
APPROVED = "argocd.argoproj.io/deletion-approved"
SKIP = "argocd.argoproj.io/skip-reconcile"
SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


class State(StrEnum):
    """How far an application is."""

    live = "live"
    unproven = "unproven"
    """All looks well, though no sync of this commit is on record: compare the objects."""
    waiting = "waiting"
    held = "held"
    """A person decided so, or has to decide."""
    failed = "failed"


@dataclass(frozen=True)
class Verdict:
    """How far an application is, and why it is no farther."""

    state: State
    why: str = ""
    hint: str = ""
    reason: str = ""
    """A stable slug for programs, of what is held or has failed."""


Wanted = Callable[[str], bool]
"""Whether a revision holds what is waited for."""


def judge(app: Application, wanted: Wanted, *, is_patient: bool = False) -> Verdict:
    """Judge an application by its last sync, its comparison and its health, in this order (decision 11).

    A patient judge lets Argo CD use up its retries.
    """
    return (
        _switched_off(app)
        or _unseen(app)
        or complaint(app, wanted)
        or _operation(app, wanted, is_patient=is_patient)
        or _comparison(app, wanted)
        or _settled(app, wanted)
    )


def short(revision: str) -> str:
    """Return a revision as people read it."""
    return revision[:12] if SHA.fullmatch(revision) else revision or "none"


def _switched_off(app: Application) -> Verdict | None:
    if str((app.metadata.get("annotations") or {}).get(SKIP)).lower() == "true":
        return Verdict(
            State.held,
            f"Argo CD is told to look away: its annotation {SKIP}",
            f"kubectl -n {app.metadata.get('namespace', 'argocd')} annotate application {app.name} {SKIP}- ends that",
            "skip-reconcile",
        )
    if app.metadata.get("deletionTimestamp"):
        return Verdict(State.waiting, "it is being deleted")
    return None


def _unseen(app: Application) -> Verdict | None:
    """Judge by whether Argo CD has seen what the application is now."""
    status = app.status
    if status.reconciled_at is None:
        return Verdict(State.waiting, "Argo CD has not looked at it yet")
    seen, now = status.sync.source, app.spec.get("source") or {}
    if seen and any(seen.get(key) != now.get(key) for key in ("repoURL", "targetRevision", "path", "chart")):
        return Verdict(State.waiting, "Argo CD has not looked at its new source yet")
    return None


def complaint(app: Application, wanted: Wanted) -> Verdict | None:
    """Judge by what stops Argo CD from comparing."""
    for condition in app.status.conditions or []:
        if condition.type not in COMPLAINTS or NO_HEALTH in condition.message:
            continue
        said, revision = one_line(condition.message), app.status.sync.revision
        if SHA.fullmatch(revision) and not wanted(revision):
            return Verdict(State.waiting, f"at commit {short(revision)}, of which Argo CD says: {said}")
        if passes(said):
            return Verdict(State.waiting, f"for now: {said}")
        return Verdict(State.failed, said, _help(app, said), "not-rendered")
    return None


def _operation(app: Application, wanted: Wanted, *, is_patient: bool) -> Verdict | None:
    """Judge by the last sync; None when it does not decide."""
    operation = app.status.operation_state
    if app.operation is not None or is_running(operation):
        return _running(app, operation, wanted, is_patient=is_patient)
    if operation is not None and operation.phase in ("Failed", "Error") and is_current(app):
        if wanted(operation.revision) or wanted(app.status.sync.revision):
            return _failed(app, operation)
    return None


def is_running(operation: Operation | None) -> bool:
    """Tell whether a sync is under way, between two tries too."""
    return operation is not None and operation.phase in ("Running", "Terminating")


def is_current(app: Application) -> bool:
    """Tell whether the last sync is the last word: nothing newer was seen, and live is not as Git wants it."""
    operation = app.status.operation_state
    return operation is not None and app.status.sync.status != "Synced" and (
        operation.sync_result is None or not operation.revision or operation.revision == app.status.sync.revision
    )  # fmt: skip


def is_of_old(app: Application, wanted: Wanted = lambda _: True) -> bool:
    """Tell whether the sync that runs is of an older commit than the one that is wanted, or that Argo CD sees."""
    operation, seen = app.status.operation_state, app.status.sync.revision
    commit = operation.revision if operation is not None else ""
    return bool(SHA.fullmatch(commit)) and (not wanted(commit) or (bool(SHA.fullmatch(seen)) and commit != seen))


def is_confirmed(app: Application, operation: Operation) -> bool:
    """Tell whether somebody has confirmed what the sync waits for, and Argo CD has not taken it up yet.

    Argo CD takes a confirmation that is not older than the operation (its documentation of `Prune=confirm`).
    """
    try:
        said = datetime.fromisoformat(str((app.metadata.get("annotations") or {})[APPROVED]))
    except (KeyError, ValueError):
        return False
    return operation.started_at is not None and said >= operation.started_at


def _running(app: Application, operation: Operation | None, wanted: Wanted, *, is_patient: bool) -> Verdict:
    if operation is None or not is_running(operation):
        return Verdict(State.waiting, "a sync begins")
    if operation.phase == "Terminating":
        return Verdict(State.waiting, "its sync is being ended")
    said, broken = one_line(operation.message), refused(operation)
    if CONFIRMATION in said:
        return _unconfirmed(app, operation, wanted)
    why = _said(broken, said) if broken is not None else said
    if operation.revision and not wanted(operation.revision):
        return Verdict(
            State.waiting, f"a sync of an older commit runs, {short(operation.revision)}: {why or 'no word'}"
        )
    if broken is None or is_patient or passes(why):
        tries = f" (try {operation.retry_count + 1})" if operation.retry_count else ""
        return Verdict(State.waiting, f"{why or 'a sync runs'}{tries}")
    known = _help(app, why)
    again = f"Argo CD tries it again by itself: try {operation.retry_count + 1}"
    return Verdict(State.failed, why, f"{known}; {again}" if known else again, "sync-failed")


def _unconfirmed(app: Application, operation: Operation, wanted: Wanted) -> Verdict:
    """Judge a sync that waits for somebody to confirm what it deletes."""
    said, which = one_line(operation.message), f"{word_of(app)} --env {env_of(app)}"
    if is_confirmed(app, operation):
        return Verdict(State.waiting, "the confirmation is being taken up")
    if is_of_old(app, wanted):
        return Verdict(
            State.held,
            f"a sync of an older commit, {short(operation.revision)}, stands in the way: {said}",
            f"`bos-tools argocd terminate {which}` ends it and deletes nothing; the newest commit is synced then",
            "old-operation",
        )
    return Verdict(
        State.held,
        said,
        f"look at it with `bos-tools argocd diff {which}`, then say `bos-tools argocd sync {which} --confirm-prune`",
        "prune-confirmation",
    )


def _failed(app: Application, operation: Operation) -> Verdict:
    broken, said = refused(operation), one_line(operation.message)
    why = _said(broken, said) if broken is not None else said
    sync = f"sync it with `bos-tools argocd sync {word_of(app)} --env {env_of(app)}`"
    # argo-cd #18442: self-heal does not try a failed revision again, nor anything after a sync without a result
    gave_up = (
        f"automatic sync has given up on this commit for good: land a new commit, or {sync}"
        if operation.sync_result is not None
        else f"automatic sync has given up for good, whatever is landed: {sync}"
    )
    known = _help(app, why)
    return Verdict(State.failed, why, f"{known}; {gave_up}" if known else gave_up, "sync-failed")


def _comparison(app: Application, wanted: Wanted) -> Verdict | None:
    """Judge by what Argo CD compared; None when it is as Git wants it."""
    if not wanted(app.status.sync.revision):
        return Verdict(State.waiting, f"at commit {short(app.status.sync.revision)}")
    if app.status.sync.status == "Synced":
        return None
    if _is_of_before_its_sync(app):
        return Verdict(State.waiting, SINCE_ITS_SYNC)
    wipes = next((one.message for one in app.status.conditions or [] if WIPES_OUT in one.message), "")
    by_hand = f"`bos-tools argocd sync {word_of(app)} --env {env_of(app)}` does it by hand"
    if wipes:
        return Verdict(State.held, one_line(wipes), f"is that what the commit should do? {by_hand}", "wipes-out")
    if is_paused(app):
        why = f"automatic sync is paused, and it is {differing(app)}"
        return Verdict(State.held, why, f"{by_hand}; .github/runbooks/pause-sync.md ends the pause", "paused")
    return Verdict(State.waiting, differing(app))


def _is_of_before_its_sync(app: Application) -> bool:
    """Tell whether what was compared is older than the last sync."""
    operation, looked = app.status.operation_state, app.status.reconciled_at
    ended = operation.finished_at if operation is not None else None
    return looked is not None and ended is not None and looked < ended


def is_paused(app: Application) -> bool:
    """Tell whether Argo CD syncs nothing by itself."""
    automated = (app.spec.get("syncPolicy") or {}).get("automated")
    return automated is None or automated.get("enabled") is False


def _settled(app: Application, wanted: Wanted) -> Verdict:
    """Judge an application that is as Git wants it: did that sync succeed, and does it work."""
    status, operation = app.status, app.status.operation_state
    if _is_of_before_its_sync(app):
        return Verdict(State.waiting, SINCE_ITS_SYNC)
    health = status.health
    said = f"{health.status}{': ' if health.message else ''}{one_line(health.message)}"
    if health.status == "Degraded":
        return Verdict(State.failed, said, "", "degraded")
    if health.status != "Healthy":
        return Verdict(State.waiting, said)
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
    """Say why an application is not Synced and Healthy, or would not stay so, for a table."""
    found = judge(app, lambda _: True, is_patient=True)
    if found.state not in (State.live, State.unproven):
        return found
    return Verdict(State.live, "automatic sync is paused" if is_paused(app) else "")


def _said(broken: Resource, otherwise: str) -> str:
    return f"{broken.id}: {one_line(broken.message) or otherwise}"


def _help(app: Application, message: str) -> str:
    return helps(message, env_of(app), word_of(app))

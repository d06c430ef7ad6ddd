"""What Argo CD refuses, in words that say what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from bos_tools.doors.failures import PASSING, HttpFailed, Unreachable, Untrusted
from bos_tools.errors import BosError, OutsideError, Refused

IN_PROGRESS = "another operation is already in progress"
OUTAGE = re.compile(r"connection (refused|reset)|\bEOF\b|i/o timeout|deadline exceeded|code = Unavailable")
"""What Argo CD's server says with 500 of those behind it: the API server, the repo server, Redis."""
WINDOW = "sync window"
WINDOW_HELP = "run it again when the window is open; the project's syncWindows say when"


class StaleVersion(Exception):
    """Raised when a stream can't go on from where it broke; never leaves this folder."""


def code(failed: HttpFailed) -> int:
    """Return the gRPC code of an answer, 0 where it has none."""
    said = failed.body.get("code") if isinstance(failed.body, dict) else None
    return said if isinstance(said, int) else 0


def may_retry(failed: HttpFailed) -> bool:
    """Tell whether the same call may succeed in a moment (decision 11)."""
    busy = failed.status == 400 and code(failed) == 9 and IN_PROGRESS in failed.said
    is_behind = failed.status == 500 and OUTAGE.search(failed.said) is not None
    return busy or is_behind or failed.status == 409 or failed.status in PASSING


@contextmanager
def told(what: str) -> Iterator[None]:
    """Turn an answer of Argo CD into what it means for `what`: `to sync dev-web`."""
    try:
        yield
    except HttpFailed as failed:
        raise translated(what, failed) from failed
    except Untrusted as lost:
        lost.hint = f"{lost.hint.partition('; ')[0]}; {TRUST}"
        raise
    except Unreachable as lost:
        lost.hint = f"{lost.hint.partition('; ')[0]}; {HELP}"
        raise


SILENT = "its application controller does not act: is it running, and is the application not set to skip-reconcile"
TRUST = "--ca-file names the authority that signed it, --insecure takes any"
HELP = "--server or BOS_ARGOCD_SERVER names another one, --ca-file the authority of its certificate"


def translated(what: str, failed: HttpFailed) -> BosError:
    """Return an answer as one of our errors.

    A closed sync window is a policy, so it is refused (1); everything else failed outside (5).
    """
    if failed.status == 403 and WINDOW in failed.said:
        return Refused(
            f"Argo CD refuses {what}: a sync window is closed",
            reason="sync-window",
            hint=WINDOW_HELP,
        )
    hints = {
        401: ("unauthorized", "log in again: --token-file, BOS_ARGOCD_TOKEN, or BOS_ARGOCD_USERNAME and _PASSWORD"),
        403: ("forbidden", "the token does not allow it; `register` needs an administrator, the rest a role"),
        404: ("not-found", "bos-tools argocd register --env ENV --apply"),
        409: ("conflict", "somebody else changed it at the same time; run it again"),
        429: ("too-many-requests", "Argo CD asks for patience; run it again in a minute"),
    }  # fmt: skip
    reason, hint = hints.get(failed.status, ("argocd-failed", ""))
    if failed.status in (502, 503, 504):
        reason, hint = "argocd-unavailable", "Argo CD or the proxy before it is not ready; run it again in a minute"
    if failed.status == 400 and IN_PROGRESS in failed.said:
        hint = "bos-tools argocd wait --env ENV, or bos-tools argocd terminate --env ENV for a sync that hangs"
        reason = "operation-running"
    if failed.status == 404 and code(failed) == 0:  # no answer of Argo CD's own
        hint = "is this its address, without a path too much: --server or BOS_ARGOCD_SERVER"
    hint = failed.hint or hint  # a redirect knows where to
    said = failed.said or "nothing"
    return OutsideError(f"Argo CD answered {failed.status} when asked {what}: {said}", reason=reason, hint=hint)

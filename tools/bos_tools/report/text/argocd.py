"""What Argo CD says and does."""

from typing import TYPE_CHECKING

from bos_tools.report.text.page import BOLD, Page, Painted

if TYPE_CHECKING:
    from bos_tools.verbs.argocd_configure import Configured
    from bos_tools.verbs.argocd_diff import Drifts
    from bos_tools.verbs.argocd_history import Syncs
    from bos_tools.verbs.argocd_open import Page as Opened
    from bos_tools.verbs.argocd_register import Registered
    from bos_tools.verbs.argocd_status import Delivered, Standing
    from bos_tools.verbs.argocd_terminate import Ended
    from bos_tools.verbs.argocd_token import Token
    from bos_tools.verbs.argocd_unregister import Unregistered
    from bos_tools.verbs.argocd_wait import Live

WIDEST = 60
"""Characters of a cell: what is longer is told whole below the table."""


def status(delivered: "Delivered", page: Page) -> None:
    """Show how each part stands, and then each longer reason, whole, with what helps."""
    head = ["SERVICE", "GIT", "LIVE", "COMMIT", "SYNC", "HEALTH", "SINCE", "WHY NOT"]
    page.table([[_cell(text) for text in _texts(each)] for each in delivered.all], head=head)
    told: dict[tuple[str, str], list[str]] = {}
    for each in delivered.all:
        if each.hint or len(each.why) > WIDEST:
            told.setdefault((each.why, each.hint), []).append(each.service)
    for (why, hint), names in told.items():
        page.words(f"{', '.join(names)}: {why}")
        if hint:
            page.words(f"hint: {hint}")


def _texts(standing: "Standing") -> tuple[str, ...]:
    since = standing.since.strftime("%Y-%m-%d %H:%M:%S") if standing.since else "-"
    sync, health, commit = standing.sync or "-", standing.health or "-", (standing.revision or "-")[:12]
    git, live = ",".join(standing.git), ",".join(standing.live)
    return standing.service, git, live, commit, sync, health, since, standing.why or "-"


def _cell(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def diff(drifts: "Drifts", page: Page) -> None:
    """Show each field that is otherwise: live, then Git at the commit that is named."""
    for drift in drifts.applications:
        if drift.changes:
            page.data(Painted(f"{drift.application} at {drift.revision[:12]}", BOLD))
            page.fields((change.object, change.field, change.old, change.new) for change in drift.changes)


def history(syncs: "Syncs", page: Page) -> None:
    """Show each sync."""
    rows = [
        [s.at.strftime("%Y-%m-%d %H:%M:%S") if s.at else "-", s.service, s.revision[:12], s.by] for s in syncs.syncs
    ]
    if rows:
        page.table(rows, head=["DATE", "SERVICE", "COMMIT", "BY"])
    else:
        page.words(f"nothing was synced yet in {syncs.env}")


def opened(found: "Opened", page: Page) -> None:
    """Show the address."""
    page.data(found.url)


def live(found: "Live", page: Page) -> None:
    """Show at which commit each application is live."""
    for seen in found.applications:
        if seen.app is not None:
            page.data(f"{seen.name} is live at {seen.app.status.sync.revision[:12]}")


def registered(_: "Registered", __: Page) -> None:
    """Show nothing more: the change and each step stand above."""


def unregistered(found: "Unregistered", page: Page) -> None:
    """Say that there was nothing to do, if so; each step stands above."""
    if not found.done:
        page.words(f"already so: Argo CD has no application of {found.env}")


def terminated(found: "Ended", page: Page) -> None:
    """Say what was done with each sync that ran."""
    for each in found.done:
        page.words(f"{each.name}: {each.kind.lower()} {each.what}")
    if not found.done:
        page.words(f"already so: no sync runs in {found.env}")


def configured(found: "Configured", page: Page) -> None:
    """Show what was done to each object."""
    for each in found.done:
        page.words(f"{each.kind} {each.name}: {each.what}")


def token(made: "Token", page: Page) -> None:
    """Show where the token is."""
    page.words(made.stands)

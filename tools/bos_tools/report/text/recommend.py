"""A judgement of claims: a table, then the reasons of each; and what was proposed."""

from collections import Counter
from typing import TYPE_CHECKING

from bos_tools.report.text import change
from bos_tools.report.text.page import BOLD, GREEN, RED, Page, Painted
from bos_tools.storage.recommend import Verdict, gib
from bos_tools.verbs.landing import Landed

if TYPE_CHECKING:
    from bos_tools.storage.forecast import Outlook, Unknown
    from bos_tools.verbs.pvc_recommend import Judged, Recommended

COLOURS = {Verdict.due: RED, Verdict.blocked: RED, Verdict.fine: GREEN}


def judged(found: "Judged", page: Page) -> None:
    """Show what each claim has, what it should have, and why."""
    rows = [
        [
            claim.volume.name,
            gib(claim.volume.size),
            _fill(claim.space),
            _left(claim.space),
            _fill(claim.inodes),
            claim.verdict.value,
            gib(claim.target) if claim.target else "-",
        ]
        for claim in found.claims
    ]
    page.table(rows, head=["CLAIM", "SIZE", "FULL", "DAYS LEFT", "INODES", "VERDICT", "GROW TO"])
    for claim in found.claims:
        page.data("")
        verdict = Painted(claim.verdict.value, COLOURS.get(claim.verdict, BOLD))
        page.data(f"{claim.volume.service}/{claim.volume.name}: ", verdict)
        for reason in claim.reasons:
            page.data(f"  {reason}")
    counts = Counter(claim.verdict for claim in found.claims)
    page.words(", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict))


def proposed(found: "Recommended", page: Page) -> None:
    """Show the change, where there is one; the judgement stands above it."""
    if found.outcome is not None:
        page.data("")
        change.write(Landed(found.outcome, found.is_dry_run), page)


def _fill(seen: "Outlook | Unknown") -> str:
    fill = getattr(seen, "fill", None)
    return "?" if fill is None else f"{fill:.0%}"


def _left(seen: "Outlook | Unknown") -> str:
    left = getattr(seen, "days_left", None)
    return "?" if getattr(seen, "rate", None) is None else "-" if left is None else f"{left:.1f}"

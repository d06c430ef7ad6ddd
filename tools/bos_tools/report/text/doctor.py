"""What a machine has and lacks: a line a look."""

from typing import TYPE_CHECKING

from bos_tools.report.text.page import Page

if TYPE_CHECKING:
    from bos_tools.verbs.doctor import Checkup

WIDEST = 72


def write(checkup: "Checkup", page: Page) -> None:
    """Show each look, and what mends it."""
    rows = [
        [
            h.name,
            "" if h.is_for_all else "sandbox",
            "ok" if h.ok else "missing",
            _short(h.found),
            "" if h.ok else h.mend,
        ]
        for h in checkup.looks
    ]
    page.table(rows, head=["WHAT", "FOR", "STATE", "FOUND", "MEND"])


def _short(text: str) -> str:
    """Return what fits into a column; JSON has it whole."""
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"

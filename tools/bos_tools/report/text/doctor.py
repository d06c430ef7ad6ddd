"""What a machine has and lacks: a line a look."""

from typing import TYPE_CHECKING

from bos_tools.report.text.page import Page

if TYPE_CHECKING:
    from bos_tools.verbs.doctor import Checkup


def write(checkup: "Checkup", page: Page) -> None:
    """Show each look, and what mends it."""
    rows = [
        [h.name, "" if h.is_for_all else "sandbox", "ok" if h.ok else "missing", h.found, "" if h.ok else h.mend]
        for h in checkup.looks
    ]
    page.table(rows, head=["WHAT", "FOR", "STATE", "FOUND", "MEND"])

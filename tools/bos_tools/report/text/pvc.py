"""Volumes, a growth that has arrived, and a runbook."""

from typing import TYPE_CHECKING

from bos_tools.report.json.pvc import rows
from bos_tools.report.text.page import Page

if TYPE_CHECKING:
    from bos_tools.verbs.pvc_list import Volumes
    from bos_tools.verbs.pvc_runbook import Runbook
    from bos_tools.verbs.pvc_verify import Arrived

GIT = ("volume", "env", "git", "plan", "class")
LIVE = ("claim", "live", "capacity", "used", "free", "state")


def volumes(found: "Volumes", page: Page) -> None:
    """Show a line a volume, or a line a claim."""
    keys = [*GIT, *(LIVE if found.is_live else ())]
    cells = [dict(each) for row in found.rows for each in rows(row, is_live=found.is_live)]
    page.table(
        [[str(cell[key] if cell[key] is not None else "-") for key in keys] for cell in cells],
        head=[key.upper() for key in keys],
    )


def growth(arrived: "Arrived", page: Page) -> None:
    """Show each claim, and that all is done."""
    for line in arrived.lines:
        page.data(line)
    page.words(f"done: {arrived.volume.name} in {arrived.volume.unit.env} has what Git asks for")


def runbook(filled: "Runbook", page: Page) -> None:
    """Show the runbook."""
    page.text(filled.text.rstrip("\n"))

"""A semantic diff: fields of objects, unit by unit."""

from typing import TYPE_CHECKING

from bos_tools.report.text.page import BOLD, Page, Painted

if TYPE_CHECKING:
    from bos_tools.verbs.diff import Compared


def write(compared: "Compared", page: Page) -> None:
    """Show each field that differs."""
    for entry in compared.units:
        page.data(Painted(entry.unit.folder, BOLD))
        page.fields((change.object, change.field, change.old, change.new) for change in entry.changes)
    if not compared.units:
        page.words("no difference in the render")

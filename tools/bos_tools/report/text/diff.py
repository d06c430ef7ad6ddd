"""What differs in the render: object by object, what is the same in several environments once."""

from collections import Counter
from typing import TYPE_CHECKING

from bos_tools.report.text.page import BOLD, Page, Painted
from bos_tools.report.text.sections import write as write_section

if TYPE_CHECKING:
    from bos_tools.verbs.diff import Shown


def write(shown: "Shown", page: Page) -> None:
    """Show each object that differs, and how."""
    for section in shown.sections:
        page.data(Painted(f"{section.service}  {', '.join(section.environments)}", BOLD))
        write_section(section, page)
    _count(shown, page)


def _count(shown: "Shown", page: Page) -> None:
    compared = shown.compared
    kinds = Counter(one.kind.value for one in compared.differences if not one.is_echo)
    units = len({one.unit for one in compared.differences})
    if compared.affected.why:
        page.words(f"all {compared.affected.of} units were rendered: {compared.affected.why}")
    if units:
        said = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        page.words(f"{units} of {compared.affected.of} units differ: {said}")
    elif not compared.unread:
        page.words("no difference in the render")

"""A review: the verdict, what must be meant, images, findings, and what differs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bos_tools.report.text.page import BOLD, GREEN, RED, YELLOW, Page, Painted
from bos_tools.report.text.sections import write as write_section

if TYPE_CHECKING:
    from bos_tools.impact.changes import Difference
    from bos_tools.verbs.review import Image, Reviewed

COLOURS = {"pass": GREEN, "attention": YELLOW, "blocked": RED}
QUIET = ("safe", "rolls")
"""Dangers that need no words: that pods roll is told anyway."""


def write(reviewed: "Reviewed", page: Page) -> None:
    """Show the verdict first, and then why."""
    head = (reviewed.head or "the work tree")[:13]
    what = f"  {reviewed.base[:12]}..{head}: {len(reviewed.affected.units)} of {reviewed.affected.of} units rendered"
    page.data(Painted(reviewed.verdict.value, COLOURS[reviewed.verdict.value]), what)
    if reviewed.affected.why:
        page.data(f"all of them, because {reviewed.affected.why}")
    _blockers(reviewed, page)
    _meant(reviewed, page)
    _images(reviewed.images, page)
    _findings(reviewed, page)
    said = {id(one.difference): (one.danger.value, one.why) for one in reviewed.changes}

    def note(one: "Difference") -> str:
        danger, why = said[id(one)]
        return "" if danger in QUIET else f"  {danger}: {why}"

    for section in reviewed.sections:
        page.data("")
        page.data(Painted(f"{section.service}  {', '.join(section.environments)}", BOLD))
        write_section(section, page, note)


def _blockers(reviewed: "Reviewed", page: Page) -> None:
    if not reviewed.blockers:
        return
    page.data("")
    page.data(Painted("blocked by", BOLD))
    for one in reviewed.blockers:
        change = one.blocker.change
        page.data(
            "  ", Painted(f"{change.danger} {change.difference.object}", RED), f" in {one.blocker.env}: {change.why}"
        )
    page.data("if that is meant, a commit of the branch says so in lines of its message:")
    for one in reviewed.blockers:
        page.data(f"  {one.acknowledge}")


def _meant(reviewed: "Reviewed", page: Page) -> None:
    if reviewed.meant:
        page.data("")
        page.data(Painted("meant, as commits of the branch say", BOLD))
    for one in reviewed.meant:
        change = one.blocker.change
        what = Painted(f"{change.danger} {change.difference.object}", YELLOW)
        page.data("  ", what, f" in {one.blocker.env}, {one.commit[:12]}: {change.why}")


def _images(images: "Sequence[Image]", page: Page) -> None:
    if not images:
        return
    rows: dict[tuple[str, str, str, str], list[str]] = {}
    for one in images:
        known = {True: "was here before", False: "new here", None: "before this clone's history"}
        before = known[one.in_environment_before] if one.moved.new else "goes"
        row = (one.moved.image, one.moved.old or "-", one.moved.new or "-", before)
        rows.setdefault(row, []).append(f"{one.moved.unit.env}/{one.moved.unit.service}")
    page.data("")
    page.table([[", ".join(where), *row] for row, where in rows.items()], head=["IMAGES", "NAME", "OLD", "NEW", ""])


def _findings(reviewed: "Reviewed", page: Page) -> None:
    new = [one.finding for one in reviewed.findings if one.new]
    if new:
        page.data("")
        page.data(Painted("findings of this change", BOLD))
    for one in new:
        place = Painted(f"{one.path}:{one.line}", BOLD)
        page.data("  ", place, f": [{one.rule}] {one.message} ({', '.join(one.environments)})")
    if old := len(reviewed.findings) - len(new):
        page.words(f"{old} more findings are as old as the base; `bos-tools check` tells them")

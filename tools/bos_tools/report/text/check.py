"""Findings, a line each, and a rule in full."""

from typing import TYPE_CHECKING

from bos_tools.report.text.page import BOLD, Page, Painted

if TYPE_CHECKING:
    from bos_tools.verbs.check import Checked, Explained


def write(checked: "Checked", page: Page) -> None:
    """Show each finding at its place."""
    for finding in checked.findings:
        place = Painted(f"{finding.path}:{finding.line}", BOLD)
        page.data(place, f": [{finding.rule}] {finding.message} ({', '.join(finding.environments)})")
    if count := len(checked.findings):
        found = "1 finding" if count == 1 else f"{count} findings"
        page.words(f"{found} by {checked.rules} rules; `bos-tools check --explain ID` says why")
    else:
        page.words(f"no finding by {checked.rules} rules")


def explain(explained: "Explained", page: Page) -> None:
    """Show what a rule holds, and why."""
    rule = explained.rule
    page.text(f"{rule.id}: {rule.title}\n\n{rule.why}\n\nRemedy: {rule.remedy}\nSource: {rule.source}")

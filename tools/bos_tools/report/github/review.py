"""A review as annotations: the one writer whose words a workflow's runner shall act on."""

from typing import TYPE_CHECKING

from bos_tools import plain

if TYPE_CHECKING:
    from bos_tools.report.text.page import Page
    from bos_tools.verbs.review import Reviewed

IN_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
IN_PROPERTY = IN_TEXT | str.maketrans({":": "%3A", ",": "%2C"})
"""How a runner wants it: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands."""


def write(reviewed: "Reviewed", page: "Page") -> None:
    """Write one command a line: what blocks first, since a runner shows ten of a kind, and the verdict at the end."""
    for stopped in reviewed.blockers:
        change = stopped.blocker.change
        said = f"{change.difference.object}: {change.why}; if that is meant, a commit says: {stopped.acknowledge}"
        place = f"{change.difference.unit.folder}/kustomization.yaml"
        _command(page, "error", said, place, 1, f"{change.danger} in {stopped.blocker.env}")
    for found in reviewed.findings:
        one = found.finding
        if found.new:
            _command(page, one.severity, one.message, one.path, one.line, f"{one.rule} {', '.join(one.environments)}")
    new = sum(found.new for found in reviewed.findings)
    page.data(f"{reviewed.verdict}: {len(reviewed.blockers)} blockers, {new} findings of this change")


def _command(page: "Page", level: str, message: str, path: str, line: int, title: str) -> None:
    where = f"file={_property(path)},line={max(line, 1)},title={_property(title.strip())}"
    page.raw(f"::{level} {where}::{_said(message)}\n".encode())


def _said(text: str) -> str:
    return plain.written(text).translate(IN_TEXT)


def _property(text: str) -> str:
    return plain.written(text).translate(IN_PROPERTY)

"""Who pinned what: a line a change."""

from typing import TYPE_CHECKING

from bos_tools.report.text.page import Page

if TYPE_CHECKING:
    from bos_tools.verbs.history import History


def write(history: "History", page: Page) -> None:
    """Show each change of a pin."""
    rows = [
        [
            step.commit.date[:16].replace("T", " "),
            step.env,
            step.image,
            f"{_short(step.old)} -> {_short(step.new)}",
            step.commit.sha[:12],
            f"{step.commit.author}, in a merge" if step.is_merge else step.commit.author,
        ]
        for step in history.steps
    ]
    if rows:
        page.table(rows, head=["DATE", "ENV", "IMAGE", "VERSION", "COMMIT", "AUTHOR"])
    else:
        page.words(f"no commit has changed a pin of {history.service}")


def _short(version: str | None) -> str:
    if version is None:
        return "-"
    tag, at, digest = version.partition("@")
    return f"{tag}@{digest[:14]}…" if at else tag

"""The state of environments: a table with a column an environment."""

from typing import TYPE_CHECKING

from bos_tools.report.text.page import Page

if TYPE_CHECKING:
    from bos_tools.review.state import Value
    from bos_tools.verbs.status import Status


def write(status: "Status", page: Page) -> None:
    """Show each service's versions and sizes, and mark what differs from the environment before."""
    values = status.state.values
    rows: dict[tuple[str, str, str], dict[str, str]] = {}
    for value in sorted(values, key=lambda v: (v.service, v.field == "claim", v.name)):
        rows.setdefault((value.service, value.field, value.name), {})[value.env] = _cell(value)
    lines = [
        [_label(service, field, name), *(cells.get(env, "-") for env in status.environments)]
        for (service, field, name), cells in rows.items()
    ]
    page.table(lines, head=["SERVICE", *status.environments])
    if not lines:
        page.words("no unit of these environments pins an image or has a claim")
    if any(value.differs for value in values):
        page.words("* differs from the environment before")


def _label(service: str, field: str, name: str) -> str:
    if field == "claim":
        return f"  {name}"
    return service if name == service else f"{service}/{name}"


def _cell(value: "Value") -> str:
    digest = f"@{value.digest[:14]}…" if value.digest and not value.value.startswith("sha") else ""
    return f"{value.value}{digest}{' *' if value.differs else ''}"

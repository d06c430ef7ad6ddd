"""The table of `base/README.md` is what the plan's data says: `python tests/unit/review/test_plan_page.py` writes it anew."""

from pathlib import Path

from bos_tools.doors.files import WorkTree
from bos_tools.tree.layout import Tree
from bos_tools.tree.service_plan import Workload

PLANS = Tree(WorkTree(Path(__file__).resolve().parents[3])).plans()
SERVICES = {name: plan.workload for name, plan in PLANS.items() if plan.workload is not None}
PAGE = Path(__file__).resolve().parents[3] / "base" / "README.md"
FIRST, LAST = "<!-- services:", "<!-- /services -->"
HEAD = ("service", "kind", "ports", "replicas", "requests cpu / memory", "limits cpu / memory", "claims")


def row(name: str, planned: Workload) -> tuple[str, ...]:
    """Return what the plan says of a service, in the words of the page."""
    claims = (f"{name} {_range(claim.range)}".strip() for name, claim in planned.claims.items())
    return (
        name,
        planned.kind,
        ", ".join(map(str, planned.ports)),
        _count(planned),
        f"{planned.requests.cpu} / {planned.requests.memory}",
        f"{planned.limits.cpu} / {planned.limits.memory}",
        ", ".join(claims),
    )


def _count(planned: Workload) -> str:
    if planned.hpa is None:
        return " or ".join(map(str, planned.replicas))
    return f"{planned.hpa.min}–{planned.hpa.max}, on CPU {planned.hpa.cpu} %"


def _range(sizes: tuple[int, int] | None) -> str:
    if sizes is None:
        return ""
    return f"{sizes[0]}Gi" if sizes[0] == sizes[1] else f"{sizes[0]}–{sizes[1]}Gi"


def table() -> str:
    """Return the plan's table of services in Markdown."""
    rows = [HEAD, ("---",) * len(HEAD), *(row(name, planned) for name, planned in SERVICES.items())]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def written(page: str) -> str:
    """Return the page with its table as the data has it."""
    before, mark, rest = page.partition(FIRST)
    note, _, rest = rest.partition("\n")
    return f"{before}{mark}{note}\n{table()}{LAST}{rest.partition(LAST)[2]}"


def test_the_plan_s_page_has_the_numbers_of_the_plan_s_data():
    page = PAGE.read_text()

    assert all(f"| {name} |" in page for name in SERVICES)
    assert page == written(page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))

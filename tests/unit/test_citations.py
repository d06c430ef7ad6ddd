"""Whoever follows a source arrives: a file of this repository with its anchor, a decision by its number, or a public page."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bos_tools.review.table import RULES
from harness import ROOT

TEXTS = {".py", ".yaml", ".yml", ".md", ".sh", ".conf", ".toml", ".js", ".go"}
FOLDERS = ("tools", "base", "overlays", "tests", ".github")
NAMED = re.compile(
    r"(?<![\w/.*<>-])((?:\.{0,2}/)?(?:[\w.-]+/)*[\w-]+\.md)(?:#([\w-]+))?(?:, (?:rules? (\d+)|\"([^\"]+)\"))?"
)
DECISION = re.compile(r"\bdecision (\d+)\b", re.IGNORECASE)


def texts() -> Iterator[tuple[Path, str]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in TEXTS and path.is_file() and "node_modules" not in path.parts:
                yield path, path.read_text()
    for name in ("README.md", "Makefile", "pyproject.toml"):
        yield ROOT / name, (ROOT / name).read_text()


@cache
def anchors(path: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as the forges make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings)


def arrives(page: Path, *, at: str | None, rule: str | None, heading: str | None) -> bool:
    wanted = at or (f"rule-{rule}" if rule else None) or (heading and heading.lower().replace(" ", "-"))
    return page.is_file() and (wanted is None or wanted in anchors(page))


@pytest.mark.parametrize("identity", RULES)
def test_the_source_of_a_rule_is_a_place_in_this_repository_or_a_public_page(identity: str):
    page, _, at = RULES[identity].source.partition("#")

    assert page.startswith("https://") or arrives(ROOT / page, at=at or None, rule=None, heading=None)


def test_every_page_that_is_cited_is_there_with_the_part_that_is_meant():
    lost = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path, text in texts()
        if ".md" in text
        for found in NAMED.finditer(text)
        if "://" not in text[max(0, found.start() - 60) : found.start()].rpartition(" ")[2]
        and not any(
            arrives(start / found[1], at=found[2], rule=found[3], heading=found[4])
            for start in (ROOT, path.parent, ROOT / ".github", ROOT / ".github/runbooks")
        )
    ]

    assert lost == []


def test_every_decision_that_is_cited_by_its_number_is_on_record():
    known = {int(path.name[:4]) for path in (ROOT / ".github" / "decisions").glob("*.md")}
    lost = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path, text in texts()
        for found in DECISION.finditer(text)
        if int(found[1]) not in known
    ]

    assert known
    assert lost == []

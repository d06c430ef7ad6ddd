"""The words of a pull request: what changes in the render, what proves it, never cut in the middle."""

import json
import re
from collections.abc import Callable, Sequence
from shlex import quote
from typing import Any

from bos_tools import plain
from bos_tools.change.prove import Proof
from bos_tools.render.diff import Change, masked
from bos_tools.render.mask import HIDDEN

LIMIT = 65_536
"""Characters that GitHub takes as a body, the least of the three."""
TITLE_LIMIT = 255
"""GitLab's, one less than GitHub's."""
CELL = 120
MARK = re.compile(r"<!-- bos-tools: ([0-9a-f]{40,64}) -->")


def title(text: str) -> str:
    """Return a title that every forge takes."""
    line = plain.written(text.splitlines()[0]) if text else ""
    return line if len(line) <= TITLE_LIMIT else line[: TITLE_LIMIT - 1] + "…"


def described(body: str) -> str | None:
    """Return which commit a body describes, None for a body that is not ours."""
    found = MARK.findall(body)
    return str(found[-1]) if found else None


def body(proof: Proof, head: str, base: str, branch: str, link: Callable[[str, str], str]) -> str:
    """Return the body for a branch's newest commit; too many rows are left out from the end, and counted."""
    above = ["### What changes in the render", "", "| object | field | old | new |", "|---|---|---|---|"]
    rows = [_row(change) for change in proof.changes]
    below = [
        "",
        "### Proof",
        "",
        "Rendered before and after, and seen to differ in these fields and in nothing else:",
        "",
        *_some(
            [f"- [{_code(folder)}]({_page(folder, head, link)})" for folder in proof.folders],
            8_000,
            "- and {} more folders",
        ),
        "",
        "### By hand",
        "",
        "```console",
        f"$ git fetch origin {quote(base)} {quote(branch)}",
        f"$ bos-tools diff {quote(f'origin/{base}..origin/{branch}')}",
        "```",
        "",
        "A newer version edits this pull request. Commits of yours on its branch stay; then it comes on top of them.",
        "",
        f"<!-- bos-tools: {head} -->",
    ]
    room = LIMIT - len("\n".join([*above, *below])) - 1
    return "\n".join([*above, *_some(rows, room, "| and {} more fields | | | |"), *below])


def _some(rows: Sequence[str], room: int, rest: str) -> list[str]:
    """Return as many rows as have room, whole, with the number of the others."""
    if sum(len(row) + 1 for row in rows) <= room:
        return list(rows)
    room -= len(rest) + 10
    kept: list[str] = []
    for row in rows:
        room -= len(row) + 1
        if room < 0:
            break
        kept.append(row)
    return [*kept, rest.format(len(rows) - len(kept))]


def _page(folder: str, head: str, link: Callable[[str, str], str]) -> str:
    return link(head, f"{folder}/kustomization.yaml")


def _row(change: Change) -> str:
    shown = masked(change)
    return f"| {_code(change.object)} | {_code(change.field)} | {_value(shown.old)} | {_value(shown.new)} |"


def _value(value: Any) -> str:
    if value is None:
        return "–"
    if value == HIDDEN:
        return HIDDEN
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > CELL or "\n" in text:
        return f"{_code(text.split(chr(10), 1)[0][:CELL])} … ({len(text)} characters)"
    return _code(text)


def _code(text: str) -> str:
    """Return text as Markdown shows it literally, inside of a table."""
    text = plain.written(" ".join(text.split())).replace("\\|", "\\x5c|").replace("|", "\\|")
    if not text:
        return '``""``'
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{text}{pad}{fence}"

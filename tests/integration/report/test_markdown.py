"""Whatever a change holds, its comment is within the limit, nothing in it acts, and verdict and blockers are there."""

import re
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bos_tools.impact.affected import Affected
from bos_tools.impact.blockers import Blocker
from bos_tools.impact.changes import Difference, Field, Kind
from bos_tools.impact.danger import Danger
from bos_tools.impact.images import Moved
from bos_tools.impact.judge import ObjectChange
from bos_tools.report.markdown.review import LIMIT, MARK, document
from bos_tools.report.markdown.words import code, fenced, html
from bos_tools.review.findings import Finding
from bos_tools.tree.layout import Unit
from bos_tools.verbs.review import Found, Image, Meant, Reviewed, Stopped
from harness.cases import cases

EVIL = (
    "`", "``", "```", "~~~", "\n", "\r\n", "|", "</details>", "<details>", "<script>", "-->", "<!--", "@everyone",
    "@octocat", "closes #1", "fixes owner/repo#2", "GH-3", "https://example.com/#4", "[x](y)", "![x](y)", "**", "__",
    "\u202e", "\x1b[31m", "\u200b", "&#64;", "&lt;", "::error::", "工具", "🎉", "# head", "- item", "> quote", "\\", "$x$",
    " ", "a" * 300, "<b>", "</code>", "\t", "1. one", "---", "===", ":tada:",
)  # fmt: skip
SHOWN = re.compile(r"`+")


class Maker:
    """Makes reviews of hostile words."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)

    def words(self, most: int = 6) -> str:
        return "".join(self.chance.choice(EVIL) for _ in range(self.chance.randrange(1, most)))

    def value(self) -> Any:
        text = self.words(12)
        return self.chance.choice([None, text, 1, True, [text], {text: text}, "\n".join([text] * 30)])

    def change(self, size: int) -> ObjectChange:
        unit = Unit(self.chance.choice(("dev", "prod")), self.words())
        fields = tuple(Field(self.words(), self.value(), self.value()) for _ in range(self.chance.randrange(size)))
        one = Difference(unit, self.words(), self.chance.choice(list(Kind)), None, fields, (self.words(),))
        return ObjectChange(one, self.chance.choice(list(Danger)), self.words())

    def review(self, count: int) -> Reviewed:
        changes = tuple(self.change(4) for _ in range(self.chance.randrange(count)))
        blocks = [one for one in changes if one.danger in (Danger.refused, Danger.loses_data)]
        stopped = tuple(Stopped(Blocker(one), f"Bos-Acknowledge: {Blocker(one).said}") for one in blocks)
        unit = Unit("prod", self.words())
        images = tuple(
            Image(Moved(unit, self.words(), self.words(), None), self.chance.random() < 0.5) for _ in range(3)
        )
        words = {"message": self.words(), "object": self.words()}
        finding = Finding(self.words(), 1, "P1", severity="error", environments=("prod",), **words)
        return Reviewed(
            "0" * 40, None, Affected((unit,), 9, self.words()), changes, images, (Found(finding, new=True),), stopped,
            (), tuple(Meant(one.blocker, "1" * 40) for one in stopped),
        )  # fmt: skip


def bare(text: str) -> str:
    """Return a comment without what stands in code, and hold that every fence ends."""
    kept: list[str] = []
    fence = ""
    for line in text.split("\n"):
        opened = re.match(r"`{3,}", line)
        if fence:
            fence = "" if line == fence else fence
        elif opened:
            fence = opened[0]
        else:
            kept.append(_without_spans(line))
    assert not fence
    return "\n".join(kept)


def _without_spans(line: str) -> str:
    """Return a line without its spans of code: each ends with as many ticks as it begins with."""
    left = ""
    while found := SHOWN.search(line):
        end = re.search(rf"(?<!`){found[0]}(?!`)", line[found.end() :])
        assert end, line
        left += line[: found.start()]
        line = line[found.end() + end.end() :]
    return re.sub("<code>[^<>@]*</code>", "", left + line)


def hold(reviewed: Reviewed) -> None:
    text = document(reviewed)
    outside = bare(text)

    assert len(text.encode()) <= LIMIT < 65_536
    assert text.startswith(MARK)
    assert f"## ⛔ {reviewed.verdict.value}" in text
    assert outside.count("<details>") == outside.count("</details>")
    assert "@" not in outside
    assert not re.search(r"#\d(?!\d*;)|GH-\d", outside.replace("&#64;", ""))
    assert not re.search(r"<(?!!-- bos-tools: a review -->|/?(details|summary|b|code)>)", outside)
    for one in reviewed.blockers[:20]:
        assert one.acknowledge.split()[3] in text
    if reviewed.blockers:
        assert f"### {len(reviewed.blockers)} to be meant" in text


@cases(10_000)
@given(st.integers(0, 10**9))
def test_a_hostile_review_is_a_harmless_comment(seed):
    hold(Maker(seed).review(8))


@pytest.mark.parametrize("count", [100, 1000, 4000])
def test_a_huge_review_goes_down_a_ladder(count):
    hold(Maker(count).review(count))


@pytest.mark.parametrize("text", [*EVIL, "", "`a`", "a`", "a``b`"])
def test_one_word_is_harmless_in_a_span_a_fence_and_html(text):
    assert _without_spans(code(text)) == ""
    assert bare("\n".join(fenced([text]))) == ""
    assert not re.search(r"[@<>]|#\d(?!\d*;)", html(text).removeprefix("<code>").removesuffix("</code>"))

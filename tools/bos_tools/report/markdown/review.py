"""A review as a comment of a pull request: within the limit whatever it holds, and the verdict always in it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from bos_tools.report.markdown.words import code, fenced, html
from bos_tools.report.text.sections import lines

if TYPE_CHECKING:
    from bos_tools.impact.changes import Difference
    from bos_tools.impact.groups import Section
    from bos_tools.report.text.page import Page
    from bos_tools.verbs.review import Reviewed, Stopped

LIMIT = 65_000
"""Bytes: GitHub takes 65,536 characters, and counts some twice."""
MARK = "<!-- bos-tools: a review -->"
"""What tells our comment from others."""
SIGNS = {"pass": "✅", "attention": "⚠️", "blocked": "⛔"}
QUIET = ("safe", "rolls")
EVERYTHING = 10**9


def write(reviewed: "Reviewed", page: "Page") -> None:
    """Write the comment."""
    page.raw(document(reviewed).encode("utf-8", "replace"))


def document(reviewed: "Reviewed") -> str:
    """Return the comment: the first rung of a ladder that fits, each of which tells less of what matters least."""
    for rung in (EVERYTHING, 400, 100, 30, 8, 0, -1):
        for most in (EVERYTHING, 200, 40):
            text = "\n".join(_page(reviewed, rung, most)) + "\n"
            if len(text.encode("utf-8", "replace")) <= LIMIT:
                return text
    return "\n".join(_least(reviewed)) + "\n"


def _page(reviewed: "Reviewed", rung: int, most: int) -> Iterator[str]:
    yield from _head(reviewed)
    yield from _blockers(reviewed.blockers, most)
    yield from _meant(reviewed, most)
    yield from _images(reviewed, most)
    yield from _findings(reviewed, most)
    yield from _changes(reviewed, rung)


def _head(reviewed: "Reviewed") -> Iterator[str]:
    yield MARK
    yield f"## {SIGNS[reviewed.verdict.value]} {reviewed.verdict.value}"
    yield ""
    head = reviewed.head[:12] if reviewed.head else "the work tree"
    said = f"`{reviewed.base[:12]}`..`{head}`: {len(reviewed.affected.units)} of {reviewed.affected.of} units rendered"
    yield said + (f", because {code(reviewed.affected.why)}" if reviewed.affected.why else "")
    for one in reviewed.unread[:10]:
        yield f"- {code(one[:300])}"


def _blockers(blockers: "Sequence[Stopped]", most: int) -> Iterator[str]:
    if not blockers:
        return
    yield from ("", f"### {len(blockers)} to be meant", "", "| | | danger | why |", "|-|-|-|-|")
    for one in blockers[:most]:
        change = one.blocker.change
        who, why = change.difference.object[:300], change.why[:300]
        yield f"| {one.blocker.env} | {code(who)} | **{change.danger.value}** | {code(why)} |"
    yield from _more(len(blockers) - most, "blockers")
    yield from ("", "If it is meant, a commit of the branch says so in its message:", "")
    yield from fenced([one.acknowledge[:600] for one in blockers[:most]])
    yield from _more(len(blockers) - most, "lines")


def _meant(reviewed: "Reviewed", most: int) -> Iterator[str]:
    if not reviewed.meant:
        return
    yield from ("", "### Meant, as commits of the branch say", "", "| | | danger | why | commit |", "|-|-|-|-|-|")
    for one in reviewed.meant[:most]:
        change = one.blocker.change
        who, why = change.difference.object[:300], change.why[:300]
        yield f"| {one.blocker.env} | {code(who)} | **{change.danger.value}** | {code(why)} | `{one.commit[:12]}` |"
    yield from _more(len(reviewed.meant) - most, "of them")


def _images(reviewed: "Reviewed", most: int) -> Iterator[str]:
    if not reviewed.images:
        return
    yield from ("", "### Images", "", "| | image | old | new | |", "|-|-|-|-|-|")
    for one in reviewed.images[:most]:
        moved = one.moved
        before = "was here before" if one.in_environment_before else "new here" if moved.new else "goes"
        sides = (code(side[:200]) if side else "–" for side in (moved.old, moved.new))
        where = code(f"{moved.unit.env}/{moved.unit.service}")
        yield f"| {where} | {code(moved.image[:200])} | {' | '.join(sides)} | {before} |"
    yield from _more(len(reviewed.images) - most, "images")


def _findings(reviewed: "Reviewed", most: int) -> Iterator[str]:
    new = [one.finding for one in reviewed.findings if one.new]
    if not new:
        return
    yield from ("", "### Findings of this change", "")
    for one in new[:most]:
        place = code(f"{one.path}:{one.line}"[:300])
        yield f"- {place} **{one.rule}** {code(one.message[:300])} ({', '.join(one.environments)})"
    yield from _more(len(new) - most, "findings")


def _more(count: int, what: str) -> Iterator[str]:
    if count > 0:
        yield from ("", f"… and {count} more {what}: `bos-tools review` tells them")


def _changes(reviewed: "Reviewed", rung: int) -> Iterator[str]:
    """Yield the differences in folds; `rung` lines of each, none with 0, and with -1 only how many there are."""
    said = {id(one.difference): (one.danger.value, one.why) for one in reviewed.changes}
    sections = reviewed.sections
    if sections:
        yield from ("", "### Changes")
    if rung < 0:
        count = Counter(said[id(one)][0] for section in sections for one in section.differences)
        yield from ("", ", ".join(f"{number} {danger}" for danger, number in count.items()))
        return
    for section in sections:
        yield from _fold(section, lambda one: said[id(one)], rung)


def _fold(section: "Section", said: "Callable[[Difference], tuple[str, str]]", rung: int) -> Iterator[str]:
    dangers = Counter(said(one)[0] for one in section.differences)
    count = ", ".join(f"{number} {danger}" for danger, number in dangers.items())
    where = f"<b>{html(section.service)}</b> {', '.join(section.environments)}: {count}"
    yield from ("", f"<details><summary>{where}</summary>", "")
    shown: list[str] = []
    for one in section.differences:
        danger, why = said(one)
        head, *rest = lines(one, "" if danger in QUIET else f"  {danger}: {why}", rung)
        shown += [head[:400], *(line[:400] for line in rest[:rung])]
        if len(rest) > rung:
            shown.append(f"      … {len(rest) - rung} more lines: `bos-tools review` tells them")
    yield from (*fenced([_marked(line) for line in shown], "diff"), "", "</details>")


def _marked(line: str) -> str:
    """Return a line with its `+` or `-` in front, where a forge looks for its colour."""
    bare = line.lstrip(" ")
    return f"{bare[0]}{line[: len(line) - len(bare)]}{bare[1:]}" if bare[:1] in ("+", "-") else f" {line}"


def _least(reviewed: "Reviewed") -> Iterator[str]:
    """Yield what always fits: the verdict, and how many of what."""
    yield from _head(reviewed)
    count = Counter(one.blocker.change.danger.value for one in reviewed.blockers)
    yield from ("", f"### {len(reviewed.blockers)} to be meant: {', '.join(f'{n} {d}' for d, n in count.items())}")
    yield from _blockers(reviewed.blockers[:20], 20)

"""Words of others in Markdown: shown as they are, and acting on nothing."""

import re

from bos_tools import plain

TICKS = re.compile("`+")
SIGN = re.compile(r"[^\w .:/,()-]")


def code(text: str) -> str:
    r"""Return a text as a span of code: no mention, no link, no issue, no HTML; in a table, too.

    >>> print(code("a `b` | @me"))
    `` a `b` \| @me ``
    """
    shown = plain.line(text).replace("|", "\\|") or " "
    ticks = "`" * (max(map(len, TICKS.findall(shown)), default=0) + 1)
    space = " " if shown[0] == "`" or shown[-1] == "`" or len(ticks) > 1 else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def fenced(lines: list[str], language: str = "") -> list[str]:
    """Return lines as a block of code, whose fence none of them ends."""
    shown = [plain.line(line) for line in lines]
    fence = "`" * max(3, *(len(ticks) + 1 for line in shown for ticks in TICKS.findall(line)), 3)
    return [f"{fence}{language}", *shown, fence]


def html(text: str) -> str:
    """Return a text as code of HTML, where a forge mentions nobody, with every sign in it as an entity.

    >>> html("a@b <i>")
    '<code>a&#64;b &#60;i&#62;</code>'
    """
    return f"<code>{SIGN.sub(lambda found: f'&#{ord(found[0])};', plain.line(text))}</code>"

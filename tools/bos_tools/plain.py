"""Words of others made plain: what nobody sees, or what a terminal, a log or a forge would act on, is written out.

Whatever leaves this program passes here: from a file, a commit, a server, or another program's complaint.
"""

import json
import re

UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls: an escape sequence, a bell, a return to the line's start
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # letters without a shape
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb"  # of no width, or of another direction
    "\ud800-\udfff"  # bytes of a name that are no text
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "]"
)
"""Characters that Unicode lets a reader ignore, that end or turn a line, and that are none. Emoji lose a joiner."""
TO_RUNNER = re.compile(r"(?m)^([^\S\n]*):(?=:)")
"""A workflow's command, which a runner looks for at the start of each line, blanks aside."""
TO_OLD_RUNNER = re.compile(r"#(?=#\w*\[)")
"""The older form, also of Azure and TeamCity, which is looked for anywhere."""


def line(text: str) -> str:
    r"""Return a text as one line that does nothing.

    >>> line("v1\n::error::no")
    'v1\\n::error::no'
    >>> line("\x1b[31m \u202e ::x"), line(" ::error::no"), line("##[error]")
    ('\\x1b[31m \\u202e ::x', ' \\x3a:error::no', '\\x23#[error]')
    """
    return lines(text.replace("\n", "\\n"))


def lines(text: str) -> str:
    """Return a text of several lines that does nothing; doing it again changes nothing."""
    text = written(text)
    if "::" in text:
        text = TO_RUNNER.sub(r"\1\\x3a", text)
    return TO_OLD_RUNNER.sub(r"\\x23", text) if "##" in text else text


def written(text: str) -> str:
    """Return a text with each character written out that nobody would see."""
    return UNSEEN.sub(lambda found: _code(ord(found[0])), text)


def in_json(document: str) -> str:
    """Return a JSON document in other letters for the same values, which do nothing in a log."""
    document = UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], document)
    return TO_OLD_RUNNER.sub(r"\\u0023", document) if "##" in document else document


def _code(number: int) -> str:
    form = "\\x{:02x}" if number < 0x100 else "\\u{:04x}" if number < 0x10000 else "\\U{:08x}"
    return form.format(number)

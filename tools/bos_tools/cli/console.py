"""Where output goes: data to stdout, words to stderr; colour only on a terminal and never with NO_COLOR.

Every word is made plain on its way, for any may be a stranger's.
"""

import json
import os
import sys
from contextlib import suppress
from typing import Any

from bos_tools import plain
from bos_tools.errors import BosError
from bos_tools.report.text.page import Page, Stream


def data(text: str) -> None:
    """Write data of a line or several."""
    sys.stdout.write(f"{plain.lines(text)}\n")


def words(text: str) -> None:
    """Write a line for the human."""
    passage(plain.line(text))


def passage(text: str) -> None:
    """Write lines for the human."""
    with suppress(OSError):  # a full disk or a reader that left: who reads stderr may still be there
        sys.stdout.flush()
    with suppress(OSError):
        sys.stderr.write(f"{plain.lines(text)}\n")


def document(value: Any) -> None:
    """Write a JSON document."""
    is_narrow = not (sys.stdout.encoding or "").lower().startswith("utf")
    sys.stdout.write(f"{plain.in_json(json.dumps(value, indent=2, ensure_ascii=is_narrow))}\n")


def page() -> Page:
    """Return an empty page for stdout as it is."""
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return Page(colour=not is_plain and sys.stdout.isatty())


def show(full: Page) -> None:
    """Write what stands on a page, on which all is plain but the bytes; those are plain for a person alone."""
    for stream, part in full.parts:
        if isinstance(part, bytes) and sys.stdout.isatty():
            sys.stdout.write(plain.lines(part.decode("utf-8", "surrogateescape")))
        elif isinstance(part, bytes):
            sys.stdout.flush()
            sys.stdout.buffer.write(part)
        elif stream is Stream.data:
            sys.stdout.write(part)
        else:
            words(part.removesuffix("\n"))


def give_up() -> None:
    """Let what stdout does not take go, so that the end of the program does not try once more."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def failure(error: BosError, *, as_json: bool) -> int:
    """Report an error and return its exit code."""
    if len(error.lines) > 1:
        words(f"bos-tools: {': '.join(filter(None, [error.place, error.sentence]))}:")
        for line in error.lines:
            words(f"  {line}")
    else:
        words(f"bos-tools: {error}")
    if error.hint:
        words(f"hint: {error.hint}")
    if as_json:
        from bos_tools.report.json import error as contract

        try:
            document(contract.document(error))
            sys.stdout.flush()
        except OSError:  # the words stand
            give_up()
    return error.exit_code

"""Where output goes: data to stdout, words to stderr; colour only on a terminal and never with NO_COLOR."""

import json
import os
import sys
from contextlib import suppress
from typing import Any

from bos_tools.errors import BosError
from bos_tools.report.text.page import Page, Stream


def data(text: str) -> None:
    """Write a line of data."""
    sys.stdout.write(f"{text}\n")


def words(text: str) -> None:
    """Write a line for the human."""
    with suppress(OSError):  # a full disk or a reader that left: who reads stderr may still be there
        sys.stdout.flush()
    sys.stderr.write(f"{text}\n")


def document(value: Any) -> None:
    """Write a JSON document."""
    data(json.dumps(value, indent=2, ensure_ascii=False))


def page() -> Page:
    """Return an empty page for stdout as it is."""
    return Page(colour=not os.environ.get("NO_COLOR") and sys.stdout.isatty())


def show(full: Page) -> None:
    """Write what stands on a page."""
    for stream, part in full.parts:
        if isinstance(part, bytes):
            sys.stdout.flush()
            sys.stdout.buffer.write(part)
        elif stream is Stream.data:
            sys.stdout.write(part)
        else:
            words(part.removesuffix("\n"))


def failure(error: BosError, *, as_json: bool) -> int:
    """Report an error and return its exit code."""
    if as_json:
        from bos_tools.report.json import error as contract

        document(contract.document(error))
    words(f"bos-tools: {error}")
    if error.hint:
        words(f"hint: {error.hint}")
    return error.exit_code

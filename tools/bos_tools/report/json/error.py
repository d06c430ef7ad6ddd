"""The contract of an error, which any command may answer with."""

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from bos_tools.errors import BosError


class Error(TypedDict):
    """What stopped a command: a stable slug, a sentence, and the way out; null for what is not known."""

    reason: str
    message: str
    said: list[str]
    """What another program said, line by line, such as a hook; the message has it on one line."""
    hint: str | None
    path: str | None
    line: int | None
    exit_code: int


class Failure(TypedDict):
    """The answer of a command that was stopped."""

    error: Error


def document(error: "BosError") -> Failure:
    """Return the contract of an error."""
    return {
        "error": {
            "reason": error.reason,
            "message": error.message,
            "said": list(error.lines),
            "hint": error.hint or None,
            "path": error.path or None,
            "line": error.line or None,
            "exit_code": error.exit_code,
        }
    }

"""One tree of errors and one table of exit codes.

BosError
├── Refused          1  we understood and said no: a rule, a policy, a finding
├── Usage            2  the command line is wrong
├── RepositoryError  4  the repository is not as expected
└── OutsideError     5  something outside failed: kustomize, git, a registry
    ├── CommandFailed   a process, with what it said
    └── MayNot          the asker's account lacks a right, so nothing was answered

Exit code 3 is any exception that is not in this tree: our bug.  130 is an interrupt.
"""

import base64
import re
from collections.abc import Iterable
from typing import ClassVar
from urllib.parse import quote

_concealed: set[str] = set()
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""What programs paint their words with where somebody has told them to paint always."""
LONGEST = 2000
"""Characters of others' words that a sentence of ours takes."""
SHORTEST = 4
"""Characters of a secret that is concealed: a shorter one would hide parts of other words."""


def conceal(*secrets: str) -> None:
    """Let secrets that are sent somewhere come back in no message: as they are, in Base64, or quoted for a URL."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            _concealed.update({secret, base64.b64encode(secret.encode()).decode(), quote(secret, safe="")})


def veiled(text: str) -> str:
    """Return a text without the secrets that were sent."""
    for secret in sorted(_concealed, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


class BosError(Exception):
    """Say in one sentence what stopped us, and hint at the way out."""

    exit_code: ClassVar[int] = 3

    def __init__(
        self, message: str, *, reason: str, hint: str = "", path: str = "", line: int = 0, lines: Iterable[str] = ()
    ) -> None:
        self.sentence = veiled(message)
        """Without the words of others."""
        self.lines = tuple(veiled(each.rstrip()) for each in lines if each.strip())
        """What another program said, line by line."""
        self.message = ": ".join(filter(None, [self.sentence, "; ".join(map(str.strip, self.lines))[:LONGEST]]))
        super().__init__(self.message)
        self.reason = reason
        """A stable slug for programs, such as `floating-tag`."""
        self.hint = veiled(hint)
        self.path = path
        self.line = line

    @property
    def place(self) -> str:
        """Return `path:line`, `path` or nothing."""
        return f"{self.path}:{self.line}" if self.path and self.line else self.path

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class Refused(BosError):
    """Raised when a rule, a policy or the proof says no."""

    exit_code = 1


class Usage(BosError):
    """Raised when the words of the command are wrong."""

    exit_code = 2


class RepositoryError(BosError):
    """Raised when the repository is not as expected."""

    exit_code = 4


class OutsideError(BosError):
    """Raised when something outside of this program failed."""

    exit_code = 5


class CommandFailed(OutsideError):
    """Raised when a process ended with an error; carries what it said."""

    def __init__(self, argv: list[str], returncode: int, stderr: str, stdout: str = "") -> None:
        program = argv[0].rpartition("/")[2]
        super().__init__(
            f"{program}{_verb(argv)} failed",
            reason=f"{program}-failed",
            lines=COLOUR.sub("", stderr).splitlines() if stderr.strip() else [f"exit code {returncode}"],
        )
        self.argv = argv
        self.returncode = returncode
        self.stderr = stderr
        self.stdout = stdout
        """What it printed as its result, which may be a secret."""


VERBS = frozenset({"git", "kustomize", "go"})
"""The programs whose first word is shown, for it says what they do; that of another may be a secret."""


def _verb(argv: list[str]) -> str:
    """Return what a program was told to do, with a blank before it: the first word that is no option."""
    words = iter(argv[1:] if argv[0].rpartition("/")[2] in VERBS else [])
    for word in words:
        if word == "-c":  # git's, with a setting behind it
            next(words, None)
        elif not word.startswith("-"):
            return f" {word}"
    return ""


class MayNot(OutsideError):
    """Raised when the asker's account may not ask something: no word on the thing itself."""

    def __init__(self, message: str, needs: str) -> None:
        hint = "who administers the cluster gives that right, by a Role and its RoleBinding"
        super().__init__(message, reason="may-not", hint=hint)
        self.needs = needs
        """`patch on persistentvolumeclaims in buildingos`."""

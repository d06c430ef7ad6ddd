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
from typing import ClassVar
from urllib.parse import quote

_concealed: set[str] = set()
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""What programs paint their words with where somebody has told them to paint always."""
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

    def __init__(self, message: str, *, reason: str, hint: str = "", path: str = "", line: int = 0) -> None:
        self.message = veiled(message)
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

    def __init__(self, argv: list[str], returncode: int, stderr: str) -> None:
        said = " ".join(COLOUR.sub("", stderr).split()) or f"exit code {returncode}"
        super().__init__(f"{' '.join(argv[:2])} failed: {said[:2000]}", reason=f"{argv[0].rsplit('/', 1)[-1]}-failed")
        self.argv = argv
        self.returncode = returncode
        self.stderr = stderr


class MayNot(OutsideError):
    """Raised when the asker's account may not ask something: no word on the thing itself."""

    def __init__(self, message: str, needs: str) -> None:
        hint = "who administers the cluster gives that right, by a Role and its RoleBinding"
        super().__init__(message, reason="may-not", hint=hint)
        self.needs = needs
        """`patch on persistentvolumeclaims in buildingos`."""

"""A pull request, and what is asked of a forge: all that `find.py` and `change/` know of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from bos_tools.doors.forges.api import Address, Api, Token


@dataclass(frozen=True)
class PullRequest:
    """An open pull request from a branch of the repository itself."""

    number: int
    url: str
    branch: str
    title: str
    body: str


class AlreadyOpen(Exception):
    """Raised when the branch has an open pull request already; never leaves `change/`."""


class Forge(Protocol):
    """One repository on one forge; each call raises OutsideError in a sentence that helps."""

    word: ClassVar[str]
    """What BOS_FORGE calls it."""
    name: ClassVar[str]
    hosts: ClassVar[Mapping[str, str]]
    """The hosts that are known to be it, each with the one that has its pages: SSH through port 443 has its own."""
    tokens: ClassVar[tuple[str, ...]]
    """The variables that may hold its token, the first that is set."""
    probe: ClassVar[str]
    """The path of its API that tells what it is to one who shows no token."""

    def __init__(self, api: Api, address: Address) -> None: ...

    @staticmethod
    def base(web: str) -> str:
        """Return the address of its API, by that of its pages."""

    @staticmethod
    def headers(token: Token) -> dict[str, str]:
        """Return the headers of every request."""

    @staticmethod
    def recognises(status: int, said: Any) -> bool:
        """Tell whether it is what answered the probe, by the status and the data of the answer."""

    def find(self, prefix: str, base: str) -> list[PullRequest]:
        """Return the open pull requests into `base` from branches of this repository that begin with the prefix."""

    def open(self, branch: str, base: str, title: str, body: str) -> PullRequest:
        """Open a pull request; raises AlreadyOpen."""

    def update(self, number: int, title: str, body: str) -> None:
        """Give a pull request another title and body."""

    def close(self, number: int) -> None:
        """Close a pull request without merging it."""

    def comment(self, number: int, text: str) -> None:
        """Write a comment."""

    def link(self, commit: str, path: str) -> str:
        """Return the page that shows a file at a commit."""

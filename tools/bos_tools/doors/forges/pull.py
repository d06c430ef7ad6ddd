"""A pull request, and what is asked of a forge."""

from dataclasses import dataclass
from typing import Protocol


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

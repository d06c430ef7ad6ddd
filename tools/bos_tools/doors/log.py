"""A commit as `git log` tells it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

FIELDS = ("%H", "%P", "%ct", "%aI", "%an", "%B")
"""What is asked of a commit, each followed by a NUL, which none of them can hold."""
FORMAT = f"--format={'%x00'.join(FIELDS)}%x00"

LAST = 253_402_300_799
"""The last second that a datetime holds; a commit may say a later one."""


@dataclass(frozen=True)
class Commit:
    """One commit of a log."""

    sha: str
    parents: tuple[str, ...]
    committed: datetime
    """By its committer's clock, which may be wrong."""
    date: str
    """When it was written, ISO 8601 in its author's zone."""
    author: str
    message: str

    @property
    def subject(self) -> str:
        """Return the first paragraph of the message as one line, as `git log --format=%s` does."""
        return " ".join(self.message.strip("\n").partition("\n\n")[0].split("\n"))


def commits(said: str) -> Iterator[Commit]:
    """Yield the commits of what git prints by FORMAT."""
    fields = said.split("\0")
    for start in range(0, len(fields) - len(FIELDS), len(FIELDS)):
        sha, parents, committed, date, author, message = fields[start : start + len(FIELDS)]
        at = datetime.fromtimestamp(min(int(committed), LAST), UTC)
        yield Commit(sha.lstrip("\n"), tuple(parents.split()), at, date, author, message.strip("\n"))

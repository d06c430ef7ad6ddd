"""The contract of `bos-tools history`."""

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from bos_tools.verbs.history import History as Found


class Step(TypedDict):
    """One pin that one commit changed; null on a side on which it is absent."""

    commit: str
    date: str
    author: str
    subject: str
    env: str
    image: str
    old: str | None
    new: str | None
    merge: bool
    """The commit is a merge, in which somebody decided by hand."""


class History(TypedDict):
    """The changes of a service's pins, newest first."""

    service: str
    changes: list[Step]


def document(history: "Found") -> History:
    """Return the contract of a service's history."""
    changes: list[Step] = [
        {
            "commit": s.commit.sha, "date": s.commit.date, "author": s.commit.author, "subject": s.commit.subject,
            "env": s.env, "image": s.image, "old": s.old, "new": s.new, "merge": s.is_merge,
        }
        for s in history.steps
    ]  # fmt: skip
    return {"service": history.service, "changes": changes}

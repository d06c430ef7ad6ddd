"""The contract of every command that changes the repository."""

from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from bos_tools.change.pipeline import Outcome
    from bos_tools.verbs.landing import Landed


class Edit(TypedDict):
    """One field of a file; null on a side on which it is absent."""

    path: str
    env: str
    service: str
    field: str
    old: str | None
    new: str | None


class Effect(TypedDict):
    """One leaf field of the render; null on a side on which it is absent, `(hidden)` for a Secret's value."""

    object: str
    field: str
    old: Any
    new: Any


class PullRequest(TypedDict):
    """The pull request that holds a change; with a dry run, what it would be."""

    number: int | None
    url: str | None
    branch: str
    action: str
    superseded: list[int]


class Change(TypedDict):
    """What a change did, or with a dry run would do."""

    changed: bool
    edits: list[Edit]
    effects: list[Effect]
    commit: str | None
    remote: str | None
    branch: str | None
    """Of the remote: where it went with `--push`, what it is proposed to with `--pr`; null for the work tree."""
    pull_request: PullRequest | None


def document(landed: "Landed") -> Change:
    """Return the contract of a change."""
    return change(landed.outcome)


def change(outcome: "Outcome") -> Change:
    """Return the contract of what a change did."""
    return {
        "changed": bool(outcome.plan.files),
        "edits": [
            {"path": e.path, "env": e.env, "service": e.service, "field": e.field, "old": e.old, "new": e.new}
            for e in outcome.plan.edits
        ],
        "effects": [{"object": c.object, "field": c.field, "old": c.old, "new": c.new} for c in outcome.proof.changes],
        "commit": outcome.commit,
        "remote": outcome.where.shown if outcome.where else None,
        "branch": outcome.where.branch if outcome.where else None,
        "pull_request": _pull_request(outcome),
    }


def _pull_request(outcome: "Outcome") -> PullRequest | None:
    if outcome.pull_request is None:
        return None
    proposed = outcome.pull_request
    return {
        "number": proposed.number, "url": proposed.url, "branch": proposed.branch, "action": proposed.action,
        "superseded": list(proposed.superseded),
    }  # fmt: skip

"""The contract of `bos-tools review`."""

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from bos_tools.report.json import check, diff

if TYPE_CHECKING:
    from bos_tools.verbs.review import Reviewed


class Change(diff.Change):
    """One object that differs, and what that does in its environment."""

    danger: str
    why: str


class Finding(check.Finding):
    """One root cause, and whether it is this change's."""

    new: bool


class Image(TypedDict):
    """An image that a unit runs otherwise; null on a side on which it is absent."""

    env: str
    service: str
    image: str
    old: str | None
    new: str | None
    in_environment_before: bool | None
    """Null where a shallow clone does not know."""


class Blocker(TypedDict):
    """What blocks, and the line of a commit's message that says that it is meant."""

    env: str
    object: str
    danger: str
    why: str
    acknowledge: str


class Review(TypedDict):
    """What a change does to each environment, and what is wrong with it."""

    base: str
    head: str | None
    verdict: str
    rendered: diff.Rendered
    changes: list[Change]
    findings: list[Finding]
    images: list[Image]
    blockers: list[Blocker]


def document(reviewed: "Reviewed") -> Review:
    """Return the contract of a review."""
    return {
        "base": reviewed.base,
        "head": reviewed.head,
        "verdict": reviewed.verdict.value,
        "rendered": diff.rendered(reviewed.affected),
        "changes": [
            {**diff.change(one.difference), "danger": one.danger.value, "why": one.why} for one in reviewed.changes
        ],
        "findings": [{**check.finding(one.finding), "new": one.new} for one in reviewed.findings],
        "images": [
            {
                "env": one.moved.unit.env, "service": one.moved.unit.service, "image": one.moved.image,
                "old": one.moved.old, "new": one.moved.new, "in_environment_before": one.in_environment_before,
            }
            for one in reviewed.images
        ],
        "blockers": [
            {
                "env": one.blocker.env, "object": one.blocker.change.difference.object,
                "danger": one.blocker.change.danger.value, "why": one.blocker.change.why,
                "acknowledge": one.acknowledge,
            }
            for one in reviewed.blockers
        ],
    }  # fmt: skip

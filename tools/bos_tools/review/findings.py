"""What a rule finds, and where."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, order=True)
class Finding:
    """One root cause, at its source."""

    path: str
    line: int
    rule: str
    message: str
    object: str = ""
    environments: tuple[str, ...] = ()
    severity: str = "error"
    """That of its rule: `error` or `warning`."""


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings sorted, one for each root cause: a line that fails a rule in many objects is one finding."""
    causes: dict[tuple[str, str, int], list[Finding]] = {}
    for finding in findings:
        causes.setdefault((finding.rule, finding.path, finding.line), []).append(finding)
    return sorted(one for cause in causes.values() for one in _merge(cause))


def _merge(cause: list[Finding]) -> list[Finding]:
    objects = {finding.object for finding in cause}
    messages = {finding.message: finding for finding in reversed(cause)}
    if len(objects) > 1 and len(messages) > 1:
        first = cause[0]
        more = f"{first.message}; the same in {len(objects) - 1} more objects"
        return [replace(first, message=more, environments=_environments(cause))]
    return [
        replace(one, environments=_environments([f for f in cause if f.message == message]))
        for message, one in messages.items()
    ]


def _environments(findings: list[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(env for finding in findings for env in finding.environments))

"""What a rule is: data with a function. `review/table.py` lists every rule; `tools/README.md` says how to add one."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

NUMBERED = re.compile(r"([A-Z]+)(\d+)")


class Severity(StrEnum):
    """How bad it is to leave a finding; the exit code is 1 with any."""

    error = "error"
    """Something breaks, is lost, is open, or does not do what it says."""
    warning = "warning"
    """It works, and will surprise whoever changes it next."""


class Scope(StrEnum):
    """What a rule looks at."""

    environment = "environment"
    """One environment as it renders: a `World`."""
    change = "change"
    """One environment before and after a change: a `Pair`."""


@dataclass(frozen=True)
class Fault:
    """One place that breaks a rule; which rule, the engine knows."""

    path: str
    line: int
    message: str
    object: str = ""
    """Who it is about, as the render names it; empty for a fault of a file."""


@dataclass(frozen=True)
class Rule:
    """One rule: what holds, why, how to mend what breaks it, where it comes from, and the function that judges."""

    id: str
    title: str
    severity: Severity
    remedy: str
    source: str
    """A file of this repository with an anchor, or a public page."""
    scope: Scope
    why: str
    judge: Callable[[Any], Iterable[Fault]]


Judge = Callable[[Any], Iterator[Fault]]


def rule(
    identity: str, *, title: str, remedy: str, source: str, severity: str = "error", scope: str = "environment"
) -> Callable[[Judge], Rule]:
    """Return a decorator that makes a rule of a function, whose docstring is the reason for it.

    Raises ValueError for an id that is not letters and a number, and for a rule without a reason.
    """

    def declare(judge: Judge) -> Rule:
        why = " ".join((judge.__doc__ or "").split())
        if not NUMBERED.fullmatch(identity) or not why:
            raise ValueError(f"a rule has an id such as P9 and a reason: {identity!a}, {judge.__name__}")
        return Rule(identity, title, Severity(severity), remedy, source, Scope(scope), why, judge)

    return declare


def table(*rules: Rule) -> dict[str, Rule]:
    """Return rules by id, in the order given.

    Raises ValueError for an id that stands twice.
    """
    listed: dict[str, Rule] = {}
    for one in rules:
        if one.id in listed:
            raise ValueError(f"two rules have the id {one.id}: {listed[one.id].title} / {one.title}")
        listed[one.id] = one
    return listed

"""The contracts of `bos-tools check`."""

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from bos_tools.review.findings import Finding as Found
    from bos_tools.verbs.check import Checked, Explained


class Finding(TypedDict):
    """One root cause, at its source."""

    path: str
    line: int
    rule: str
    severity: str
    message: str
    object: str
    environments: list[str]


class OwnRules(TypedDict):
    """The files of rules that the repository brings, and whether they ran."""

    files: list[str]
    ran: bool


class Findings(TypedDict):
    """What some rules found."""

    findings: list[Finding]
    rules: int
    own_rules: OwnRules


class Rule(TypedDict):
    """One rule, with `--explain`."""

    rule: str
    title: str
    severity: str
    scope: str
    why: str
    remedy: str
    source: str


def document(checked: "Checked") -> Findings:
    """Return the contract of a judgement."""
    own: OwnRules = {"files": list(checked.own.files), "ran": checked.own.ran}
    return {"findings": [finding(one) for one in checked.findings], "rules": checked.rules, "own_rules": own}


def finding(one: "Found") -> Finding:
    """Return one root cause."""
    return {
        "path": one.path, "line": one.line, "rule": one.rule, "severity": one.severity, "message": one.message,
        "object": one.object, "environments": list(one.environments),
    }  # fmt: skip


def explain(explained: "Explained") -> Rule:
    """Return the contract of a rule."""
    rule = explained.rule
    return {
        "rule": rule.id, "title": rule.title, "severity": rule.severity, "scope": rule.scope, "why": rule.why,
        "remedy": rule.remedy, "source": rule.source,
    }  # fmt: skip

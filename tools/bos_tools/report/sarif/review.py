"""A review for code scanning: each finding and each blocker at its line."""

import hashlib
import json
from typing import TYPE_CHECKING, Any

from bos_tools import __version__, plain

if TYPE_CHECKING:
    from bos_tools.report.text.page import Page
    from bos_tools.review.findings import Finding
    from bos_tools.review.registry import Rule
    from bos_tools.verbs.review import Found, Reviewed, Stopped

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
DANGER = "danger/"
"""What the id of a danger begins with; a rule's is its own."""


def write(reviewed: "Reviewed", page: "Page") -> None:
    """Write the log."""
    page.raw(plain.in_json(json.dumps(document(reviewed), indent=2)).encode() + b"\n")


def document(reviewed: "Reviewed") -> dict[str, Any]:
    """Return the log of one run, with the base's findings as unchanged."""
    results = [*map(_blocked, reviewed.blockers), *map(_found, reviewed.findings)]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(list(dict.fromkeys(one["ruleId"] for one in results)))},
                "columnKind": "unicodeCodePoints",
                "results": results,
                "properties": {"verdict": reviewed.verdict.value, "base": reviewed.base, "head": reviewed.head},
            }
        ],
    }


def _driver(ids: list[str]) -> dict[str, Any]:
    from bos_tools.review.table import RULES

    rules = [_rule(RULES[one]) if one in RULES else _other(one) for one in ids]
    return {"name": "bos-tools", "semanticVersion": __version__, "rules": rules}


def _rule(rule: "Rule") -> dict[str, Any]:
    page = {"helpUri": rule.source} if rule.source.startswith("https://") else {}
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.remedy},
        "defaultConfiguration": {"level": rule.severity.value},
        **page,
    }


def _other(identity: str) -> dict[str, Any]:
    """Return a danger, or a rule of the repository's own, of which only its id is known here."""
    if not identity.startswith(DANGER):
        return {"id": identity}
    danger = identity.removeprefix(DANGER)
    return {"id": identity, "shortDescription": {"text": f"What is {danger} is acknowledged by a commit that means it"}}


def _found(found: "Found") -> dict[str, Any]:
    one = found.finding
    said = f"{one.message} ({', '.join(one.environments)})" if one.environments else one.message
    return {
        **_result(one.rule, one.severity, said, one.path, one.line),
        "baselineState": "new" if found.new else "unchanged",
        "partialFingerprints": {"cause/v1": _cause(one)},
    }


def _blocked(stopped: "Stopped") -> dict[str, Any]:
    change = stopped.blocker.change
    said = f"{change.danger} in {stopped.blocker.env}: {change.difference.object}: {change.why}"
    path = f"{change.difference.unit.folder}/kustomization.yaml"
    return _result(f"{DANGER}{change.danger}", "error", said, path, 1) | {"baselineState": "new"}


def _result(rule: str, level: str, text: str, path: str, line: int) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": plain.line(text)},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": {"startLine": max(line, 1)}}}
        ],
    }


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path, errors="surrogateescape")


def _cause(one: "Finding") -> str:
    """Return what stays when the lines above a finding change."""
    words = json.dumps([one.rule, one.path, one.object, one.message])
    return hashlib.sha256(words.encode()).hexdigest()[:32]

"""A review as tests: each rule is one that this change passes or fails, and so is each environment's danger gate."""

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bos_tools import plain

if TYPE_CHECKING:
    from bos_tools.report.text.page import Page
    from bos_tools.review.findings import Finding
    from bos_tools.verbs.review import Reviewed, Stopped

NO_LETTER = {0xFFFE: None, 0xFFFF: None}
"""What XML 1.0 can't hold at all and is no control: https://www.w3.org/TR/xml/#charsets."""


def write(reviewed: "Reviewed", page: "Page") -> None:
    """Write the XML."""
    page.raw(document(reviewed))


def document(reviewed: "Reviewed") -> bytes:
    """Return the XML: one failure a finding of this change, and one an object that blocks."""
    from bos_tools.review.table import RULES

    root = Element("testsuites", name=f"bos-tools review: {reviewed.verdict}")
    new: dict[str, list[Finding]] = {}
    for found in reviewed.findings:
        if found.new:
            new.setdefault(found.finding.rule, []).append(found.finding)
    titles = {one: one for one in new} | {one.id: one.title for one in RULES.values()}
    rules = _suite(root, "rules")
    for identity, title in titles.items():
        failures = [_finding(one) for one in new.get(identity, ())]
        _case(rules, f"rules.{identity}", title, failures)
    gate = _suite(root, "dangers")
    for env in dict.fromkeys(one.difference.unit.env for one in reviewed.changes):
        failures = [_blocker(one) for one in reviewed.blockers if one.blocker.env == env]
        _case(gate, f"dangers.{env}", "nothing is lost, refused or pruned that nobody meant", failures)
    for suite in root:
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
    indent(root)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _suite(root: Element, name: str) -> Element:
    return SubElement(root, "testsuite", name=name, errors="0", skipped="0")


def _finding(one: "Finding") -> tuple[str, str]:
    return one.severity, f"{one.path}:{one.line}: {one.message} ({', '.join(one.environments)})"


def _blocker(one: "Stopped") -> tuple[str, str]:
    change = one.blocker.change
    return change.danger, f"{change.difference.object}: {change.why} ({one.acknowledge})"


def _case(suite: Element, classname: str, name: str, failures: list[tuple[str, str]]) -> None:
    """Add one test with what failed in it, a kind and a text each; readers show one failure a test."""
    case = SubElement(suite, "testcase", classname=_said(classname), name=_said(name))
    if failures:
        kind, first = failures[0]
        failure = SubElement(case, "failure", message=_said(first), type=_said(kind))
        failure.text = "\n".join(_said(text) for _, text in failures)


def _said(text: str) -> str:
    return plain.line(text).translate(NO_LETTER)

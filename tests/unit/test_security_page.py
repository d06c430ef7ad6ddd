"""The threat model: each of its sentences is held by tests, and those are there."""

import re

from harness import ROOT

PAGE = (ROOT / ".github" / "SECURITY.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.endswith("| held by |")
]
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
}


def test_each_sentence_of_the_threat_model_names_the_tests_that_hold_it():
    assert len(ROWS) > 20
    assert [row for row in ROWS if len(row) != 2 or not re.fullmatch(r"`test_\w+`(, `test_\w+`)*", row[1])] == []


def test_each_test_that_the_threat_model_names_is_there():
    assert set(re.findall(r"test_\w+(?!\.py)\b", "".join(row[1] for row in ROWS))) - TESTS == set()


def test_the_threat_model_fits_a_page():
    assert len(PAGE.splitlines()) <= 80

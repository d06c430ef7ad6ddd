"""Each rule against a small repository: silent on the good one, and at the file and line of the one thing that is wrong."""

from pathlib import Path

import pytest

from bos_tools.review.engine import of
from bos_tools.review.registry import Scope
from harness.faults import Case, found
from harness.faulty import CASES

RULES = [rule.id for rule in of(Scope.environment)]


def test_the_good_repository_is_good_by_every_rule(good: Path) -> None:
    assert found(good) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_rule_names_the_file_and_the_line_of_what_is_wrong(good: Path, case: Case) -> None:
    edited = case.edited(good)

    places = [(one.path, one.line) for one in found(good, case.env, edited, case.rule)]

    where = case.found_in or case.file
    text = edited.get(where) or (good / where).read_bytes()
    lines = [number for number, line in enumerate(text.decode().splitlines(), 1) if case.at in line]
    assert [line for path, line in places if path == where and line in lines], (places, where, lines)


CLASS = b"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata:\n  name: nginx\nspec:\n  controller: x.example.com/y\n"


def test_a_kind_without_a_namespace_is_one_for_the_rules_and_for_the_project(good: Path) -> None:
    listing = "base/platform/kustomization.yaml"
    text = (good / listing).read_bytes().replace(b"- namespace.yaml\n", b"- namespace.yaml\n- class.yaml\n")

    faults = found(good, "dev", {listing: text, "base/platform/class.yaml": CLASS})

    assert [(one.rule, one.path) for one in faults] == [("A1", "overlays/dev/argocd/projects.yaml")]
    assert "clusterResourceWhitelist" in faults[0].message


def test_every_rule_has_a_case_that_breaks_it() -> None:
    assert {case.rule for case in CASES} == set(RULES)


@pytest.mark.parametrize(
    "spelling", ["./../../../base/web", "../../../base/web/", "../../../base/./web", "../../dev/../../base/web"]
)
def test_another_spelling_of_a_units_base_is_its_base(good: Path, spelling: str) -> None:
    unit = "overlays/dev/web/kustomization.yaml"
    text = (good / unit).read_text().replace("- ../../../base/web\n", f"- {spelling}\n")
    assert spelling in text

    assert found(good, "dev", {unit: text.encode()}, "L2") == []

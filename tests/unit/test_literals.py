"""What the tool must not know by heart: where things stand, how an environment is called, which services there are."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bos_tools.doors.files import WorkTree
from bos_tools.tree.layout import Tree
from harness import ROOT

PACKAGE = ROOT / "tools" / "bos_tools"
FILES = sorted(PACKAGE.rglob("*.py"))
TREE = Tree(WorkTree(ROOT))
ENVIRONMENTS = set(TREE.settings.environments)
SERVICES = {name for name, plan in TREE.plans().items() if plan.workload is not None}
PLACES = re.compile(r"overlays(/|$)|(^|[^\w/-])base/(?!README)|environment\.yaml$|plan\.yaml$")
PLAN_RULES = "review/rules/"
"""Rules that are this plan's own may name its services (base/README.md, "Rules")."""
HOMONYMS = {
    ("tree/tag.py", "dev"): "a tag that moves",
    ("tree/tag.py", "prod"): "a tag that moves",
    ("sandbox/forge.py", "web"): "the command of Gitea",
    ("sandbox/argocd.py", "redis"): "the cache of Argo CD",
    ("sandbox/box.py", "redis"): "its port",
    ("sandbox/standins.py", "redis"): "its stand-in",
}


@cache
def strings(path: Path) -> list[tuple[int, str]]:
    """Return every string of a file's code with its line; what explains, and what a person reads, aside."""
    return list(_strings(path))


def _strings(path: Path) -> Iterator[tuple[int, str]]:
    tree = ast.parse(path.read_text())
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            if not re.search(r"\s", node.value.strip()):
                yield node.lineno, node.value


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_where_things_stand_is_spelled_in_one_module(path: Path):
    here = str(path.relative_to(PACKAGE))

    spelled = [(line, text) for line, text in strings(path) if PLACES.search(text)]

    assert here == "tree/layout.py" or spelled == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_code_knows_an_environment_or_a_service_by_its_name(path: Path):
    here = str(path.relative_to(PACKAGE))
    names = ENVIRONMENTS if here.startswith(PLAN_RULES) else ENVIRONMENTS | SERVICES

    known = [(line, text) for line, text in strings(path) if text in names and (here, text) not in HOMONYMS]

    assert known == []


def test_each_homonym_is_still_one():
    used = {(str(path.relative_to(PACKAGE)), text) for path in FILES for _, text in strings(path)}

    assert set(HOMONYMS) <= used

"""What the tool must not know by heart: where things stand, how an environment is called, which services there are."""

import ast
import re
from functools import cache
from pathlib import Path

from bos_tools.doors.files import WorkTree
from bos_tools.tree.layout import Tree
from harness import ROOT
from harness.source import FILES, here, nodes

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
    prose = {id(node.value) for node in nodes(path) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value)
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
        if not re.search(r"\s", node.value.strip())
    ]


def test_where_things_stand_is_spelled_in_one_module():
    spelled = [
        f"{here(path)}:{line} {text}" for path in FILES for line, text in strings(path) if PLACES.search(text)
        if here(path) != "tree/layout.py"
    ]  # fmt: skip

    assert spelled == []


def test_no_code_knows_an_environment_or_a_service_by_its_name():
    def names(path: Path) -> set[str]:
        return ENVIRONMENTS if here(path).startswith(PLAN_RULES) else ENVIRONMENTS | SERVICES

    known = [
        f"{here(path)}:{line} {text}" for path in FILES for line, text in strings(path)
        if text in names(path) and (here(path), text) not in HOMONYMS
    ]  # fmt: skip

    assert known == []


def test_each_homonym_is_still_one():
    used = {(here(path), text) for path in FILES for _, text in strings(path)}

    assert set(HOMONYMS) <= used

"""The picture of decision 1, read from the imports."""

import ast
from functools import cache
from pathlib import Path

import pytest

from harness import ROOT

PACKAGE = ROOT / "tools" / "bos_tools"
MAY_USE = {
    "cli": {
        "verbs",
        "report",
        "change",
        "review",
        "intents",
        "storage",
        "delivery",
        "render",
        "tree",
        "doors",
        "sandbox",
    },
    "verbs": {"change", "review", "intents", "storage", "delivery", "render", "tree", "doors", "sandbox"},
    "report": {"verbs", "change", "review", "intents", "storage", "delivery", "render", "sandbox", "tree"},
    "change": {"intents", "storage", "render", "tree", "doors"},
    "review": {"render", "storage", "delivery", "tree"},
    "intents": {"storage", "delivery", "tree"},
    "storage": {"tree", "doors"},
    "delivery": {"storage", "tree", "doors"},
    "render": {"tree", "doors"},
    "sandbox": {"tree", "doors"},
    "tree": set(),
    "doors": set(),
}
ONLY_IN = {
    "subprocess": {"doors/process.py"},
    "git": {"doors/objects.py"},
    "httpx2": {f"doors/{name}.py" for name in ("http", "answers", "failures", "kubernetes/transport")},
    "lightkube": {f"doors/kubernetes/{path.name}" for path in (PACKAGE / "doors" / "kubernetes").glob("*.py")},
    "typer": {f"cli/{path.name}" for path in (PACKAGE / "cli").glob("*.py")},
}
FILES = sorted(PACKAGE.rglob("*.py"))


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Return all that a file says; each file is parsed once."""
    return list(ast.walk(ast.parse(path.read_text())))


@cache
def imports(path: Path) -> set[str]:
    """Return every module that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_every_layer_is_in_the_picture():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}

    assert folders <= set(MAY_USE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_points_the_other_way(path: Path):
    layer = path.relative_to(PACKAGE).parts[0]
    allowed = MAY_USE.get(layer, {"cli"} if layer == "__main__.py" else set()) | {layer}

    used = {name.split(".")[1] for name in imports(path) if name.startswith("bos_tools.")} - {"errors"}

    assert used <= allowed


@pytest.mark.parametrize("module", sorted(ONLY_IN))
def test_each_side_effect_has_one_door(module: str):
    users = {
        str(path.relative_to(PACKAGE)) for path in FILES if module in {name.split(".")[0] for name in imports(path)}
    }

    assert users
    assert users <= ONLY_IN[module]


def test_every_command_works_without_the_sandbox():
    users = {str(path.relative_to(PACKAGE)) for path in FILES if "bos_tools.sandbox" in imports(path)}

    assert users - {path for path in users if path.startswith("sandbox/")} == {"cli/sandbox.py"}


def test_only_the_command_line_prints_or_exits():
    def calls(path: Path) -> set[str]:
        return {
            node.func.id for node in nodes(path)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }  # fmt: skip

    guilty = [path for path in FILES if "cli" not in path.parts and calls(path) & {"print", "exit", "quit"}]

    assert guilty == []


def test_no_module_imports_click_because_typer_carries_its_own():
    assert [path for path in FILES if any(name.split(".")[0] == "click" for name in imports(path))] == []

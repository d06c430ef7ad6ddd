"""The picture of tools/README.md, held against the imports."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from harness import ROOT

PACKAGE = ROOT / "tools" / "bos_tools"
ROW = re.compile(r"^\| `(\w+)/` \|[^|]*\| ([^|]*) \|$", re.MULTILINE)
PICTURE = (ROOT / "tools" / "README.md").read_text().split("## The rooms")[1].split("\n## ")[0]
MAY_USE = {room: set(re.findall(r"`(\w+)`", arrows)) for room, arrows in ROW.findall(PICTURE)}
"""The table that a newcomer reads is the one that is held."""
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

    assert folders == set(MAY_USE)


def test_no_room_reaches_itself_by_way_of_others():
    def reached(room: str, seen: frozenset[str] = frozenset()) -> set[str]:
        further = MAY_USE[room] - seen
        return further | {other for one in further for other in reached(one, seen | further)}

    assert [room for room in MAY_USE if room in reached(room)] == []


def test_no_file_is_in_a_circle_of_imports():
    names = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in FILES}
    needs = {name: (imports(path) & set(names)) - {name} for name, path in names.items()}
    while free := {name for name, others in needs.items() if not others & set(needs) or not _is_used(name, needs)}:
        needs = {name: others for name, others in needs.items() if name not in free}

    assert sorted(needs) == []


def _is_used(name: str, needs: dict[str, set[str]]) -> bool:
    return any(name in others for others in needs.values())


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

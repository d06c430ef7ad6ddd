"""The picture of tools/README.md, held against the imports."""

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from harness import ROOT
from harness.source import FILES, PACKAGE, here, nodes

ROW = re.compile(r"^\| `(\w+)/` \|[^|]*\| ([^|]*) \|$", re.MULTILINE)
PICTURE = (ROOT / "tools" / "README.md").read_text().split("## The rooms")[1].split("\n## ")[0]
MAY_USE = {room: set(re.findall(r"`(\w+)`", arrows)) for room, arrows in ROW.findall(PICTURE)}
"""The table that a newcomer reads is the one that is held."""
LEAVES = {"errors", "plain", "watching"}
"""Modules that every room may use, and that use none."""
WORDS_OF_RESULTS = {"bos_tools.tree.quantity.written", "bos_tools.storage.recommend.gib"}
"""Functions of other rooms that a report may call: how a result's number is written."""
ONLY_IN = {
    "subprocess": {"doors/process.py"},
    "git": {"doors/objects.py"},
    "httpx2": {f"doors/{name}.py" for name in ("http", "answers", "failures", "kubernetes/transport")},
    "lightkube": {f"doors/kubernetes/{path.name}" for path in (PACKAGE / "doors" / "kubernetes").glob("*.py")},
    "typer": {f"cli/{path.name}" for path in (PACKAGE / "cli").glob("*.py")},
}


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


def test_nothing_points_the_other_way():
    wrong: dict[str, set[str]] = {}
    for path in FILES:
        layer = path.relative_to(PACKAGE).parts[0]
        allowed = MAY_USE.get(layer, {"cli"} if layer == "__main__.py" else set()) | {layer} | LEAVES
        used = {name.split(".")[1] for name in imports(path) if name.startswith("bos_tools.")}
        wrong |= {here(path): used - allowed} if used - allowed else {}

    assert wrong == {}


def test_a_report_knows_results_and_nothing_else():
    guilty = [
        f"{here(path)}: {node.module}.{alias.name}"
        for path in FILES if path.relative_to(PACKAGE).parts[0] == "report"
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bos_tools.")
        and not (node.module or "").startswith("bos_tools.report")
        for alias in node.names
        if not alias.name[0].isupper() and f"{node.module}.{alias.name}" not in WORDS_OF_RESULTS
    ]  # fmt: skip

    assert guilty == []


def modules(path: Path) -> set[Path]:
    """Return the files of the package that a file imports, lazily and for types alone, too."""
    found = set()
    for node in nodes(path):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            words = name.split(".")[1:] if name.startswith("bos_tools.") else []
            tries = [PACKAGE.joinpath(*words[:count]) for count in (len(words), len(words) - 1) if count > 0]
            files = [file for place in tries for file in (place.with_suffix(".py"), place / "__init__.py")]
            found |= set([file for file in files if file.is_file()][:1])
    return found


def test_no_files_stand_in_a_circle():
    graph = {path: modules(path) - {path} for path in FILES}

    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(here(path) for path in error.args[1]))


def test_a_file_is_one_idea_and_a_function_fits_a_screen():
    lengths = {path: len(path.read_text().splitlines()) for path in FILES}
    functions = {
        f"{here(path)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in FILES
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert sum(lengths.values()) / len(lengths) <= 120
    long = {here(path): length for path, length in lengths.items() if length > 300}
    assert long == {}
    assert {name: length for name, length in functions.items() if length > 50} == {}


def test_a_file_of_tests_is_one_idea_too():
    lengths = {path: len(path.read_bytes().splitlines()) for path in (ROOT / "tests").rglob("*.py")}

    assert {str(path.relative_to(ROOT)): length for path, length in lengths.items() if length > 300} == {}


@pytest.mark.parametrize("module", sorted(ONLY_IN))
def test_each_side_effect_has_one_door(module: str):
    users = {here(path) for path in FILES if module in {name.split(".")[0] for name in imports(path)}}

    assert users
    assert users <= ONLY_IN[module]


def test_every_command_works_without_the_sandbox():
    users = {here(path) for path in FILES if "bos_tools.sandbox" in imports(path)}

    types_alone = {"report/json/sandbox.py", "report/text/sandbox.py"}
    assert users - types_alone - {path for path in users if path.startswith("sandbox/")} == {
        f"verbs/sandbox{name}.py" for name in ("", "_down", "_status", "_up")
    }


def test_only_the_command_line_prints_or_exits():
    def calls(path: Path) -> set[str]:
        return {
            node.func.id for node in nodes(path)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }  # fmt: skip

    guilty = [path for path in FILES if "cli" not in path.parts and calls(path) & {"print", "exit", "quit"}]

    assert guilty == []


def test_only_what_makes_words_plain_writes_to_a_stream():
    streams = re.compile(
        r"sys\.std(out|err)(\.buffer)?\.(write|writelines)|typer\.(echo|secho|prompt|confirm)|getpass\("
    )
    writers = {str(path.relative_to(PACKAGE)): path.read_text() for path in FILES if streams.search(path.read_text())}

    assert writers.keys() == {"cli/console.py", "cli/display.py", "cli/terminal.py"}
    assert [path for path, text in writers.items() if "plain.line" not in text] == []


def test_no_module_imports_click_because_typer_carries_its_own():
    assert [path for path in FILES if any(name.split(".")[0] == "click" for name in imports(path))] == []

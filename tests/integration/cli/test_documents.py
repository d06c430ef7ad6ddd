"""What the pages and `--help` say is what the program does."""

import ast
import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from bos_tools.cli.groups import words as commands
from bos_tools.cli.main import main
from harness import ROOT

GUIDE = (ROOT / "tools/GUIDE.md").read_text()
PAGES = sorted(path for path in ROOT.rglob("*.md") if not {".venv", ".git", "node_modules"} & set(path.parts))
REFERENCE = runpy.run_path(str(ROOT / "tools" / "reference.py"))
LEAVES = sorted(commands())
"""Every command, those of groups too."""
CHANGING = ["bump", "pvc grow", "argocd register"]
"""The commands of which the guide explains every option."""


def options(command: str, capsys) -> set[str]:
    """Return the options that a command's help names."""
    assert main([*command.split(), "--help"]) == 0
    said = capsys.readouterr().out.split("Examples:")[0]
    lines = re.findall(r"^ +((?:-\w, )?--\S+(?: / --\S+)?)", said, re.MULTILINE)
    return {option for line in lines for option in re.findall(r"--[a-z-]+", line)}


def test_the_reference_is_what_the_help_says():
    """`make reference` writes it anew."""
    assert REFERENCE["PAGE"].read_text() == REFERENCE["reference"]()
    assert sorted(REFERENCE["commands"]()) == LEAVES


def test_the_guide_names_every_command():
    shown = re.sub(r"\s+", " ", GUIDE)

    assert [name for name in LEAVES if not re.search(rf"`(bos-tools )?{name}[ `]|bos-tools {name} ", shown)] == []


@pytest.mark.parametrize("command", LEAVES)
def test_every_command_has_help_with_examples(command, capsys):
    assert main([*command.split(), "--help"]) == 0

    text = capsys.readouterr().out
    assert "Examples:" in text
    assert f"bos-tools {command}" in text.split("Examples:")[1]
    assert ("--output" in text) == (command != "help")  # which has no data to write


@pytest.mark.parametrize("command", CHANGING)
def test_the_guide_names_every_option_of_a_changing_command(command, capsys):
    missing = {option for option in options(command, capsys) if f"`{option}" not in GUIDE and f"{option} " not in GUIDE}

    assert missing - {"--help", "--output", "--env"} == set()


def test_the_contract_in_the_guide_is_json_with_the_keys_of_bump():
    contract = json.loads(re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)[0])

    assert set(contract) == {"changed", "edits", "effects", "commit", "remote", "branch", "pull_request"}
    assert set(contract["edits"][0]) == {"path", "env", "service", "field", "old", "new"}
    assert set(contract["effects"][0]) == {"object", "field", "old", "new"}


def test_the_exit_codes_of_the_reference_are_those_of_the_errors():
    from bos_tools import errors

    codes = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")}

    table = REFERENCE["HEAD"].split("## Exit codes")[1].split("\n## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == codes | {0, 130}


def test_the_documents_name_no_path_of_a_machine():
    guilty = [str(p) for p in PAGES if re.search(r"(^|[\s`(])/(root|home|work)/", p.read_text())]

    assert guilty == []


def spans(path: Path) -> Iterator[str]:
    """Yield what a Markdown file shows as code, and every string of a Python file, nothing where it fills something in."""
    if path.suffix == ".md":
        text = path.read_text().replace("\\\n", " ")
        for block in re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL):
            yield from block.strip("`").splitlines()
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from node.value.splitlines()


def named_commands() -> Iterator[tuple[str, list[str]]]:
    """Yield where a command of ours is named, and its words."""
    for path in [*PAGES, *(ROOT / "tools" / "bos_tools").rglob("*.py")]:
        for span in spans(path):
            for found in re.findall(r"\bbos-tools ((?:--repo \S+ |--verbose )?[a-z][^`|;,()\"\n]*)", span):
                words = re.sub(r"^(--repo \S+ |--verbose )", "", found).split()
                yield str(path.relative_to(ROOT)), [word.rstrip(":.") for word in words]


def test_every_command_that_a_hint_or_a_document_names_exists_with_its_options(capsys):
    groups = {name.split()[0] for name in LEAVES if " " in name}
    known = {name: options(name, capsys) for name in LEAVES}
    guilty, seen = [], set()
    for place, words in named_commands():
        name = " ".join(words[: 2 if words[0] in groups else 1])
        seen.add(name)
        unknown = {word.partition("=")[0] for word in words if word.startswith("--")} - known.get(name, set())
        is_of_a_group = words[0] in groups and (words[1:] or ["…"])[0] in ("…", "{}")  # any command of it
        if (name not in known or unknown) and not is_of_a_group:
            guilty.append(f"{place}: bos-tools {' '.join(words)}")

    assert guilty == []
    assert set(LEAVES) <= seen, "the search is blind"


def test_without_a_command_the_help_is_shown_as_it_is(capsys):
    assert main(["pvc"]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Usage: bos-tools pvc")
    assert len(said.err.splitlines()) > 10


@pytest.mark.parametrize("form", [["--output", "json"], ["--output=json"], ["-o", "json"], ["-ojson"]])
def test_an_error_is_json_however_json_is_asked_for(form, capsys):
    assert main(["pvc", "grow", "--nope", *form]) == 2

    assert json.loads(capsys.readouterr().out)["error"]["hint"] == "bos-tools pvc grow --help"

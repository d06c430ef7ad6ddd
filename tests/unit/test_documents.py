"""What the README and `--help` say is what the program does."""

import json
import re
from pathlib import Path

import pytest

from bos_tools.cli.main import COMMANDS, app, main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def test_the_readme_names_every_command_and_no_other():
    named = set(re.findall(r"^\| `bos-tools (\w+)", README, re.MULTILINE))

    assert named == COMMANDS == {command.name for command in app.registered_commands}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help_with_examples(command, capsys):
    assert main([command, "--help"]) == 0

    text = capsys.readouterr().out
    assert "Examples:" in text
    assert f"bos-tools {command}" in text.split("Examples:")[1]
    assert "--output" in text


def test_the_readme_names_every_option_of_bump(capsys):
    main(["bump", "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out.split("Examples:")[0]))

    missing = {option for option in options if f"`{option}" not in README and f"{option} " not in README}

    assert missing - {"--help", "--output", "--env"} == set()


def test_the_contract_in_the_readme_is_json_with_the_keys_of_bump():
    contract = json.loads(re.findall(r"```json\n(.*?)```", README, re.DOTALL)[0])

    assert set(contract) == {"changed", "edits", "effects", "commit"}
    assert set(contract["edits"][0]) == {"path", "env", "service", "field", "old", "new"}
    assert set(contract["effects"][0]) == {"object", "field", "old", "new"}


def test_the_exit_codes_of_the_readme_are_those_of_the_errors():
    from bos_tools import errors

    codes = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")}

    table = README.split("### Exit codes")[1].split("\n## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == codes | {0, 130}


def test_the_documents_name_no_path_of_a_machine():
    texts = [p for p in ROOT.rglob("*.md") if not {".venv", ".git"} & set(p.parts)]

    guilty = [str(p) for p in texts if re.search(r"(^|[\s`(])/(root|home|work)/", p.read_text())]

    assert guilty == []

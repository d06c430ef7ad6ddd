"""What the README and `--help` say is what the program does."""

import json
import re
from pathlib import Path

import pytest

from bos_tools.cli.main import COMMANDS, app, main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
LEAVES = sorted(
    [str(command.name) for command in app.registered_commands]
    + [
        f"{group.name} {command.name}"
        for group in app.registered_groups if group.typer_instance
        for command in group.typer_instance.registered_commands
    ]
)  # fmt: skip
"""Every command, those of groups too."""
CHANGING = ["bump", "pvc grow", "argocd register"]
"""The commands of which the README lists every option."""


def options(command: str, capsys) -> set[str]:
    """Return the options that a command's help names."""
    assert main([*command.split(), "--help"]) == 0
    return set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", capsys.readouterr().out.split("Examples:")[0], re.MULTILINE))


def test_the_readme_names_every_command_and_no_other():
    named = re.findall(r"^\| `bos-tools ([a-z]+(?: [a-z]+)?)", README, re.MULTILINE)

    assert sorted(named) == LEAVES
    assert {name.split(maxsplit=1)[0] for name in LEAVES} == COMMANDS


@pytest.mark.parametrize("command", LEAVES)
def test_every_command_has_help_with_examples(command, capsys):
    assert main([*command.split(), "--help"]) == 0

    text = capsys.readouterr().out
    assert "Examples:" in text
    assert f"bos-tools {command}" in text.split("Examples:")[1]
    assert "--output" in text


@pytest.mark.parametrize("command", CHANGING)
def test_the_readme_names_every_option_of_a_changing_command(command, capsys):
    missing = {
        option for option in options(command, capsys) if f"`{option}" not in README and f"{option} " not in README
    }

    assert missing - {"--help", "--output", "--env"} == set()


def test_the_contract_in_the_readme_is_json_with_the_keys_of_bump():
    contract = json.loads(re.findall(r"```json\n(.*?)```", README, re.DOTALL)[0])

    assert set(contract) == {"changed", "edits", "effects", "commit", "pull_request"}
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

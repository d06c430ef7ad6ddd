"""Where the program is run, and on what: the repository that is named, a narrow terminal, an empty repository."""

import pytest

from bos_tools.cli.main import main
from harness.repositories import SETTINGS, write


@pytest.mark.parametrize("folder", ["", "overlays", "overlays/dev/web"])
def test_a_folder_of_the_repository_names_it(work, capsys, folder):
    assert main(["--repo", str(work / folder), "status", "--env", "dev"]) == 0
    assert "web" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["nowhere", "pyproject.toml"])
def test_what_is_no_folder_is_a_usage_error(work, capsys, name):
    assert main(["--repo", str(work / name), "status"]) == 2
    assert capsys.readouterr().err == f"bos-tools: no such folder: {work / name}\n"


def test_a_repository_without_units_says_so(tmp_path, capsys):
    write(tmp_path, {"pyproject.toml": SETTINGS})

    assert main(["--repo", str(tmp_path), "status"]) == 0
    assert capsys.readouterr().err == "no unit of these environments pins an image or has a claim\n"

    assert main(["--repo", str(tmp_path), "bump", "web", "v1.0.1"]) == 2
    assert capsys.readouterr().err.splitlines()[1] == "hint: dev has no overlay yet"


@pytest.mark.parametrize(
    ("variable", "value", "colour"), [("TERM", "dumb", False), ("NO_COLOR", "1", False), ("NO_COLOR", "", True)]
)
def test_colours_are_for_terminals_that_have_them(monkeypatch, variable, value, colour):
    from bos_tools.cli import console

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    assert console.page().colour is colour


def test_a_long_finding_of_the_doctor_keeps_to_its_column(monkeypatch, capsys):
    from bos_tools.verbs import doctor

    monkeypatch.setattr(doctor, "LOOKS", (doctor.Look("git", lambda _: "x" * 300, "mend"),))

    assert main(["doctor"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) < 120

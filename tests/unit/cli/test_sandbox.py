"""What `bos-tools sandbox` says while it works, and how it follows a log."""

from pathlib import Path

import pytest

from bos_tools.cli import sandbox
from bos_tools.cli.main import main


class Screen:
    """A stderr that says whether it is a terminal, and keeps what it is told."""

    def __init__(self, *, is_terminal: bool) -> None:
        self.is_terminal = is_terminal
        self.text = ""

    def isatty(self) -> bool:
        return self.is_terminal

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def told(monkeypatch, *, is_terminal: bool) -> str:
    screen = Screen(is_terminal=is_terminal)
    monkeypatch.setattr("sys.stderr", screen)
    progress = sandbox.Progress()
    for count in range(50):
        progress.tell(f"building: {count} of 50")
    progress.tell("starting x")
    progress.end()
    return screen.text


def test_a_terminal_shows_one_line_that_changes(monkeypatch):
    text = told(monkeypatch, is_terminal=True)

    assert text.count("\n") == 1
    assert text.count("building: ") == 50
    assert text.endswith("building: 49 of 50\r\x1b[Kstarting x\n")


def test_without_a_terminal_lines_are_plain_and_few(monkeypatch):
    text = told(monkeypatch, is_terminal=False)

    assert text.splitlines() == ["building: 0 of 50", "starting x"]
    assert "\x1b" not in text


def test_a_log_is_read_from_its_end_and_on(tmp_path: Path):
    log = tmp_path / "a.log"
    log.write_text("one\ntwo\nthree\nhal")
    tail = sandbox.Tail(log)

    assert tail.last(2) == ["two", "three"]
    assert tail.more() == []
    with log.open("a") as file:
        file.write("f\nmore\n")
    assert tail.more() == ["half", "more"]
    assert sandbox.Tail(log).last(0) == []
    assert sandbox.Tail(tmp_path / "none").last(5) == []


@pytest.mark.parametrize("words", [["up"], ["status"], ["logs"], ["env"], ["down"]])
def test_every_command_of_the_sandbox_answers_as_json_and_explains_itself(words, capsys):
    assert main(["sandbox", *words, "--help"]) == 0
    assert "--output" in capsys.readouterr().out

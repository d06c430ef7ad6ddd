"""How long work is shown: one look over the other on a terminal, plain lines elsewhere."""

from pathlib import Path

import pytest

from bos_tools.cli.call import Call, Report
from bos_tools.verbs.progress import Progress, Step
from bos_tools.verbs.sandbox_logs import Tail


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


def told(monkeypatch, *events: object, is_terminal: bool, as_json: bool = False) -> str:
    screen = Screen(is_terminal=is_terminal)
    monkeypatch.setattr("sys.stderr", screen)
    call = Call()
    call.format = Report.json if as_json else Report.text
    for event in events:
        call.tell(event)
    call.display.end()
    return screen.text


COUNTING = [Progress({"build": f"building: {count} of 50"}, every=20) for count in range(50)]


def test_a_terminal_shows_one_line_that_changes(monkeypatch):
    text = told(monkeypatch, *COUNTING, "starting x", is_terminal=True)

    assert text.count("\n") == 1
    assert text.count("building: ") == 50
    assert text.endswith("building: 49 of 50\r\x1b[Jstarting x\n")


def test_without_a_terminal_lines_are_plain_and_few(monkeypatch):
    text = told(monkeypatch, *COUNTING, "starting x", is_terminal=False)

    assert text.splitlines() == ["building: 0 of 50", "starting x"]
    assert "\x1b" not in text


LOOKS = [Progress({"a": "a: growing", "b": "b: growing"}), Progress({"a": "a: growing", "b": "b: done"})]


def test_without_a_terminal_a_thing_is_told_again_when_it_changes(monkeypatch):
    assert told(monkeypatch, *LOOKS, is_terminal=False).splitlines() == ["a: growing", "b: growing", "b: done"]


def test_a_terminal_draws_several_lines_over_the_last_look_and_leaves_none(monkeypatch):
    text = told(monkeypatch, *LOOKS, is_terminal=True)

    assert text == (
        "\r\x1b[Ja: growing\nb: growing"
        "\r\x1b[1A\x1b[Ja: growing\nb: done"
        "\r\x1b[1A\x1b[J"
    )  # fmt: skip


@pytest.mark.parametrize(("as_json", "lines"), [(False, ["asked", "AppProject dev: created"]), (True, ["asked"])])
def test_a_step_that_the_document_says_again_is_told_in_text_alone(monkeypatch, as_json, lines):
    text = told(monkeypatch, "asked", Step("AppProject dev: created"), is_terminal=False, as_json=as_json)

    assert text.splitlines() == lines


def test_a_log_is_read_from_its_end_and_on(tmp_path: Path):
    log = tmp_path / "a.log"
    log.write_text("one\ntwo\nthree\nhal")
    tail = Tail(log)

    assert tail.last(2) == ["two", "three"]
    assert tail.more() == []
    with log.open("a") as file:
        file.write("f\nmore\n")
    assert tail.more() == ["half", "more"]
    assert Tail(log).last(0) == []
    assert Tail(tmp_path / "none").last(5) == []

"""Where values come from: each way, and how it is refused without showing what was given."""

import getpass
import io
import json
import random
import sys
from types import SimpleNamespace

import pytest

from bos_tools.cli.terminal import Terminal
from bos_tools.doors.files import WorkTree
from bos_tools.errors import BosError, OutsideError, Refused, Usage
from bos_tools.tree.layout import Tree
from bos_tools.verbs.needs import Needs
from bos_tools.verbs.secret_sources import answer, command, drawn, files
from harness import ROOT

CONTRACT = Tree(WorkTree(ROOT)).contract()
REDIS, KEY_ID = ("redis-auth", "password"), ("postgres-backup", "access-key-id")
KEY = CONTRACT.secrets["redis-auth"].keys["password"]
LOGIN = ("swr-cred", ".dockerconfigjson")


@pytest.fixture
def types(monkeypatch):
    """Return a function that sits a human before a terminal, who gives these answers."""

    def sit(*answers: str) -> list[str]:
        asked: list[str] = []
        left = list(answers)

        def hidden(question: str) -> str:
            asked.append(question)
            if not left:
                raise EOFError
            return left.pop(0)

        monkeypatch.setattr(getpass, "getpass", hidden)
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True, readline=lambda: f"{left.pop(0)}\n"))
        return asked

    return sit


def test_a_human_may_leave_to_chance_what_can_be_made(types):
    asked = types("")

    assert answer(CONTRACT, REDIS, None, lambda: "r", None, Terminal()) == {}
    assert asked == ["redis-auth/password, the password of redis and its Sentinels, Enter makes one: "]


def test_what_only_a_human_knows_is_asked_twice(types):
    types("topsecret", "topsecret")
    assert answer(CONTRACT, KEY_ID, None, lambda: "r", None, Terminal()) == {KEY_ID: "topsecret"}
    types("topsecret", "topsecrte")
    with pytest.raises(Refused, match="the two values of postgres-backup/access-key-id differ") as refused:
        answer(CONTRACT, KEY_ID, None, lambda: "r", None, Terminal())
    assert "topsecr" not in str(refused.value)
    for nothing in (("",), ()):
        types(*nothing)
        with pytest.raises(Refused, match="got no value"):
            answer(CONTRACT, KEY_ID, None, lambda: "r", None, Terminal())


def test_a_login_asks_for_the_user_and_hides_the_password_alone(types):
    types("puller", "topsecret", "topsecret")

    ((_, text),) = answer(CONTRACT, LOGIN, None, lambda: "r.example.com", None, Terminal()).items()

    assert json.loads(text)["auths"]["r.example.com"]["username"] == "puller"
    types("topsecret", "topsecret")
    assert (
        json.loads(answer(CONTRACT, LOGIN, None, lambda: "r", "named", Terminal())[LOGIN])["auths"]["r"]["username"]
        == "named"
    )


def test_without_a_terminal_nobody_is_asked(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("topsecret\n"))

    for pair in (REDIS, LOGIN):
        with pytest.raises(Refused) as refused:
            answer(CONTRACT, pair, None, lambda: "r", None, Terminal())
        assert refused.value.reason == "no-terminal"


def test_the_registry_of_a_login_is_that_of_the_pins_when_there_is_one():
    def needs(*known: str) -> Needs:
        return Needs("dev", "x", {}, known, CONTRACT)

    assert needs("a.example.com").registry(None) == "a.example.com"
    assert needs("a.example.com", "b.example.com").registry("c") == "c"
    for several in (needs(), needs("a.example.com", "b.example.com")):
        with pytest.raises(Usage, match="which registry is meant is not clear"):
            several.registry(None)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (b"value", "value"),
        (b"value\n", "value"),
        (b"value\r\n", "value"),
        (b"a\nb\n", "a\nb\n"),
        (b" value ", " value "),
    ],
)
def test_a_file_gives_its_text_less_the_last_end_of_line(tmp_path, said, text):
    (tmp_path / "f").write_bytes(said)

    assert files([f"password={tmp_path}/f"], [REDIS]) == {REDIS: text}
    assert files([f"redis-auth/password={tmp_path}/f"], [REDIS, ("grafana-admin", "password")]) == {REDIS: text}


def test_a_dash_is_the_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"piped\n")))

    assert files(["password=-"], [REDIS]) == {REDIS: "piped"}


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("password=F", "could mean several Secrets: 'password'"),
        ("nothing=F", "names no key that is to be written: 'nothing'"),
        ("redis-auth/password", "names no file"),
        ("redis-auth/password=", "names no file"),
        ("redis-auth/password=F/none", "the file can't be read"),
        ("redis-auth/password=BINARY", "the value is not UTF-8"),
    ],
)
def test_a_file_that_says_nothing_clear_is_a_mistake_of_the_command_line(tmp_path, word, why):
    (tmp_path / "f").write_text("topsecret")
    (tmp_path / "b").write_bytes(b"\xfftopsecret")
    word = word.replace("F", f"{tmp_path}/f").replace("BINARY", f"{tmp_path}/b")

    with pytest.raises(Usage, match=why) as wrong:
        files([word], [REDIS, ("grafana-admin", "password")])

    assert "topsecret" not in str(wrong.value)


def test_a_command_is_run_without_a_shell_with_the_names_in_its_words():
    source = command("printf %s '{env}/{secret} {key}; $(id)'", "prod")

    assert source(REDIS, KEY, "") == "prod/redis-auth password; $(id)"


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        ("true", Refused, "the command gave no value for redis-auth/password"),
        ("false s3cret", OutsideError, "^false gave no value for redis-auth/password: exit code 1$"),
        ("no-such-program-here", BosError, "program not found: no-such-program-here"),
    ],
)
def test_a_command_that_gives_nothing_stops_the_whole(words, kind, said):
    with pytest.raises(kind, match=said):
        command(words, "dev")(REDIS, KEY, "")


def test_a_command_with_an_open_quote_is_a_mistake_of_the_command_line():
    with pytest.raises(Usage, match="malformed command"):
        command("pass 'show", "dev")


def test_what_is_drawn_has_each_kind_of_characters():
    chance = random.Random(3)

    words = [drawn(chance.choice, 16) for _ in range(200)]

    assert all(any(map(str.isupper, w)) and any(map(str.islower, w)) and any(map(str.isdigit, w)) for w in words)
    assert len(set(words)) == 200

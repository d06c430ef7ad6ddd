"""From a verb's options to the words of a command line: common options anywhere, and none that does nothing."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import pytest

from bos_tools.cli.call import Call
from bos_tools.cli.commands import Commands
from bos_tools.cli.options import command, group
from bos_tools.errors import Usage
from bos_tools.verbs.options import Argument, Option


@dataclass(frozen=True)
class Speed:
    fast: Annotated[bool, Option("", ("--fast",))] = False
    gear: Annotated[int, Option("", min=1, needs=("fast", "safe"))] = 1


@dataclass(frozen=True)
class Options:
    where: Annotated[str, Argument("PLACE")]
    speed: Speed = field(default_factory=Speed)
    safe: Annotated[bool, Option("", ("--safe",))] = False
    horn: Annotated[str | None, Option("", idle_with=("safe",))] = None


def said(*words: str) -> tuple[Call, list[Options]]:
    """Return what a call and a command hear."""
    heard: list[Options] = []
    inner, call = Commands(), Call()

    @command(inner, "drive", "")
    def drive(call: Call, options: Options) -> None:
        """Drive."""
        heard.append(options)

    @command(inner, "stop", "")
    def stop(call: Call, options: Options) -> None:
        """Stop."""

    outer = Commands()
    outer.add("car", lambda: group("By car.", inner))
    try:
        group("Go.", outer)(list(words), standalone_mode=False, obj=call)
    except Usage:
        raise
    except Exception as error:  # typer's own complaint
        assert hasattr(error, "format_message"), error
    return call, heard


COMMON = ["--output", "json", "--verbose", "--repo", "/somewhere"]


@pytest.mark.parametrize(
    "words",
    [
        [*COMMON, "car", "drive", "home"],
        ["car", *COMMON, "drive", "home"],
        ["car", "drive", *COMMON, "home"],
        ["car", "drive", "home", *COMMON],
        ["--output", "json", "car", "--verbose", "drive", "home", "--repo=/somewhere"],
    ],
)
def test_common_options_stand_before_and_behind_the_command(words):
    call, heard = said(*words)

    assert heard == [Options("home")]
    assert (call.as_json, call.verbose, call.session.named) == (True, True, Path("/somewhere"))


def test_what_stands_behind_the_command_wins():
    call, _ = said("--output", "json", "--repo", "/a", "car", "drive", "home", "-o", "text", "--repo", "/b")

    assert (call.as_json, call.session.named) == (False, Path("/b"))


@pytest.mark.parametrize(
    "words",
    [
        ["car", "drive", "home", "--nope", "-ojson"],
        ["car", "drive", "-o", "json", "home", "--gear"],
        ["car", "drive", "home", "--gear", "x", "--output=json"],
        ["car", "fly", "home", "--output", "json"],
        ["fly", "--output", "json"],
        ["--output", "json", "fly"],
        ["car", "--output", "json", "fly"],
        ["--nope", "car", "drive", "home", "--output", "json"],
        ["car", "drive", "--output", "json"],
    ],
)
def test_words_that_are_wrong_still_say_how_to_answer(words):
    call, heard = said(*words)

    assert heard == []
    assert call.as_json


def test_the_value_of_another_option_is_none_of_ours():
    call, heard = said("car", "drive", "home", "--horn", "--output=json")

    assert heard == [Options("home", horn="--output=json")]
    assert not call.as_json


def test_nested_options_arrive_in_their_dataclass():
    _, heard = said("car", "drive", "home", "--fast", "--gear", "3", "--horn", "loud")

    assert heard == [Options("home", Speed(fast=True, gear=3), horn="loud")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--gear", "1"], "--gear does nothing without --fast or --safe"),
        (["--safe", "--horn", "loud"], "--horn does nothing with --safe"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(words, message):
    with pytest.raises(Usage, match=message):
        said("car", "drive", "home", *words)

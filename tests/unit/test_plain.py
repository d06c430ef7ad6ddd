"""Words of others do nothing: to a terminal, to a runner of workflows, in a JSON document."""

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bos_tools import plain

ACTING = [
    "\x1b[2J",
    "\r",
    "\x07",
    "\x9b31m",
    "\x00",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\ufeff",
    "\u2028",
    "\U000e0041",
]
TEXT = st.text(st.characters(codec=None) | st.sampled_from([*"#:[\n\t ", *(sign[0] for sign in ACTING)]), max_size=60)


def acts(text: str) -> bool:
    """Tell whether a terminal, a reader or a runner would do something about a text that it does not see."""
    unseen = [c for c in text if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") and c not in "\n\t"]
    turned = [
        c
        for c in text
        if unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    ]
    runner = [
        line for line in re.split(r"[\r\n]", text) if line.lstrip().startswith("::") or re.search(r"##\w*\[", line)
    ]
    return bool(unseen or turned or runner)


@pytest.mark.parametrize("character", ACTING)
def test_what_acts_is_written_out(character):
    assert acts(character) or unicodedata.category(character[0]) == "Cf"
    said = plain.line(f"a{character}b")

    assert not acts(said)
    assert said.startswith("a\\")
    assert said.isascii()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("::error::no", "\\x3a:error::no"), ("  ::set-output name=a::b", "  \\x3a:set-output name=a::b"),
        ("\u3000::error::x", "\u3000\\x3a:error::x"), ("a ::b::", "a ::b::"), ("x ##[error]y", "x \\x23#[error]y"),
        ("##vso[task.setvariable]", "\\x23#vso[task.setvariable]"), ("###[warning]", "#\\x23#[warning]"),
        ("one\ntwo", "one\\ntwo"), ("tab\there — ä 日本 🙂", "tab\there — ä 日本 🙂"),
    ],
)  # fmt: skip
def test_a_runner_s_commands_are_broken_and_all_else_stays(text, said):
    assert plain.line(text) == said


@given(TEXT)
def test_a_line_is_one_line_that_does_nothing_and_saying_it_again_changes_nothing(text):
    said = plain.line(text)

    assert not acts(said)
    assert "\n" not in said
    assert plain.line(said) == plain.lines(said) == said


@given(TEXT)
def test_lines_stay_lines(text):
    said = plain.lines(text)

    assert not acts(said)
    assert said.count("\n") == text.count("\n")


@given(st.dictionaries(TEXT, TEXT | st.lists(TEXT)))
def test_a_document_says_the_same_and_does_nothing(value):
    for narrow in (False, True):
        said = plain.in_json(json.dumps(value, indent=2, ensure_ascii=narrow))

        assert not acts(said)
        assert json.loads(said) == value

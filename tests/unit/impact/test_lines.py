"""A text that changes is told as the lines of a unified diff, quickly, and they make the one of the other."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bos_tools.impact.changes import LINES_LIMIT, Field

HEAD = re.compile(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@")
texts = st.lists(st.sampled_from("abc"), max_size=12)


def applied(old: list[str], lines: list[str]) -> list[str]:
    made, at = [], 0
    for line in lines:
        if found := HEAD.fullmatch(line):
            start = int(found[1]) - 1
            made += old[at:start]
            at = start
        elif line[0] == "+":
            made.append(line[1:])
        else:
            assert old[at] == line[1:]
            made += [line[1:]] if line[0] == " " else []
            at += 1
    return made + old[at:]


@given(texts, texts)
def test_the_lines_make_the_new_text_of_the_old_one(old, new):
    before, after = ("".join(f"{line}\n" for line in side) for side in (old, new))
    lines = Field("data", before, after).lines

    assert applied(old, lines) == new
    assert bool(lines) == (old != new)


def test_the_end_of_the_last_line_and_returns_are_seen():
    assert Field("data", "a\nb", "a\nb\n").lines[-1] == "-\\ no newline at the end"
    assert "+b\r" in Field("data", "a\nb\n", "a\nb\r\n").lines


def test_what_comes_whole_has_only_new_lines():
    assert Field("data", None, "a\nb\n").lines == ["@@ -1,0 +1,2 @@", "+a", "+b"]


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_long_text_of_few_different_lines_is_no_work(step):
    old = [str(number % 2) for number in range(LINES_LIMIT // 2 - 1)]
    new = [str(number * 7 // step % 2) for number in range(LINES_LIMIT // 2 - 2)]
    began = time.process_time()

    assert Field("data", "\n".join(old), "\n".join(new)).lines
    assert time.process_time() - began < 5


def test_a_text_that_is_too_long_to_compare_says_so_and_one_line_in_it_is_still_found():
    numbers = [str(number) for number in range(3 * LINES_LIMIT)]
    middle = LINES_LIMIT

    [said] = Field("data", "\n".join(numbers), "\n".join(reversed(numbers))).lines
    one = Field("data", "\n".join(numbers), "\n".join([*numbers[:middle], "new", *numbers[middle:]])).lines

    assert "too many lines" in said
    assert "+new" in one
    assert len(one) == 6

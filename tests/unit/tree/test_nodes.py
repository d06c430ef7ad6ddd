"""Reading one YAML document with positions: what is none, or grows without end, is refused with its line."""

import pytest

from bos_tools.errors import RepositoryError
from bos_tools.tree.nodes import parse

BROKEN = {
    "a duplicate key": ("a: 1\nb: 2\na: 3\n", "duplicate key", 3),
    "a duplicate key in a flow mapping": ("x: {a: 1, a: 2}\n", "duplicate key", 1),
    "a python tag": ("a: 1\nb: !!python/object/apply:os.system [ls]\n", "tag that no manifest uses", 2),
    "an unclosed list": ("a: [1\nb: 2\n", "malformed YAML", 2),
    "a tab": ("a:\n\tb: 1\n", "malformed YAML", 2),
    "an unknown alias": ("a: *x\n", "alias that can't be resolved", 1),
    "a recursive alias": ("a: &x [*x]\n", "alias that can't be resolved", 1),
    "a key that is a list": ("? [a]\n: b\n", "mapping key that is not a word", 1),
    "two documents": ("a: 1\n---\nb: 2\n", "more than one YAML document", 3),
    "nothing": ("", "empty file", 1),
    "only a comment": ("# nothing\n", "empty file", 1),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_no_single_document_is_refused_with_its_line(what: str):
    text, says, line = BROKEN[what]

    with pytest.raises(RepositoryError) as caught:
        parse(text.encode(), "k.yaml").single()

    assert says in caught.value.message
    assert line in (0, caught.value.line)


def test_an_alias_bomb_is_refused_by_its_weight():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]

    with pytest.raises(RepositoryError, match="expand without end"):
        parse("\n".join(lines).encode(), "k.yaml")


def test_a_tower_of_brackets_is_refused_by_its_depth():
    for text in ("[" * 5000, "- " * 5000 + "x", "{a: " * 5000):
        with pytest.raises(RepositoryError):
            parse(text.encode(), "k.yaml")


@pytest.mark.parametrize(
    "data", [b"\xff\xfea\x00", "a: é".encode("latin-1"), b"a: \x00", b"a: \x1b[0m", b"a: \xed\xa0\x80"]
)
def test_what_is_not_utf_8_text_is_refused(data: bytes):
    with pytest.raises(RepositoryError):
        parse(data, "k.yaml")


def test_a_file_of_many_megabytes_is_refused():
    with pytest.raises(RepositoryError, match="larger than"):
        parse(b"a: b\n" * 2_000_000, "k.yaml")

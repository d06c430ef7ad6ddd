"""A file that can't say a kind is not parsed for it; one that may is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bos_tools.tree.applied import documents, may_say
from bos_tools.tree.documents import document
from harness.cases import cases

SPELLED = [
    "kind: Pod", "kind: 'Pod'", 'kind: "Pod"', "{kind: Pod}", "kind:\n  Pod\n", "kind: |-\n  Pod\n", "kind: >-\n  Pod\n",
    'kind: "\\x50od"', 'kind: "P\\\n  od"', "a: &k Pod\nkind: *k", "kind: !!str Pod", "kind: Pod # one", "\ufeffkind: Pod", "? kind\n: Pod",
    "a: 1\n---\nkind: Pod", "%YAML 1.1\n---\nkind: Pod", "[Pod]",
]  # fmt: skip


@pytest.mark.parametrize("text", SPELLED)
def test_a_word_is_seen_however_it_is_spelled(text: str) -> None:
    assert may_say(text.encode(), "Pod")


@pytest.mark.parametrize("text", ["kind: Service", "kind: Pods", "kind: PodTemplate", "kind: pod", ""])
def test_what_has_not_the_letters_of_a_word_does_not_say_it(text: str) -> None:
    assert not may_say(text.encode(), "Pod")


@pytest.mark.parametrize("word", ["a b", "it's", "é", ""])
def test_a_word_of_other_than_letters_may_be_anywhere(word: str) -> None:
    assert may_say(b"x", word)


@cases(2000)
@given(
    st.lists(
        st.sampled_from(
            [
                "kind: ",
                "Pod",
                "Job",
                "x",
                "\n",
                "  ",
                '"',
                "'",
                "\\",
                "- ",
                "{",
                "}",
                ", ",
                "|\n",
                ": ",
                "#",
                "&a ",
                "*a",
            ]
        ),
        max_size=12,
    )
)
def test_what_is_left_out_has_none_of_the_kinds(parts: list[str]) -> None:
    data = "".join(parts).encode()

    left_out = {id(root) for root in documents("f.yaml", data)} - {
        id(root) for root in documents("f.yaml", data, "Pod")
    }

    kinds = [root.get("kind") for root in document("f.yaml", data).roots] if left_out else []
    assert "Pod" not in [kind.value for kind in kinds if kind is not None]


def test_a_file_without_the_kind_is_not_even_read_as_yaml() -> None:
    assert documents("f.yaml", b"kind: Service\nbroken: [", "Pod") == ()

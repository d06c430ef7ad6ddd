"""What an error says: one sentence, with the words of others in it or behind it."""

import pytest

from bos_tools.errors import CommandFailed, Refused


def test_the_words_of_others_stand_behind_the_sentence_and_line_by_line():
    error = Refused("the remote refused", reason="x", lines=["", " one", "two  ", "\n"])

    assert (error.sentence, error.lines, error.message) == (
        "the remote refused",
        (" one", "two"),
        "the remote refused: one; two",
    )


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["git", "-c", "core.x=y", "--no-pager", "commit", "-m", "secret"], "git commit failed"),
        (["/opt/bin/kustomize", "build", "x"], "kustomize build failed"),
        (["git"], "git failed"),
        (["vault", "--token", "s3cret"], "vault failed"),
        (["pass", "s3cret"], "pass failed"),
    ],
)  # fmt: skip
def test_a_program_is_named_with_what_it_was_told_to_do_unless_that_may_be_a_secret(argv, sentence):
    error = CommandFailed(argv, 2, "")

    assert (error.sentence, error.lines) == (sentence, ("exit code 2",))

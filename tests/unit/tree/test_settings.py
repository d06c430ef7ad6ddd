"""`[tool.bos-tools]`: what is no settings of ours ends with a sentence, and takes neither time nor memory."""

import pytest

from bos_tools.errors import RepositoryError
from bos_tools.tree.settings import LARGEST, settings

HEAD = "[tool.bos-tools]\nenvironments = ['dev']\n"
HOSTILE = {
    "a key of many dots": HEAD + "a." * 100_000 + "a = 1\n",
    "a table of many dots": HEAD + "[" + "a." * 100_000 + "a]\n",
    "many keys of many dots": HEAD + ("a." * 2000 + "a = 1\n") * 200,
    "lists in lists": HEAD + "x = " + "[" * 100_000,
    "tables in tables": HEAD + "x = " + "{a=" * 100_000,
    "too much": HEAD + "#" * LARGEST,
    "no UTF-8": HEAD + "\udcff",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_a_stranger_makes_of_it_ends_with_a_sentence(what: str) -> None:
    with pytest.raises(RepositoryError) as told:
        settings(HOSTILE[what].encode("utf-8", "surrogateescape"))

    assert told.value.reason == "malformed-settings"


def test_a_long_list_on_one_line_is_none_of_it() -> None:
    dependencies = ", ".join(f'"package-{number}>=1.{number}.0"' for number in range(1000))

    assert settings(f"{HEAD}[project]\ndependencies = [{dependencies}]\n".encode()).environments == ("dev",)

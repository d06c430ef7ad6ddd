"""No command takes an option that would do nothing."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from bos_tools.cli.groups import words as commands
from bos_tools.cli.leaves import Leaf, leaves
from bos_tools.cli.main import main
from bos_tools.verbs.options import Option

ARGUMENTS = {
    "bump": "web v1", "history": "web", "pvc grow": "redis +1Gi", "pvc adopt": "redis", "pvc verify": "redis",
    "pvc runbook": "redis", "argocd token": "--to x",
}  # fmt: skip
"""What a command can't be called without."""


def words(leaf: Leaf) -> str:
    if leaf.kind is bool:
        return leaf.flag
    return f"{leaf.flag} {1 if leaf.kind in (int, float) else 'x'}"


def idle() -> Iterator[tuple[str, str, str]]:
    """Yield each option that another one must stand beside, or must not: the words, and what is said of them."""
    for name in set(commands()) - {"help"}:
        options = leaves(import_module(f"bos_tools.verbs.{name.replace(' ', '_')}").Options)
        for leaf in options.values():
            if not isinstance(leaf.said, Option):
                continue
            if leaf.said.needs:
                yield name, words(leaf), f"{leaf.flag} does nothing without {options[leaf.said.needs[0]].flag}"
            for other in leaf.said.idle_with:
                yield name, f"{words(leaf)} {words(options[other])}", f"{leaf.flag} does nothing with"


@pytest.mark.parametrize(("name", "said_words", "said"), sorted(idle()))
def test_an_option_that_would_do_nothing_is_refused(name, said_words, said, capsys, tmp_path: Path):
    code = main(["--repo", str(tmp_path), *name.split(), *ARGUMENTS.get(name, "").split(), *said_words.split()])

    assert said in capsys.readouterr().err
    assert code == 2


def test_the_search_is_not_blind():
    assert len(list(idle())) > 40

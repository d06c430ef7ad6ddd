"""A file is parsed once a run, however many rules, volumes and trees ask for it."""

from collections import Counter

import pytest

from bos_tools.cli.main import main
from bos_tools.tree import documents
from bos_tools.tree.nodes import parse
from harness import ROOT


@pytest.mark.parametrize("words", [["check"], ["pvc", "list"], ["bump", "web", "v9.9.9", "--dry-run"]], ids=" ".join)
def test_no_file_is_parsed_twice(words, monkeypatch, capsys):
    parsed: Counter[tuple[str, bytes]] = Counter()

    def counted(data: bytes, path: str):
        parsed[path, data] += 1
        return parse(data, path)

    documents.document.cache_clear()
    monkeypatch.setattr("bos_tools.tree.documents.parse", counted)

    assert main(["--repo", str(ROOT), *words]) == 0

    capsys.readouterr()
    documents.document.cache_clear()
    assert parsed
    assert {path for (path, _), count in parsed.items() if count > 1} == set()

"""What is kept of a render's objects is what reading it again would give."""

from pathlib import Path

import pytest

from bos_tools.render.cache import Cache
from bos_tools.render.objects import objects
from bos_tools.render.parsed import parsed

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  namespace: n\ndata:\n"


@pytest.mark.parametrize(
    "data",
    [
        "  a: '1'\n  b: 2026-01-01\n  c: é\n",
        "  a: 1.5\n  b: [1, null, true]\n",
        "  1: a\n",
        "  a: .nan\n",
        "  a: .inf\n",
        "  a: !!binary aGk=\n",
    ],
    ids=["text", "json", "a key that is a number", "no number", "without end", "bytes"],
)
def test_objects_are_the_same_read_and_kept(tmp_path: Path, data: str) -> None:
    cache, render = Cache(tmp_path / "cache"), (OBJECT + data).encode()

    first, second = parsed(cache, render), parsed(cache, render)

    assert repr(first) == repr(second) == repr(objects(render))


def test_a_kept_entry_is_used_and_a_damaged_one_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, render = Cache(tmp_path / "cache"), (OBJECT + "  a: b\n").encode()
    made = parsed(cache, render)
    with monkeypatch.context() as without:
        without.setattr("bos_tools.render.parsed.objects", None)
        assert parsed(cache, render) == made

    for entry in (tmp_path / "cache").rglob("*"):
        if entry.is_file():
            entry.write_bytes(entry.read_bytes()[:-1] + b"x")

    assert parsed(cache, render) == made

"""Relative growths against a remote that loses its answer at random: what is told as landed is all that landed."""

import random
from pathlib import Path
from typing import Any

import pytest

from bos_tools.change.ground import now
from bos_tools.change.pipeline import push
from bos_tools.cli.main import main
from bos_tools.doors.remote import Branch
from bos_tools.intents.grow import Grow, Wish
from harness.git import clone, git, remote
from harness.repositories import repository
from harness.volumes import contents, growth

DEALT = """\
#!/bin/sh
# the next card of the deck says what becomes of this push; a hook's parent is the server
cd "$(git rev-parse --absolute-git-dir)" || exit 1
card=$(head -n 1 deck)
case "$0 $card" in
  *pre-receive\\ before) sed -i 1d deck; kill -9 $PPID ;;
  *pre-receive\\ no) sed -i 1d deck; echo 'not now' >&2; exit 1 ;;
  *post-receive\\ after) sed -i 1d deck; kill -9 $PPID ;;
  *post-receive*) sed -i 1d deck ;;
esac
"""
"""Loses the answer before or after the branch moved, says no, or lets it be."""
PUSHES = 40


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A remote that deals from a deck, with a volume that may grow as often as it is pushed."""
    made = contents()
    made["overlays/dev/environment.yaml"] = growth(count=PUSHES)
    bare = remote(repository(tmp_path / "first", made), tmp_path / "origin.git")
    for name in ("pre-receive", "post-receive"):
        (bare / "hooks" / name).write_text(DEALT)
        (bare / "hooks" / name).chmod(0o755)
    return bare


@pytest.mark.parametrize("seed", [20261128])
def test_forty_growths_add_up_to_those_that_are_told_as_landed(bare, tmp_path, capsys, seed):
    chance = random.Random(seed)
    deck = chance.choices(["fine", "before", "after", "no"], [5, 2, 3, 1], k=10 * PUSHES)
    (bare / "deck").write_text("\n".join(deck) + "\n")
    work = clone(bare, tmp_path / "work")
    words = ["--repo", str(work), "pvc", "grow", "web-data", "+1Gi", "--no-live", "--push"]

    codes = [main(words) for _ in range(PUSHES)]

    told = capsys.readouterr()
    sizes = git(bare, "log", "--format=%(trailers:key=Bos-To,valueonly,separator=%x20)", "main").split()[::-1]
    assert set(codes) == {0, 1, 5}, "the deck has too few cards of a kind"
    assert sizes == [f"{5 + number}Gi" for number in range(1, codes.count(0) + 1)]
    assert "a bug of" not in told.err

    git(work, "pull", "-q")
    environment = work / "overlays/dev/environment.yaml"
    environment.write_text(growth(count=len(sizes)))
    assert main([*words[:-1], "--dry-run"]) == 1
    assert f"{len(sizes)} of {len(sizes)} growths in 24 h are used" in capsys.readouterr().err


def test_two_growths_by_one_person_in_one_second_are_two(bare, tmp_path, monkeypatch):
    (bare / "deck").write_text("")
    first, second = (clone(bare, tmp_path / name) for name in ("first-work", "second-work"))
    wish = Grow(None, "web-data", Wish.read("+1Gi"))
    moment, at_once = now(), Branch.push

    def beaten(branch: Branch, sha: str, **values: Any) -> None:
        monkeypatch.setattr(Branch, "push", at_once)
        push(wish, second, clock=lambda: moment)
        branch.push(sha, **values)

    monkeypatch.setattr(Branch, "push", beaten)
    done = push(wish, first, clock=lambda: moment)

    assert done.tries == 2
    sizes = git(bare, "log", "--format=%(trailers:key=Bos-To,valueonly,separator=%x20)", "main").split()[::-1]
    assert sizes == ["6Gi", "7Gi"]

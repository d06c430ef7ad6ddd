"""Which files each commit of a range touched, against each of its parents."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bos_tools.doors.git import Git


@dataclass(frozen=True)
class Touched:
    """One commit, and the paths in which it differs from each of its parents; a root differs from none."""

    sha: str
    parents: tuple[str, ...]
    paths: tuple[frozenset[str], ...]


def touched(door: "Git", *revisions: str) -> list[Touched]:
    """Return the commits of a range, each before its parents."""
    listed = [line.split() for line in door.run("rev-list", "--topo-order", "--parents", *revisions, "--").splitlines()]
    asked = [(sha, parent) for sha, *parents in listed for parent in parents]
    differs = ("diff-tree", "--stdin", "--always", "-r", "--no-renames", "--no-ext-diff", "--name-only", "-z")
    said = door.run(*differs, stdin="".join(f"{sha} {parent}\n" for sha, parent in asked).encode()) if asked else ""
    sides: list[set[str]] = []
    for word in said.split("\0"):
        if len(sides) < len(asked) and word == asked[len(sides)][0]:  # no file bears the name of a later commit
            sides.append(set())
        elif word.startswith(door.prefix) and word:
            sides[-1].add(word.removeprefix(door.prefix))
    sides_left = iter(sides)
    return [
        Touched(sha, tuple(parents), tuple(frozenset(next(sides_left)) for _ in parents)) for sha, *parents in listed
    ]

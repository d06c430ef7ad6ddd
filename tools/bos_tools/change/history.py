"""Who pinned which version when: the answers that Git alone can give."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from heapq import merge
from pathlib import Path

from bos_tools.change.pins import pins_at
from bos_tools.doors.files import WorkTree
from bos_tools.doors.git import Git
from bos_tools.doors.log import Commit
from bos_tools.errors import RepositoryError
from bos_tools.tree import layout
from bos_tools.tree.kustomization import NAMES
from bos_tools.tree.layout import Tree

Pins = dict[str, str]
"""The version of each image, by its name."""


@dataclass(frozen=True)
class Step:
    """One pin that one commit changed; None stands for absent."""

    commit: Commit
    env: str
    image: str
    old: str | None
    new: str | None
    is_merge: bool = False
    """The commit is a merge, in which somebody decided by hand."""


@dataclass(frozen=True)
class _Cut:
    """Where a shallow clone's history ends, with pins that somebody set before."""

    commit: Commit


@dataclass(frozen=True)
class _Names:
    """Which images are followed through a commit: some, or all but some."""

    some: frozenset[str] = frozenset()
    are_left_out: bool = False

    def __contains__(self, name: str) -> bool:
        return (name in self.some) != self.are_left_out

    def __or__(self, other: "_Names") -> "_Names":
        if self.are_left_out and other.are_left_out:
            return _Names(self.some & other.some, are_left_out=True)
        if not self.are_left_out and not other.are_left_out:
            return _Names(self.some | other.some)
        left_out, kept = (self, other) if self.are_left_out else (other, self)
        return _Names(left_out.some - kept.some, are_left_out=True)

    def without(self, names: set[str]) -> "_Names":
        """Return these but some."""
        return _Names(self.some | names if self.are_left_out else self.some - names, are_left_out=self.are_left_out)


ALL = _Names(are_left_out=True)


def history(root: Path, service: str, env: str | None, limit: int) -> list[Step]:
    """Return the last changes of a service's pins, newest first.

    A version is followed to the commit that brought it: through a merge to the side from which it came, through a
    rename to the old name. A merge that took the version of none of its sides is itself what set it.
    Raises Usage for an unknown service or environment, RepositoryError where this clone's history ends before so many.
    """
    tree = Tree(WorkTree(root))
    envs = tree.settings.environments if env is None else (tree.environment_name(env),)
    if not any(service in tree.services(e) for e in envs):
        tree.unit(envs[0], service)
    folders = {e: layout.unit(e, service) for e in envs}
    with closing(Git(root)) as door:
        return _newest(_Past(door), folders, limit)


def _newest(past: "_Past", folders: dict[str, str], limit: int) -> list[Step]:
    """Return the last changes in some environments' units, newest first."""
    commits = past.log("HEAD", *folders.values()) if past.door.has_commits else []
    ranks = {commit.sha: rank for rank, commit in enumerate(commits)}
    tracks = [_ordered(past.track(commits, e, folder), ranks) for e, folder in folders.items()]
    found: list[Step] = []
    for _, step in merge(*tracks, key=lambda ranked: ranked[0]):
        if isinstance(step, _Cut):
            raise _shallow(step.commit, len(found))
        found.append(step)
        if len(found) == limit:
            break
    return found


def _ordered(steps: Iterator[Step | _Cut], ranks: dict[str, int]) -> Iterator[tuple[tuple[float, int], Step | _Cut]]:
    """Yield each step with its place among those of all environments; no commit is younger than what stands on it."""
    at = float("inf")
    for step in steps:
        at = min(at, step.commit.committed.timestamp())
        yield (-at, ranks.get(step.commit.sha, len(ranks))), step


class _Past:
    """What a repository says of the pins that it had."""

    def __init__(self, door: Git) -> None:
        self.door = door
        self._pins = cache(lambda revision, folder: pins_at(door, revision, [f"{folder}/{name}" for name in NAMES]))
        self._renames = cache(door.renames)

    def log(self, revision: str, *folders: str) -> list[Commit]:
        """Return the commits that touched some units' kustomizations, each with those of them that it stands on."""
        return self.door.log(
            revision, paths=[f"{folder}/{name}" for folder in folders for name in NAMES], among_themselves=True
        )

    def track(self, commits: Sequence[Commit], env: str, folder: str) -> Iterator[Step | _Cut]:
        """Yield each change of a unit's pins, newest first."""
        followed = {commit.sha: ALL for commit in commits[:1]}
        for commit in commits:
            names = followed.pop(commit.sha, None)
            if names is None:
                continue
            now = self._pins(commit.sha, folder)
            if not commit.parents:
                yield from self._beginning(commit, env, folder, {name: now[name] for name in now if name in names})
                continue
            sides = [self._pins(parent, folder) for parent in commit.parents]
            elsewhere: dict[str, set[str]] = {}
            for name in sorted({*now, *(name for side in sides for name in side)}):
                if name not in names:
                    continue
                same = [p for p, side in zip(commit.parents, sides, strict=True) if side.get(name) == now.get(name)]
                if not same:
                    is_merge = self.door.parents(commit.sha) > 1
                    yield Step(commit, env, name, sides[0].get(name), now.get(name), is_merge)
                elif commit.parents[0] not in same:
                    elsewhere.setdefault(same[0], set()).add(name)
            goes_on = {commit.parents[0]: names.without(set().union(*elsewhere.values()))}
            goes_on |= {parent: _Names(frozenset(some)) for parent, some in elsewhere.items()}
            for parent, some_names in goes_on.items():
                followed[parent] = followed.get(parent, _Names()) | some_names

    def _beginning(self, commit: Commit, env: str, folder: str, now: Pins) -> Iterator[Step | _Cut]:
        """Yield what a commit began that stands on none with such a file: it is new, renamed, or the clone's last."""
        if self.door.is_cut(commit.sha):
            if now:
                yield _Cut(commit)
            return
        source = self._source(commit, folder)
        before = f"{commit.sha}^"
        was: Pins = self._pins(before, source) if source else {}
        gone, come = sorted(was.keys() - now.keys()), sorted(now.keys() - was.keys())
        if len(gone) == len(come) == 1:  # renamed with its service
            was = {come[0] if name == gone[0] else name: version for name, version in was.items()}
        for name in sorted({*was, *now}):
            if was.get(name) != now.get(name):
                yield Step(commit, env, name, was.get(name), now.get(name))
        if source:
            then = source.split("/")[1] if layout.is_overlay(source) else env
            yield from self.track(self.log(before, source), then, source)

    def _source(self, commit: Commit, folder: str) -> str | None:
        """Return the folder that a commit renamed to this one, by its kustomization; None for a new one."""
        if not self.door.parents(commit.sha):
            return None
        renames = self._renames(commit.sha)
        found = [renames[path] for name in NAMES if (path := f"{folder}/{name}") in renames]
        return found[0].rpartition("/")[0] if found else None


def _shallow(last: Commit, known: int) -> RepositoryError:
    return RepositoryError(
        f"the history of this clone ends at {last.sha[:12]}, and who set what stands there is not known",
        reason="shallow",
        hint="git fetch --unshallow" + (f", or --limit {known} for what is known" if known else ""),
    )

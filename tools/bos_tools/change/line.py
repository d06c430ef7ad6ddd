"""The line of a commit: its first-parent history, with when each commit came onto it and what that brought."""

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from bos_tools.change import ledger
from bos_tools.change.dates import arrivals
from bos_tools.change.pins import pins_at
from bos_tools.errors import Refused, RepositoryError
from bos_tools.intents.ground import Since
from bos_tools.tree.kustomization import NAMES
from bos_tools.tree.layout import Unit

if TYPE_CHECKING:
    from bos_tools.change.sizes import Sizes
    from bos_tools.doors.git import Git
    from bos_tools.doors.touched import Touched
    from bos_tools.storage.budget import Grown


class Line:
    """A line as seen at a moment, read when it is asked for.

    What a merge brings came when the merge did: until then it stood on no line.
    """

    def __init__(self, door: "Git", revision: str, at: datetime) -> None:
        self._door = door
        self._revision = revision
        self._at = at
        self._brought: dict[datetime, tuple[list[Touched], dict[str, int]]] = {}

    @cached_property
    def _came(self) -> dict[str, int]:
        """Return each commit of the line, newest first, with its arrival; nothing for a branch without a commit."""
        try:
            line = self._door.line(self._door.resolve(self._revision))
        except RepositoryError as error:
            if error.reason != "no-commit":
                raise
            return {}
        dates = arrivals([date for _, date in line], int(self._at.timestamp()))
        return {sha: date for (sha, _), date in zip(line, dates, strict=True)}

    def growths(self, unit: Unit, since: datetime) -> "list[Grown]":
        """Return the changes of a unit's sizes that came since a moment, newest first.

        Raises Refused where this clone's history ends before it.
        """
        from bos_tools.storage.budget import Grown

        if since not in self._brought:
            self._brought[since] = self._since(since)
        commits, came = self._brought[since]
        return [
            Grown(one.volume, one.old, one.new, datetime.fromtimestamp(came[one.commit], UTC), one.commit)
            for one in self._sizes.changed(unit, commits)
            if came[one.commit] >= since.timestamp()
        ]

    @cached_property
    def _sizes(self) -> "Sizes":
        from bos_tools.change.sizes import Sizes

        return Sizes(self._door)

    def _since(self, since: datetime) -> "tuple[list[Touched], dict[str, int]]":
        """Return the commits that came since a moment, those of merged branches too, and when each came."""
        from bos_tools.doors.touched import touched

        line, least = list(self._came.items()), since.timestamp()
        count = max((place for place, (_, date) in enumerate(line, 1) if date >= least), default=0)
        if not count:
            return [], {}
        below = [f"^{line[count][0]}"] if count < len(line) else []
        commits = touched(self._door, line[0][0], *below)
        if not all(commit.parents or not self._door.parents(commit.sha) for commit in commits):
            raise _shallow(since)
        parents = {commit.sha: commit.parents for commit in commits}
        arrival: dict[str, int] = {}
        for sha, date in reversed(line[:count]):
            waiting = [sha]
            while waiting:
                if (each := waiting.pop()) in parents and each not in arrival:
                    arrival[each] = date
                    waiting += parents[each]
        return commits, arrival

    def pinned(self, unit: Unit, here: dict[str, str]) -> dict[str, Since]:
        """Return since when each of a unit's pins stands on the line, of those that its newest commit has.

        One from before the history of a shallow clone has no answer.
        """
        if not self._came:
            return {}
        head, paths = next(iter(self._came)), [f"{unit.folder}/{name}" for name in NAMES]
        there = pins_at(self._door, head, paths)
        sought = {name for name, version in here.items() if there.get(name) == version}
        found: dict[str, Since] = {}
        for commit in self._door.log(head, paths=paths, first_parent=True) if sought else ():
            if self._door.is_cut(commit.sha):
                break
            before = pins_at(self._door, f"{commit.sha}^", paths)
            changed = {name for name in sought if before.get(name) != here[name]}
            came = datetime.fromtimestamp(self._came[commit.sha], UTC)
            told = ledger.read(commit.message)
            for name in changed:
                is_recorded = told.brought(unit.env, unit.service, before.get(name), here[name])
                found[name] = Since(came, commit.sha, commit.author, is_recorded)
            sought -= changed
            if not sought:
                break
        return found


def _shallow(since: datetime) -> Refused:
    return Refused(
        f"the history of this clone ends before {since:%Y-%m-%d %H:%M %Z}, and what it lacks may hold growths",
        reason="shallow",
        hint=f"git fetch --shallow-since={since:%Y-%m-%dT%H:%M:%SZ}",
    )

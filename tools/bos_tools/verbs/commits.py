"""Which commit is meant, and whether another one holds it: asked of this clone, which fetches what it lacks, once."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from bos_tools.errors import BosError, Refused
from bos_tools.verbs.session import Session, Tell

if TYPE_CHECKING:
    from bos_tools.doors.git import Git
    from bos_tools.watching import Deadline

FETCH = 20.0
"""Seconds for what is only a help: a forge that hangs must not hold up who waits for Argo CD."""
AWAY = 10.0
"""Seconds after which a forge that was away is asked again."""


class Commits:
    """One commit of this clone against those that Argo CD names, on a branch that may be busy."""

    def __init__(self, door: "Git", tell: Tell, branch: str, url: str, deadline: "Deadline | None" = None) -> None:
        self._door, self._tell, self._deadline = door, tell, deadline
        self._branch = branch
        self._remote = _remote(door, url)
        self._known: dict[str, bool] = {}
        self._fetched_for: set[str] = set()
        self._away_until = 0.0
        self.commit = ""

    @classmethod
    def of(
        cls, session: Session, revision: str, *, branch: str, url: str, deadline: "Deadline | None" = None
    ) -> "Commits":
        """Return a revision of this clone; one that it lacks is fetched first.

        Raises what Git's door says of a revision that is nowhere.
        """
        from bos_tools.doors.git import Git

        made = cls(Git(Path(session.root)), session.tell, branch, url, deadline)
        try:
            made.commit = made._door.resolve(revision)
        except BosError as error:
            if error.reason != "unknown-revision" or not made._fetch(revision):
                raise
            made.commit = made._door.resolve(revision)
        return made

    def holds(self, seen: str) -> bool:
        """Tell whether a commit that Argo CD names is ours or a later one, which on a busy branch holds ours, too."""
        from bos_tools.delivery.verdict import SHA

        if seen == self.commit:
            return True
        if not SHA.fullmatch(seen):
            return False
        if seen not in self._known and self.knows(seen):
            self._known[seen] = self._door.is_ancestor(self.commit, seen)
        return self._known.get(seen, False)

    def is_before(self, seen: str) -> bool:
        """Tell whether a commit that Argo CD names is an older one than ours."""
        return seen != self.commit and self.knows(seen) and self._door.is_ancestor(seen, self.commit)

    def knows(self, seen: str) -> bool:
        """Tell whether this clone has a commit, after a fetch if need be, which is said."""
        from bos_tools.delivery.verdict import short

        if self._door.has(seen):
            return True
        if seen in self._fetched_for or time.monotonic() < self._away_until:
            return False
        head = self._fetch(seen)
        if self._door.has(seen):
            return True
        if head is None and self._remote:
            self._away_until = time.monotonic() + AWAY
            return False
        self._fetched_for.add(seen)
        self._tell(f"this clone does not know {short(seen)}, which Argo CD names, so it counts as another commit")
        return False

    def changed_since(self, seen: str) -> list[str]:
        """Return the paths that our commit changes since another one."""
        return self._door.changed(seen, self.commit)

    def demand_pushed(self, env: str) -> None:
        """Raise Refused, at once, for a commit that Argo CD can't see because nobody pushed it."""
        from bos_tools.delivery.verdict import short

        if self.is_pushed:
            return
        head = self._fetch(self.commit)
        if head is None or self._door.is_ancestor(self.commit, head):
            return
        elsewhere = self._door.run(
            "for-each-ref", "--contains", self.commit, "--format=%(refname:short)", "refs/remotes"
        )
        if elsewhere.split():
            where = elsewhere.split()[0]
            self._tell(f"{short(self.commit)} is on {where}, and not yet on {self._branch}, which {env} is made from")
            return
        raise Refused(
            f"nobody pushed {short(self.commit)}: {self._branch} of {self._remote} is at {short(head)}, and lacks it",
            reason="not-pushed",
            hint=f"git push {self._remote} HEAD:{self._branch}",
        )

    @property
    def is_pushed(self) -> bool:
        """Tell whether the branch has our commit, as far as this clone knows; without a remote it is Argo CD's own."""
        if not self._remote:
            return True
        try:
            tracked = self._door.resolve(f"refs/remotes/{self._remote}/{self._branch}")
        except BosError:
            return False
        return self._door.is_ancestor(self.commit, tracked)

    def _fetch(self, why: str) -> str | None:
        """Fetch the branch and return its head; None where that can't be."""
        from bos_tools.delivery.verdict import short
        from bos_tools.doors.remote import LostRace, fetched

        if not self._remote:
            return None
        if why != self.commit:
            self._tell(f"this clone does not know {short(why)}: fetching {self._branch} of {self._remote}")
        left = FETCH if self._deadline is None else min(FETCH, self._deadline.left)
        try:
            with fetched(self._door, self._remote, self._branch) as branch:
                return branch.head(timeout=max(left, 1.0))
        except (BosError, LostRace) as error:
            self._tell(f"{self._branch} of {self._remote} can't be fetched: {error}")
            return None


def _remote(door: "Git", url: str) -> str:
    """Return the remote that Argo CD reads too, else `origin`, else the first one; nothing where there is none."""
    from bos_tools.doors.command import without_secrets

    named: dict[str, str] = {}
    for line in door.run("remote", "-v").splitlines():
        name, _, rest = line.partition("\t")
        named.setdefault(without_secrets(rest.rpartition(" ")[0]).removesuffix(".git"), name)
    default = "origin" if "origin" in named.values() else next(iter(named.values()), "")
    return named.get(url.removesuffix(".git"), default)

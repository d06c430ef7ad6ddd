"""Where this clone stands against what Argo CD has seen: later, at the same commit, or earlier, and since when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bos_tools.errors import BosError
from bos_tools.verbs.argocd import Found, Target
from bos_tools.verbs.argocd_wait import commits_of
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.doors.argocd.models import Application
    from bos_tools.verbs.commits import Commits

SILENCE = timedelta(minutes=10)
"""Argo CD looks every three minutes by itself (its `timeout.reconciliation` and the jitter)."""
LOOK = "`bos-tools argocd wait --revision HEAD --env {env}` makes it look"


@dataclass(frozen=True)
class Place:
    """Where a clone stands beside an environment."""

    about: Target
    commits: "Commits | None"
    """None in a folder that Git knows nothing of."""

    @classmethod
    def of(cls, session: Session, about: Target, there: Found) -> "Place":
        """Return where this clone stands."""
        try:
            return cls(about, commits_of(session, "HEAD", about, there, None))
        except BosError:  # no repository, or no commit in it
            return cls(about, None)

    def not_seen(self, app: "Application") -> tuple[str, str]:
        """Return what Argo CD has not seen of an application that looks well, and what helps; nothing where it has."""
        from bos_tools.delivery.verdict import SHA, short

        env, revision, looked = self.about.said.env, app.status.sync.revision, app.status.reconciled_at
        if looked is not None and (gone := datetime.now(UTC) - looked) > SILENCE:
            return (
                f"Argo CD has not looked at it for {gone // timedelta(minutes=1)} min",
                "is its application controller running? bos-tools argocd wait asks it to look",
            )
        commits = self.commits
        if commits is None or not SHA.fullmatch(revision) or not commits.is_before(revision):
            return "", ""
        folder = (app.spec.get("source") or {}).get("path", "")
        try:
            parts = self.about.tree.graph.closure(folder)
        except BosError:
            return "", ""
        if not parts.keys() & set(commits.changed_since(revision)):
            return "", ""
        if not commits.is_pushed:
            return f"nobody pushed {short(commits.commit)}", "git push"
        return f"Argo CD has not looked at {short(commits.commit)} yet", LOOK.format(env=env)

    def notes(self, there: Found) -> tuple[str, ...]:
        """Return that the versions of Git, which are this work tree's, are older than what Argo CD has seen."""
        from bos_tools.delivery.verdict import SHA, short

        commits = self.commits
        seen = {app.status.sync.revision for app in there.apps.values()}
        for revision in sorted(filter(SHA.fullmatch, seen)):
            if commits is not None and revision != commits.commit and commits.holds(revision):
                where = f"it is at {short(commits.commit)}, Argo CD at {short(revision)}"
                return (f"this work tree is behind: {where}; git pull",)
        return ()

"""Propose changes in tests: a clone, its bare remote, and a forge at the network door."""

from pathlib import Path

from bos_tools.change.pipeline import Outcome, Proposed
from bos_tools.change.propose import propose
from bos_tools.doors.forges.find import forge_of
from bos_tools.doors.tracking import Destination
from bos_tools.intents.bump import Bump, Request
from bos_tools.intents.plan import Intent
from harness.forges import REMOTE, Pretend
from harness.git import clone, git, remote
from harness.repositories import repository, write

WEB = "overlays/dev/web/kustomization.yaml"
TOPIC = "bos-tools/dev/bump-web"


def proposed(outcome: Outcome) -> Proposed:
    """Return the pull request that an outcome has."""
    assert outcome.pull_request is not None
    return outcome.pull_request


class Place:
    """A clone, its bare remote, and a forge that only knows the pull requests."""

    def __init__(self, root: Path, kind: str, contents: dict[str, bytes] | None = None) -> None:
        self.root = root
        self.work = repository(root / "work", contents)
        self.bare = remote(self.work, root / "origin.git")
        self.kind = kind
        self.forge = Pretend(kind)

    def bump(self, *words: str, dry_run: bool = False, work: Path | None = None, **allow: bool) -> Outcome:
        """Propose `web=v1.0.1`, or several such words."""
        intent = Bump(None, tuple(Request.read(*word.split("=")) for word in words), **allow)
        return self.propose(intent, dry_run=dry_run, work=work)

    def propose(self, intent: Intent, *, dry_run: bool = False, work: Path | None = None) -> Outcome:
        """Propose any intent."""
        forge = forge_of(REMOTE[self.kind], transport=self.forge.transport)
        return propose(intent, work or self.work, forge, Destination("origin", "main"), dry_run=dry_run)

    def by_hand(self, branch: str, contents: dict[str, str], *words: str) -> str:
        """Commit to a branch in another clone, as a human would; return the commit."""
        other = self.root / f"hand-{len(list(self.root.iterdir()))}"
        clone(self.bare, other)
        git(other, "switch", "-q", branch)
        write(other, contents)
        git(other, "add", "-A")
        git(other, "commit", "-q", *(words or ("-m", "By hand")))
        git(other, "push", "-q", "--force", "origin", branch)
        return self.head(branch)

    def head(self, branch: str) -> str:
        return git(self.bare, "rev-parse", branch).strip()

    def branches(self) -> set[str]:
        return set(git(self.bare, "for-each-ref", "--format=%(refname:short)").split())

    def file(self, branch: str, path: str = WEB) -> str:
        return git(self.bare, "show", f"{branch}:{path}")

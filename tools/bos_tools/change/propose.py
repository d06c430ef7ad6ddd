"""Propose a change: one branch and one pull request for its kind, its environment and its services."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from bos_tools.change import describe, race, topic
from bos_tools.change.ground import Clock, now, of_commit
from bos_tools.change.ledger import message
from bos_tools.change.pipeline import Outcome, Proposed
from bos_tools.change.prove import Proof, compared, prove
from bos_tools.doors.forges.pull import AlreadyOpen, Forge, PullRequest
from bos_tools.doors.git import Git
from bos_tools.doors.remote import Branch, LostRace
from bos_tools.doors.tracking import Destination
from bos_tools.errors import BosError, Refused, RepositoryError
from bos_tools.intents.plan import Intent, Plan
from bos_tools.render.kustomize import Renderer
from bos_tools.tree.layout import Tree
from bos_tools.tree.source import Source

Files = Mapping[str, tuple[bytes | None, bytes | None]]


def propose(
    intent: Intent, root: Path, forge: Forge, where: Destination, *, dry_run: bool = False, clock: Clock = now
) -> Outcome:
    """Bring an intent into a pull request against a remote branch; the work tree stays as it is.

    What is open already is edited, what it makes superfluous is closed, and what says the same is left alone.
    Raises Refused when an open pull request holds something newer, or when the branch is somebody else's.
    """
    door = Git(root)

    def attempt(target: Branch, tries: race.Race[Outcome]) -> Outcome:
        return _Try(intent, door, forge, target, tries, clock, dry_run=dry_run).run()

    return replace(race.run(door, where, attempt), where=where)


@dataclass(frozen=True)
class _Open:
    """An open pull request that edits a file of the plan."""

    pull: PullRequest
    head: str
    is_ours: bool
    """Nobody else worked on it, so it may be overwritten."""
    paths: frozenset[str]
    plan: Plan | None
    """The intent on top of it; None where it can't be planned there."""


class _Try:
    """One try from the fetch to the pull request; raises LostRace when somebody else was faster."""

    def __init__(
        self,
        intent: Intent,
        door: Git,
        forge: Forge,
        target: Branch,
        tries: race.Race[Outcome],
        clock: Clock,
        *,
        dry_run: bool,
    ) -> None:
        self.intent, self.door, self.forge, self.target, self.tries = intent, door, forge, target, tries
        self.dry_run = dry_run
        self.renderer = Renderer()
        self.main = door.at(target.head())
        self.ground = of_commit(self.main, clock())
        self.plan = intent.plan(self.ground)
        self.proof = prove(self.ground.tree, self.plan, self.renderer)
        self.name = topic.name(intent, self.plan)

    def run(self) -> Outcome:
        """Go as far as the pull request, or say what that would be."""
        outcome = Outcome(self.plan, self.proof, tries=self.tries.tries)
        if not self.plan.files:
            return outcome
        heads = self.target.beside(topic.folder(self.plan))
        self.tries.see(f"{self.main.sha} {heads.get(self.name)}")
        found = self._open(heads)
        mine = next((one for one in found if one.pull.branch == self.name), None)
        others = [one for one in found if one is not mine]
        if mine is None and self.name in heads:
            self._free(heads[self.name])
        if not (mine and self._holds(mine)) and (holder := next(filter(self._holds, others), None)):
            there = holder.pull
            return replace(outcome, pull_request=Proposed(there.number, there.url, there.branch, "unchanged"))
        stale = [one for one in others if self._supersedes(one)]
        if self.dry_run:
            return replace(outcome, pull_request=self._foreseen(mine, stale))
        head, whole, commit = self._settle(mine, heads.get(self.name))
        with topic.behind(f"{self.name} has the commit {head[:12]}", "not its pull request"):
            done = self._tell(mine.pull if mine else None, head, whole, self.plan.title)
        with topic.behind(f"the pull request is {done.action}: {done.url}", "what it supersedes is not closed"):
            closed = tuple(one.pull.number for one in stale if self._close(one, str(done.url)))
        action = "updated" if commit and done.action == "unchanged" else done.action
        return replace(outcome, commit=commit, pull_request=replace(done, action=action, superseded=closed))

    # --- what is open ---------------------------------------------------------------------------------

    def _open(self, heads: Mapping[str, str]) -> list[_Open]:
        """Return the open pull requests that edit what the plan edits.

        Raises Refused when one of them holds something on which the intent is refused, such as a newer version.
        """
        pulls = self.forge.find(topic.folder(self.plan), self.target.name)
        made = [self._look(pull, heads[pull.branch]) for pull in pulls if pull.branch in heads]
        return [one for one in made if one is not None]

    def _free(self, head: str) -> None:
        """Hold that a branch without a pull request may be ours: another run may be just about to open one.

        Raises Refused where it holds somebody's commits or something newer.
        """
        away = f"git push {self.target.remote} --delete {self.name}"
        if self.door.is_ancestor(head, self.main.sha):
            return
        if not topic.is_ours(self.door, head):
            raise Refused(
                f"the branch has commits that are not ours, and no open pull request: {self.name}",
                reason="foreign-branch",
                hint=f"open one from it, or delete it: {away}",
            )
        if self._says_the_same(head, self._paths(head, is_ours=True)):
            return
        self._plan_on(
            head, f"the branch {self.name} has it, without an open pull request", f"or, if it is given up: {away}"
        )

    def _look(self, pull: PullRequest, head: str) -> _Open | None:
        is_ours = topic.is_ours(self.door, head)
        paths = self._paths(head, is_ours=is_ours)
        if not paths & self.plan.files.keys() and pull.branch != self.name:
            return None
        if pull.branch == self.name and is_ours and self._says_the_same(head, paths):
            return _Open(pull, head, is_ours, paths, None)
        try:
            plan = self._plan_on(head, f"pull request #{pull.number} proposes", f"or close {pull.url} first")
        except Refused:
            if pull.branch == self.name and not self.dry_run:  # a slower run may have left its own words there
                self._tell(pull, head, self._whole(head, is_ours=is_ours), self.door.commit(head).subject)
            raise
        return _Open(pull, head, is_ours or self.door.is_ancestor(head, self.main.sha), paths, plan)

    def _plan_on(self, head: str, who: str, way_out: str) -> Plan | None:
        """Return the plan on a branch's newest files, None where they are too broken to hold anything.

        The history stays that of the target branch: what a proposal says of itself has not happened yet.

        Raises Refused with who holds what the intent is refused on, such as a newer version.
        """
        try:
            return self.intent.plan(self.ground.proposed(Tree(self.door.at(head))))
        except Refused as error:
            raise Refused(
                f"{error.message}, as {who}",
                reason=error.reason,
                hint="; ".join(filter(None, [error.hint, way_out])),
                path=error.path,
                line=error.line,
            ) from error
        except BosError:
            return None

    def _paths(self, head: str, *, is_ours: bool) -> frozenset[str]:
        return frozenset(self.door.changed(self._base(head, is_ours=is_ours), head))

    def _base(self, head: str, *, is_ours: bool) -> str:
        """Return where a branch left the target branch; a shallow clone may not know that of others' commits."""
        if is_ours:
            return self.door.commit(head).parents[0]
        try:
            return self.door.merge_base(self.main.sha, head)
        except RepositoryError:
            return self.main.sha

    def _holds(self, one: _Open) -> bool:
        """Tell whether a pull request proposes all that the plan edits."""
        if one.pull.branch == self.name and one.is_ours:
            return self._says_the_same(one.head, one.paths)
        return one.plan is not None and not one.plan.files and self.plan.files.keys() <= one.paths

    def _says_the_same(self, head: str, paths: frozenset[str]) -> bool:
        there = self.door.at(head)
        return paths == self.plan.files.keys() and all(there.read(p) == new for p, (_, new) in self.plan.files.items())

    def _supersedes(self, one: _Open) -> bool:
        """Tell whether the change leaves nothing to another pull request: on top of it, the files come out the same."""
        if not one.is_ours or one.plan is None:
            return False
        there, files = self.door.at(one.head), one.plan.files
        return all(_after(files, there, path) == _after(self.plan.files, self.main, path) for path in one.paths)

    def _foreseen(self, mine: _Open | None, stale: list[_Open]) -> Proposed:
        numbers = tuple(one.pull.number for one in stale)
        if mine is None:
            return Proposed(None, None, self.name, "opened", numbers)
        is_so = self._holds(mine) and describe.described(mine.pull.body) == mine.head
        return Proposed(mine.pull.number, mine.pull.url, self.name, "unchanged" if is_so else "updated", numbers)

    # --- the branch -----------------------------------------------------------------------------------

    def _settle(self, mine: _Open | None, head: str | None) -> tuple[str, Proof, str | None]:
        """Bring the branch to hold the change; return its newest commit, the proof of it all, and our commit if any."""
        if head is None or self.door.is_ancestor(head, self.main.sha):
            return self._push_anew(over=head or "")
        is_ours = topic.is_ours(self.door, head)
        if is_ours:
            is_same = self._says_the_same(head, self._paths(head, is_ours=True))
            return (head, self.proof, None) if is_same else self._push_anew(over=head)
        if mine is not None and mine.plan is not None and not mine.plan.files:
            return head, self._whole(head, is_ours=False), None
        return self._push_on_top(head)

    def _push_anew(self, *, over: str) -> tuple[str, Proof, str]:
        contents = {path: new for path, (_, new) in self.plan.files.items()}
        text = topic.sealed(message(self.plan), self.main.sha, contents)
        commit = self.door.commit_on(self.main, contents, text, self.ground.at)
        topic.push(self.target.other(self.name), commit, over=over)
        return commit, self.proof, commit

    def _push_on_top(self, head: str) -> tuple[str, Proof, str]:
        """Commit on top of others' commits, which stay; what is proved is what the branch then is."""
        there = self.door.at(head)
        tree = Tree(there)
        plan = self.intent.plan(self.ground.proposed(tree))
        prove(tree, plan, self.renderer)
        contents = {path: new for path, (_, new) in plan.files.items()}
        commit = self.door.commit_on(there, contents, message(plan), self.ground.at)
        topic.push(self.target.other(self.name), commit)
        return commit, self._whole(commit, is_ours=False), commit

    def _whole(self, head: str, *, is_ours: bool) -> Proof:
        """Return what a branch changes in the render of the plan's folders, whoever made its commits."""
        base = self.door.at(self._base(head, is_ours=is_ours))
        return compared(Tree(base), Tree(self.door.at(head)), self.proof.folders, self.renderer)

    # --- the forge ------------------------------------------------------------------------------------

    def _tell(self, pull: PullRequest | None, head: str, proof: Proof, title: str) -> Proposed:
        """Give the branch its pull request; one that describes this very commit is left alone, with others' edits."""
        if pull is not None and describe.described(pull.body) == head:
            return Proposed(pull.number, pull.url, self.name, "unchanged")
        self._still(head)
        title = describe.title(title)
        body = describe.body(proof, head, self.target.name, self.name, self.forge.link)
        if pull is None:
            try:
                made = self.forge.open(self.name, self.target.name, title, body)
            except AlreadyOpen as error:
                raise LostRace(f"another run opened the pull request of {self.name}") from error
        else:
            made = pull
            self.forge.update(pull.number, title, body)
        self._still(head)
        return Proposed(made.number, made.url, self.name, "updated" if pull else "opened")

    def _still(self, head: str) -> None:
        """Hold that nobody else pushed: else the words would be of another commit."""
        if self.target.other(self.name).now() != head:
            raise LostRace(f"another run pushed to {self.name}")

    def _close(self, one: _Open, by: str) -> bool:
        """Close what is superseded and take its branch away, unless it moved on in the meantime."""
        branch = self.target.other(one.pull.branch)
        if branch.now() != one.head:
            return False
        self.forge.comment(one.pull.number, f"Superseded by {by}")
        self.forge.close(one.pull.number)
        with suppress(LostRace, BosError):  # a branch that stays does no harm
            branch.push("", over=one.head)
        return True


def _after(files: Files, source: Source, path: str) -> bytes | None:
    return files[path][1] if path in files else source.read(path)

"""Wait until applications are live, and end at once when one can't come to be."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bos_tools import watching
from bos_tools.delivery.causes import one_line
from bos_tools.delivery.compare import differs
from bos_tools.delivery.parts import is_chart
from bos_tools.delivery.ports import Application, Events, Heard, Watched
from bos_tools.delivery.verdict import State, Verdict, Wanted, judge, short
from bos_tools.errors import OutsideError, Refused
from bos_tools.watching import Deadline

AGAIN = 2.0
"""Seconds after which what has not moved is looked at again: Argo CD's own times have no fractions."""
LISTEN = 0.25
"""Seconds to listen before a look at the clock."""
GRACE = 10.0
"""Seconds for which an application that does not work must go on not to work: a pod may just be starting anew."""

FLICKER = frozenset({"paused", "wipes-out", "old-operation"})
"""Reasons of what is held that a sync which is just ending shows for a moment."""
FINAL = frozenset({"unauthorized", "untrusted", "no-tls", "bad-answer"})
"""Reasons for which Argo CD answers nothing that another try would mend.

A refusal is none: whoever saw an application before may see it, and Argo CD refuses what it can't read for the moment.
"""

ABSENT = Verdict(State.waiting, "not there yet")
UNSEEN = Verdict(State.waiting, "Argo CD has not looked at Git yet")


@dataclass(frozen=True)
class Seen:
    """An application as it was seen last."""

    name: str
    project: str
    app: Application | None = None
    verdict: Verdict = ABSENT
    is_fresh: bool = False
    """Argo CD has looked at Git since the wait began: what was known before does not count."""
    doubted: tuple[str, float] | None = None
    """The version at which it first looked failed, and when: a second look decides."""


Show = Callable[[list[Seen]], None]


@dataclass(frozen=True)
class Aim:
    """What is waited for, and until when."""

    names: Mapping[str, str]
    """The projects of the applications, by name."""
    selector: str
    deadline: Deadline
    wanted: Wanted = lambda _: True
    commit: str = ""
    """The commit, for words; nothing for whatever Argo CD sees."""
    is_patient: bool = False
    """Argo CD may use up its retries."""
    confirm: Callable[[Application], None] | None = None
    """Confirms what a sync waits to delete; without it such a wait ends."""
    root: tuple[str, str] = ("", "")
    """Name and project of the application that makes the others: it looks with them, and its health is theirs."""
    help: str = ""
    """The command that says more."""

    @property
    def what(self) -> str:
        """Return what is waited for, in words."""
        many = next(iter(self.names)) if len(self.names) == 1 else f"{len(self.names)} applications"
        return f"{many} to be live{f' at {short(self.commit)}' if self.commit else ''}"


class Wait:
    """One wait for some applications."""

    def __init__(self, client: Watched, aim: Aim, *, show: Show = lambda _: None) -> None:
        self._client, self._aim, self._show = client, aim, show
        self._seen = {name: Seen(name, project) for name, project in aim.names.items()}
        self._looked: dict[str, str] = {}
        self._again = 0.0
        self._sees_root = False
        """Not every account may."""

    def run(self) -> list[Seen]:
        """Return all of them, live.

        Raises OutsideError when one fails or the time is up, Refused when one is held back by a policy.
        """
        aim, root, its_project = self._aim, *self._aim.root
        projects = sorted({*aim.names.values(), *([its_project] if its_project else [])})
        with (
            watching.busy(aim.what, aim.deadline.left),
            self._client.watch(projects, aim.selector) as events,
        ):
            for app in self._listed(projects):
                self._note(app)
                self._sees_root |= app.name == root
                if app.name in self._seen or app.name == root:
                    events.look(app.name, app.project)
            self._looked = self._waiting()
            self._again = time.monotonic() + AGAIN
            watching.watch(
                lambda: self._hear(events),
                lambda _: self._is_done(),
                lambda _: None,
                timeout=aim.deadline.left,
                every=0,
            )
        if not self._is_done():
            raise self._too_late()
        return list(self._seen.values())

    def _listed(self, projects: list[str]) -> Sequence[Application]:
        """Return the applications as they are, whatever is in the way at first."""
        while True:
            try:
                return self._client.applications(projects, self._aim.selector)
            except OutsideError as error:
                if error.reason in (*FINAL, "forbidden") or not self._aim.deadline.left:
                    raise
                time.sleep(min(AGAIN, self._aim.deadline.left))

    def _hear(self, events: Events) -> None:
        """Hear what changes, and ask now and then for what does not."""
        if self._is_done():
            return
        heard = events.next(min(LISTEN, self._aim.deadline.left))
        if heard is not None:
            self._take(heard, events)
        if time.monotonic() > self._again:
            self._look_again(events)
            self._again = time.monotonic() + AGAIN

    def _is_done(self) -> bool:
        return all(one.verdict.state is State.live for one in self._seen.values())

    def _note(self, app: Application) -> None:
        """Take an application as it was before Argo CD looked."""
        if (known := self._seen.get(app.name)) is not None:
            verdict = judge(app, lambda _: True, is_patient=True)
            held = verdict if verdict.reason == "skip-reconcile" else UNSEEN
            self._seen[app.name] = replace(known, app=app, verdict=held)
            if held.state is State.held:
                raise self._held(self._seen[app.name])

    def _look_again(self, events: Events) -> None:
        """Ask for what the stream does not tell: an application that did not move, and a closed window."""
        before, self._looked = self._looked, self._waiting()
        late = [self._seen[name] for name in self._looked]
        still = [one for one in late if one.doubted is not None or before.get(one.name) == self._looked[one.name]]
        for one in still:
            self._look_closer(one)
            events.look(one.name, one.project)
        if self._sees_root and any(one.app is None for one in self._seen.values()):
            events.look(*self._aim.root)

    def _waiting(self) -> dict[str, str]:
        """Return at which version each application that is not live was seen."""
        return {
            one.name: one.app.version for one in self._seen.values() if one.app and one.verdict.state is not State.live
        }

    def _look_closer(self, one: Seen) -> None:
        """Find out what the state of an application does not say: a closed window, and who makes it wait."""
        why = one.verdict.why
        try:
            if why.startswith("OutOfSync"):
                self._look_at_windows(one)
            elif why == "Progressing" and (slow := self._nodes(one, "Progressing")):
                self._seen[one.name] = replace(one, verdict=replace(one.verdict, why=f"Progressing: {slow[0]}"))
                self._show(list(self._seen.values()))
        except OutsideError as error:
            if error.reason in FINAL:
                raise

    def _look_at_windows(self, one: Seen) -> None:
        windows = self._client.windows(one.name, one.project)
        if not windows.let_automatic:
            by_hand = "bos-tools argocd sync does it now, for this window lets people sync"
            raise Refused(
                f"{self._called(one)} is held back: a sync window is closed",
                reason="sync-window",
                hint=by_hand if windows.let_people else windows.help,
            )

    def _take(self, heard: Heard, events: Events) -> None:
        app, known = heard.app, self._seen.get(heard.app.name)
        if known is None:
            return
        if heard.is_gone:
            self._seen[app.name] = Seen(known.name, known.project)
            return
        if known.app is None and not heard.is_answer:  # the root made it, or the server has just started
            events.look(app.name, app.project)
        known = replace(known, app=app, is_fresh=known.is_fresh or heard.is_answer)
        known = self._doubted(replace(known, verdict=self._judged(app, known)), events)
        if known.verdict.reason == "prune-confirmation" and self._aim.confirm is not None:
            self._aim.confirm(app)
            known = replace(known, verdict=Verdict(State.waiting, f"confirmed: {known.verdict.why}"))
        self._seen[app.name] = known
        if known.verdict.state is State.held:
            raise self._held(known)
        if known.verdict.state is State.failed:
            raise self._failure(known)
        self._show(list(self._seen.values()))

    def _judged(self, app: Application, known: Seen) -> Verdict:
        wanted = (lambda _: True) if is_chart(app) else self._aim.wanted
        verdict = judge(app, wanted, is_patient=self._aim.is_patient)
        if not known.is_fresh and verdict.reason != "skip-reconcile":
            return UNSEEN
        if verdict.state is State.unproven or (verdict.state is State.live and known.verdict.state is not State.live):
            verdict = self._proved(known)
        if app.name == self._aim.root[0] and verdict.reason == "degraded":
            verdict = replace(verdict, state=State.waiting)
        return verdict

    def _doubted(self, one: Seen, events: Events) -> Seen:
        """Return it as waiting when it looks failed for the first time: a second look must show the same."""
        is_bad = one.verdict.state is State.failed or one.verdict.reason in FLICKER
        if not is_bad or one.app is None:
            return replace(one, doubted=None)
        if one.doubted is None:
            events.look(one.name, one.project)
        version, since = one.doubted or (one.app.version, time.monotonic())
        is_young = one.verdict.reason == "degraded" and time.monotonic() - since < GRACE
        if one.app.version == version or is_young:
            return replace(one, doubted=(version, since), verdict=replace(one.verdict, state=State.waiting))
        return one

    def _proved(self, one: Seen) -> Verdict:
        """Compare the objects with what Git wants, so that a Synced that lies is found out."""
        try:
            managed = self._client.managed(one.name, one.project)
        except OutsideError as error:
            if error.reason in FINAL:
                raise
            return Verdict(State.waiting, f"for now: {error.message}")
        if not managed and one.app is not None and one.app.status.resources:
            return Verdict(State.waiting, "Argo CD has forgotten what it compared")
        found = differs(managed)
        return Verdict(State.live) if not found else Verdict(State.waiting, f"not applied: {found[0]}")

    def _held(self, one: Seen) -> Refused:
        return Refused(
            f"{self._called(one)} is held: {one.verdict.why}", reason=one.verdict.reason, hint=one.verdict.hint
        )

    def _failure(self, one: Seen) -> OutsideError:
        why = one.verdict.why
        if one.verdict.reason == "degraded":
            sick = self._nodes(one, "Degraded")
            why = f"Degraded: {sick[0]}" if sick else why
        return OutsideError(f"{self._called(one)} failed: {why}", reason="sync-failed", hint=one.verdict.hint)

    def _called(self, one: Seen) -> str:
        """Return an application with the commit that its verdict is about."""
        revision = one.app.status.sync.revision if one.app else ""
        at = self._aim.commit or revision
        return f"{one.name} at {short(at)}" if at else one.name

    def _nodes(self, one: Seen, health: str) -> list[str]:
        """Return the objects of an application that are in some health, with what they say."""
        return [
            f"{node.id}: {one_line(node.health.message) or health}"
            for node in self._client.nodes(one.name, one.project)
            if node.health is not None and node.health.status == health
        ]

    def _too_late(self) -> OutsideError:
        late = [one for one in self._seen.values() if one.verdict.state is not State.live]
        late.sort(key=lambda one: (one.name == self._aim.root[0], one.verdict.why == "Progressing"))
        said = "; ".join(f"{one.name} ({one.verdict.why or one.verdict.state})" for one in late[:3])
        more = f" and {len(late) - 3} more" if len(late) > 3 else ""
        at = f" at {short(self._aim.commit)}" if self._aim.commit else ""
        return OutsideError(
            f"not live{at} within {self._aim.deadline.seconds:.0f} s: {said}{more}",
            reason="timeout",
            hint=f"--timeout waits longer{f'; {self._aim.help} says more' if self._aim.help else ''}",
        )

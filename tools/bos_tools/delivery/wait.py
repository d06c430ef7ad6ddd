"""Wait until applications are live, and end at once when one can't come to be."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bos_tools import watching
from bos_tools.delivery.compare import differs
from bos_tools.delivery.ports import Application, Events, Watched
from bos_tools.delivery.verdict import State, Verdict, Wanted, judge, one_line
from bos_tools.errors import OutsideError, Refused

AGAIN = 2.0
"""Seconds after which what has not moved is looked at again: Argo CD's own times have no fractions."""
LISTEN = 0.25
"""Seconds to listen before a look at the clock."""


ABSENT = Verdict(State.waiting, "not there yet")


@dataclass(frozen=True)
class Seen:
    """An application as it was seen last."""

    name: str
    project: str
    app: Application | None = None
    verdict: Verdict = ABSENT
    since: datetime | None = None
    """When it was reconciled last before the wait."""


Show = Callable[[list[Seen]], None]


class Wait:
    """One wait for some applications, by name and project."""

    def __init__(
        self,
        client: Watched,
        names: Mapping[str, str],
        *,
        wanted: Wanted,
        selector: str,
        timeout: float,
        is_patient: bool = False,
        parent: str = "",
        show: Show = lambda _: None,
    ) -> None:
        self._client, self._wanted, self._selector = client, wanted, selector
        self._seen = {name: Seen(name, project) for name, project in names.items()}
        self._parent = parent
        """The application that makes the others: its health is theirs, and they say why."""
        self._looked: dict[str, str] = {}
        self._again = 0.0
        self._timeout, self._is_patient, self._show = timeout, is_patient, show

    def run(self) -> list[Seen]:
        """Return all of them, live.

        Raises OutsideError when one fails or the time is up, Refused when one is held back by a policy.
        """
        projects = sorted({one.project for one in self._seen.values()})
        for app in self._client.applications(projects, self._selector):
            if app.name in self._seen:
                self._seen[app.name] = replace(self._seen[app.name], since=app.status.reconciled_at)
        with self._client.watch(projects, self._selector) as events:
            self._refresh(one for one in self._seen.values() if one.since is not None)
            self._looked = self._waiting()
            self._again = time.monotonic() + AGAIN
            if not self._is_done():
                watching.watch(
                    lambda: self._hear(events),
                    lambda _: self._is_done(),
                    lambda _: None,
                    timeout=self._timeout,
                    every=0,
                )
        if not self._is_done():
            raise self._too_late()
        return list(self._seen.values())

    def _hear(self, events: Events) -> None:
        """Hear at most a second long what changes, and ask now and then for what does not."""
        event = events.next(LISTEN)
        if event is not None:
            self._take(event)
        if time.monotonic() > self._again:
            self._look_again()
            self._again = time.monotonic() + AGAIN

    def _is_done(self) -> bool:
        return all(one.verdict.state is State.live for one in self._seen.values())

    def _refresh(self, some: Iterable[Seen]) -> None:
        """Make Argo CD look at Git now; its answer is the newest state."""
        for found in self._client.refreshed({one.name: one.project for one in some}):
            self._take(found)

    def _look_again(self) -> None:
        """Ask for what the stream does not tell: an application that did not move, and a closed window."""
        before, self._looked = self._looked, self._waiting()
        still = [self._seen[name] for name, version in self._looked.items() if before.get(name) == version]
        for one in still:
            if one.verdict.why.startswith("OutOfSync"):
                self._look_at_windows(one)
        self._refresh(still)

    def _waiting(self) -> dict[str, str]:
        """Return at which version each application that is not live was seen."""
        return {
            one.name: one.app.version for one in self._seen.values() if one.app and one.verdict.state is not State.live
        }

    def _look_at_windows(self, one: Seen) -> None:
        windows = self._client.windows(one.name, one.project)
        if not windows.let_automatic:
            by_hand = "bos-tools argocd sync does it now, for this window lets people sync"
            raise Refused(
                f"{one.name} is held back: a sync window is closed",
                reason="sync-window",
                hint=by_hand if windows.let_people else windows.help,
            )

    def _take(self, app: Application) -> None:
        known = self._seen.get(app.name)
        if known is None:
            return
        verdict = judge(app, self._wanted, since=known.since, is_patient=self._is_patient)
        if verdict.state is State.unproven or (verdict.state is State.live and known.verdict.state is not State.live):
            verdict = self._proved(known)
        if app.name == self._parent and verdict.why.startswith("Degraded"):
            verdict = replace(verdict, state=State.waiting)
        self._seen[app.name] = replace(known, app=app, verdict=verdict)
        self._show(list(self._seen.values()))
        if verdict.state is State.failed:
            raise self._failure(self._seen[app.name])
        if verdict.state is State.held:
            raise Refused(f"{app.name} is held: {verdict.why}", reason="prune-confirmation", hint=verdict.hint)

    def _proved(self, one: Seen) -> Verdict:
        """Compare the objects with what Git wants, so that a Synced that lies is found out."""
        found = differs(self._client.managed(one.name, one.project))
        return Verdict(State.live) if not found else Verdict(State.waiting, f"not applied: {found[0]}")

    def _failure(self, one: Seen) -> OutsideError:
        why = one.verdict.why
        if why.startswith("Degraded"):
            sick = self._nodes(one, "Degraded")
            why = f"Degraded: {sick[0]}" if sick else why
        return OutsideError(f"{one.name} failed: {why}", reason="sync-failed", hint=one.verdict.hint)

    def _nodes(self, one: Seen, health: str) -> list[str]:
        """Return the objects of an application that are in some health, with what they say."""
        return [
            f"{node.id}: {one_line(node.health.message) or health}"
            for node in self._client.nodes(one.name, one.project)
            if node.health is not None and node.health.status == health
        ]

    def _why_late(self, one: Seen) -> str:
        found = self._nodes(one, "Progressing") if one.verdict.why == "Progressing" else []
        return found[0] if found else one.verdict.why or str(one.verdict.state)

    def _too_late(self) -> OutsideError:
        late = [one for one in self._seen.values() if one.verdict.state is not State.live]
        late.sort(key=lambda one: (one.name == self._parent, one.verdict.why == "Progressing"))
        said = "; ".join(f"{one.name} ({self._why_late(one)})" for one in late[:3])
        more = f" and {len(late) - 3} more" if len(late) > 3 else ""
        return OutsideError(
            f"not live within {self._timeout:.0f} s: {said}{more}",
            reason="timeout",
            hint="bos-tools argocd status --env ENV says why; --timeout waits longer",
        )

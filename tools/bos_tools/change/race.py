"""Against the writers of other machines: how often to try, how long to wait, when to give up."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Generic, TypeVar

from bos_tools.errors import OutsideError

if TYPE_CHECKING:
    from bos_tools.doors.git import Git
    from bos_tools.doors.remote import Branch
    from bos_tools.doors.tracking import Destination

DEADLINE = 300.0
"""Seconds to keep trying against other writers; 60 of them took a fraction of it (tests/bench)."""
LONGEST_PAUSE = 2.0
UNMOVED_LIMIT = 5
"""Lost races in a row without anybody else's commit: then nobody was faster, and the remote has another trouble."""

Made = TypeVar("Made")


def run(door: "Git", where: "Destination", attempt: Callable[["Branch", "Race[Made]"], Made]) -> Made:
    """Return what an attempt against a remote branch makes; one that loses a race is made again from the fetch.

    Raises OutsideError after the deadline.
    """
    from bos_tools.doors import remote as remotes

    with ExitStack() as held:
        held.callback(door.close)
        target = held.enter_context(remotes.fetched(door, where.remote, where.branch))
        race = Race[Made](target.name)
        while True:
            race.begin()
            try:
                return attempt(target, race)
            except remotes.LostRace as lost:
                race.lost(lost.said)
            if race.tries == 1:
                # the first try is free; who lost stands in line on this machine
                held.enter_context(target.queue(race.left / 2))
            else:
                race.pause()


class Race(Generic[Made]):
    """The tries so far, and what they say of the next one."""

    def __init__(self, branch: str) -> None:
        self.branch = branch
        self.tries = 0
        self._deadline = time.monotonic() + DEADLINE
        self._began = 0.0
        self._took = 0.0
        self._head = ""
        self._unmoved = 0
        self._sent: dict[str, Made] = {}
        """Each commit that was pushed and not said to have landed, and what it would have done."""

    @property
    def left(self) -> float:
        """Return the seconds that are left for more tries."""
        return max(0.0, self._deadline - time.monotonic())

    def begin(self) -> None:
        """Begin a try."""
        self.tries += 1
        self._began = time.monotonic()

    def see(self, head: str) -> None:
        """Note the branch's head, by which the last loss was a race or was none."""
        self._unmoved = self._unmoved + 1 if head == self._head else 0
        self._head = head

    def sends(self, commit: str, outcome: Made) -> None:
        """Note a commit that is about to be pushed: its answer may be lost, or wrong."""
        self._sent[commit] = outcome

    def landed(self, door: "Git", head: str) -> Made | None:
        """Return what a push of ours did that came through in spite of its answer, None for none."""
        return next((self._sent[sha] for sha in self._sent if sha == head or door.is_ancestor(sha, head)), None)

    def lost(self, said: str) -> None:
        """Note a lost race; raises OutsideError when another try would be in vain."""
        now = time.monotonic()
        self._took = now - self._began
        if self._unmoved >= UNMOVED_LIMIT:
            raise OutsideError(
                f"the remote does not take the push to {self.branch}, though nobody else pushed: {said}",
                reason="push-failed",
            )
        if now > self._deadline:
            raise OutsideError(
                f"other writers were faster {self.tries} times: {self.branch}", reason="race-lost", hint="run it again"
            )

    def pause(self) -> None:
        """Wait for a random part of a time that grows with every loss, in the measure of what a try takes."""
        import random

        time.sleep(random.uniform(0, min(LONGEST_PAUSE, self._took * 2 ** min(self.tries - 2, 4))))  # noqa: S311 -- jitter

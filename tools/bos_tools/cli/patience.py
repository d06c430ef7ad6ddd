"""No silence: what the program waits for is said once it has waited for two seconds, and until when at most."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Self

from bos_tools import watching

SILENCE = 2.0
"""Seconds without a word."""
REMINDER = 60.0
"""Seconds after which the same is said again: a log that stands still looks dead."""
LOOK_EVERY = 0.5


class Patience:
    """Says on what the program waits, as long as it is a context."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._ended = Event()
        self._said: dict[str, tuple[str, float]] = {}
        """What was said of each thing that is waited for: what is in the way, and when."""

    def __enter__(self) -> Self:
        Thread(target=self._run, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(LOOK_EVERY):
            self.look()

    def look(self) -> None:
        """Say what has been waited for long enough and was not said yet."""
        now = time.monotonic()
        for one in watching.waits():
            why, at = self._said.get(one.what, ("", -REMINDER))
            is_new = one.what not in self._said or one.why != why
            if now - one.since >= SILENCE and (is_new or now - at >= REMINDER) and not self._ended.is_set():
                self._said[one.what] = (one.why, now)
                self._say(line(one, now))


def line(one: watching.Busy, now: float) -> str:
    """Return what is said of something that is waited for."""
    until = datetime.now().astimezone() + timedelta(seconds=one.until - now)
    return f"waiting for {one.what}, until {until:%H:%M:%S} at most{': ' if one.why else ''}{one.why}"

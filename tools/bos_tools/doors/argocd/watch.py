"""Applications as they change: a stream in the background that goes on where it broke."""

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, Self

from bos_tools.doors.argocd.faults import StaleVersion, may_retry, translated
from bos_tools.doors.argocd.models import Application
from bos_tools.doors.failures import HttpFailed, Unreachable
from bos_tools.errors import BosError, OutsideError

LONGEST_PAUSE = 5.0
PATIENCE = 60.0
"""Seconds without any answer before the watch is given up."""


class Streams(Protocol):
    """What can be streamed from."""

    def stream(
        self, projects: Sequence[str], selector: str, version: str = ""
    ) -> AbstractContextManager[Iterator[dict[str, Any]]]:
        """Lend the events of applications, from a version on; raises StaleVersion for one that is too old."""

    def interrupt(self) -> None:
        """End the stream that another thread reads."""


class Watch:
    """The applications of some projects; use it as a context."""

    def __init__(
        self, client: Streams, projects: Sequence[str], selector: str, *, pause: float = 0.5, patience: float = PATIENCE
    ) -> None:
        self._client, self._projects, self._selector = client, projects, selector
        self._pause, self._patience = pause, patience
        self._events: queue.Queue[Application | BosError] = queue.Queue()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._client.interrupt()
        self._thread.join(timeout=LONGEST_PAUSE)

    def next(self, timeout: float) -> Application | None:
        """Return the next change, None when none comes in time; raises what ended the stream for good."""
        try:
            found = self._events.get(timeout=max(timeout, 0.0))
        except queue.Empty:
            return None
        if isinstance(found, BosError):
            raise found
        return found

    def _run(self) -> None:
        version, silent_since, pause = "", time.monotonic(), self._pause
        while not self._ended.is_set():
            try:
                with self._client.stream(self._projects, self._selector, version) as events:
                    for event in events:
                        app = Application.model_validate(event.get("application") or {"metadata": {}})
                        version, silent_since, pause = app.version or version, time.monotonic(), self._pause
                        if event.get("type") != "DELETED":
                            self._events.put(app)
                        if self._ended.is_set():
                            return
                silent_since = time.monotonic()  # the server ends a stream now and then
            except StaleVersion:
                version = ""
            except (HttpFailed, Unreachable, OutsideError, ValueError) as error:
                if (told := self._final(error)) or time.monotonic() - silent_since > self._patience:
                    self._events.put(told or _outside(error))
                    return
            self._ended.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    @staticmethod
    def _final(error: Exception) -> BosError | None:
        """Return what no other try will mend, None for what may."""
        if isinstance(error, HttpFailed):
            return None if may_retry(error) or error.status >= 500 else translated("for a stream", error)
        if isinstance(error, Unreachable) or not isinstance(error, OutsideError) or error.reason == "broken-stream":
            return None
        return error


def _outside(error: Exception) -> BosError:
    if isinstance(error, BosError):
        return error
    return OutsideError(f"Argo CD's stream can't be read: {error}", reason="broken-stream")

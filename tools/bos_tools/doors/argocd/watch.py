"""Applications as they change: a stream in the background that goes on where it broke, and looks that are asked for."""

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, Self

from bos_tools.doors.argocd.faults import StaleVersion, may_retry, translated
from bos_tools.doors.argocd.models import Application
from bos_tools.doors.failures import HttpFailed, Unreachable
from bos_tools.errors import BosError, OutsideError

LONGEST_PAUSE = 5.0
LEAVE = 0.5
"""Seconds for the background to end: it holds nothing that anybody needs afterwards."""
LOST = frozenset({
    "not-looked", "forbidden", "unreachable", "argocd-unavailable", "argocd-failed", "too-many-requests", "conflict",
    "broken-stream",
})  # fmt: skip
"""Reasons for which a look is worth another one.

So is a refusal: Argo CD says that it does not permit what it can't read, as while the API server is away (seen on 3.5).
"""


@dataclass(frozen=True)
class Heard:
    """An application as it is now."""

    app: Application
    is_answer: bool = False
    """Argo CD has looked at Git since it was asked to."""
    is_gone: bool = False


SICK = range(500, 600)


class Source(Protocol):
    """What is watched."""

    def stream(
        self, projects: Sequence[str], selector: str, version: str = ""
    ) -> AbstractContextManager[Iterator[dict[str, Any]]]:
        """Lend the events of applications, from a version on; raises StaleVersion for one that is too old."""

    def refreshed(self, name: str, project: str) -> Application | None:
        """Return an application after Argo CD has looked at Git again, None where there is none."""

    def interrupt(self) -> None:
        """End the stream that another thread reads."""


class Watch:
    """The applications of some projects; use it as a context. It never gives up: whoever waits has a deadline."""

    def __init__(self, client: Source, projects: Sequence[str], selector: str, *, pause: float = 0.5) -> None:
        self._client, self._projects, self._selector = client, projects, selector
        self._pause = pause
        self._events: queue.Queue[Heard | BosError] = queue.Queue()
        self._ended = threading.Event()
        self._asked: set[str] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._client.interrupt()
        self._thread.join(timeout=LEAVE)

    def next(self, timeout: float) -> Heard | None:
        """Return the next change, None when none comes in time; raises what no other try will mend."""
        try:
            found = self._events.get(timeout=max(timeout, 0.0))
        except queue.Empty:
            return None
        if isinstance(found, BosError):
            raise found
        return found

    def look(self, name: str, project: str) -> None:
        """Make Argo CD look at Git now; its answer is heard like a change.  One look an application at a time."""
        if name not in self._asked:
            self._asked.add(name)
            threading.Thread(target=self._look, args=(name, project), daemon=True).start()

    def _look(self, name: str, project: str) -> None:
        try:
            app = self._client.refreshed(name, project)
        except BosError as error:
            if error.reason not in LOST:
                self._events.put(error)
            self._ended.wait(self._pause)
        except Exception as error:  # a thread has nobody else to tell; after the end nobody asks
            self._events.put(_outside(error))
        else:
            if app is not None:
                self._events.put(Heard(app, is_answer=True))
        finally:
            self._asked.discard(name)

    def _run(self) -> None:
        version, pause = "", self._pause
        while not self._ended.is_set():
            try:
                with self._client.stream(self._projects, self._selector, version) as events:
                    for event in events:
                        app = Application.model_validate(event.get("application") or {"metadata": {}})
                        version, pause = app.version or version, self._pause
                        self._events.put(Heard(app, is_gone=event.get("type") == "DELETED"))
                        if self._ended.is_set():
                            return
            except StaleVersion:
                version = ""
            except (HttpFailed, Unreachable, OutsideError, ValueError) as error:
                if told := self._final(error):
                    self._events.put(told)
                    return
            except Exception as error:
                self._events.put(_outside(error))
                return
            self._ended.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    @staticmethod
    def _final(error: Exception) -> BosError | None:
        """Return what no other try will mend, None for what may."""
        if isinstance(error, HttpFailed):
            return None if may_retry(error) or error.status in (403, *SICK) else translated("for a stream", error)
        if isinstance(error, Unreachable) or not isinstance(error, OutsideError) or error.reason in LOST:
            return None
        return error


def _outside(error: Exception) -> BosError:
    if isinstance(error, BosError):
        return error
    return OutsideError(f"Argo CD's stream can't be read: {error}", reason="broken-stream")

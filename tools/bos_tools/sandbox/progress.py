"""How far the builds of a sandbox's programs have come."""

import time
from collections.abc import Callable, Sequence

from bos_tools.doors import parallel
from bos_tools.sandbox.modules import Module

Tell = Callable[[str], None]
"""Told what is going on, line by line."""
PASSING = "building: "
"""A line that begins so tells how far it has come; the next line takes its place where a line can be taken back."""


class Progress:
    """How far the builds have come, in one line for all."""

    def __init__(self, expected: float, tell: Tell) -> None:
        self._expected = expected
        self._tell = tell
        self._now: dict[str, str] = {}
        self._started = time.monotonic()

    def begin(self, missing: Sequence[Module], modules: Sequence[Module]) -> None:
        """Tell what is built, and how long it will take."""
        what = ", ".join(f"{module.name} {module.version}" for module in missing)
        about = f"about {spell(self._expected)} on {parallel.cores()} idle cores"
        self._tell(f"{len(missing)} of {len(modules)} modules are built first, once, {about}: {what}")

    def say(self, module: Module, now: str) -> None:
        """Tell how far one module is, with the others."""
        self._now[module.name] = now
        spent = f"{spell(time.monotonic() - self._started)} of about {spell(self._expected)}"
        self._tell(f"{PASSING}{spent}; " + ", ".join(f"{name} {now}" for name, now in list(self._now.items())))

    def end(self, module: Module) -> None:
        """Tell that a module is finished."""
        self._now.pop(module.name, None)
        self._tell(f"built after {spell(time.monotonic() - self._started)}: {module.name} {module.version}")

    def downloads(self, module: Module) -> Tell:
        """Return what hears the lines of a listing, which loads what is not there yet."""
        count = 0

        def hear(line: str) -> None:
            nonlocal count
            if line.startswith("go: downloading "):
                count += 1
                self.say(module, f"has loaded {count} modules")

        return hear

    def packages(self, module: Module, total: int) -> Tell:
        """Return what hears the lines of a build: what is in Go's own cache is not named."""
        count = 0
        self.say(module, f"compiles {total} packages")

        def hear(line: str) -> None:
            nonlocal count
            if not line.startswith(("go:", "#")):
                count = min(count + 1, total)
                self.say(module, f"{count}/{total} packages")

        return hear


def spell(seconds: float) -> str:
    """Return a duration as a person says it."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"

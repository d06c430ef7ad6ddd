"""Build the sandbox's programs: two modules at a time, and what is needed first goes first."""

import os
import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from types import TracebackType
from typing import Self

from bos_tools.doors import private, process
from bos_tools.errors import OutsideError
from bos_tools.sandbox.binaries import Binaries
from bos_tools.sandbox.compiler import COLLECTING, Compiler, Go
from bos_tools.sandbox.modules import GO, Module
from bos_tools.sandbox.progress import Progress, Tell

WIDTH = 2
"""Modules at a time: while one is linked by one core, the other compiles."""
POLITE = ("nice", "-n", "10")
"""How the later modules are built: the first one and the cluster that runs by then come first."""


class Build:
    """The builds that some modules still need, under way from `with` on; what is left of them ends with it."""

    def __init__(self, binaries: Binaries, modules: Sequence[Module], tell: Tell) -> None:
        """Look what is missing.

        Raises OutsideError when something must be built and Go is missing.
        """
        self.binaries = binaries
        self.modules = list(modules)
        self.missing = binaries.missing(modules)
        self._progress = Progress(binaries.seconds(self.missing), tell)
        self._built: dict[str, Future[None]] = {module.name: Future() for module in self.missing}
        self._waiting = list(enumerate(self.missing))
        self._running: set[int] = set()
        self._turn = threading.Lock()
        self._ended = False
        if self.missing and shutil.which("go") is None:
            raise OutsideError(
                f"go is missing, which builds the sandbox once: {', '.join(m.name for m in self.missing)}",
                reason="program-missing",
                hint="https://go.dev/doc/install: 1.21 or newer, which fetches the version that it needs",
            )

    @property
    def is_under_way(self) -> bool:
        """Tell whether something is not built yet."""
        return not all(future.done() for future in self._built.values())

    def __enter__(self) -> Self:
        if self.missing:
            self._progress.begin(self.missing, self.modules)
        for _ in range(min(WIDTH, len(self.missing))):
            threading.Thread(target=self._work, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with self._turn:
            self._ended = True
            for group in self._running:
                process.kill_group(group)
        for future in self._built.values():
            future.cancel()  # whoever waits for it need not wait any longer

    def wait(self, *modules: Module) -> None:
        """Return when these modules are built.

        Raises OutsideError for a build that fails; a killed one leaves nothing that counts as finished.
        """
        for module in modules or self.modules:
            if module.name in self._built:
                self._built[module.name].result()

    def _work(self) -> None:
        while not self._ended:
            with self._turn:
                if not self._waiting:
                    return
                place, module = self._waiting.pop(0)
            with suppress(InvalidStateError):  # nobody waits for it any longer
                try:
                    self._build(module, POLITE if place else ())
                except BaseException as error:  # raised again by `wait`, in the thread that asked
                    self._built[module.name].set_exception(error)
                else:
                    self._built[module.name].set_result(None)

    def _build(self, module: Module, polite: Sequence[str]) -> None:
        store = self.binaries.store
        turns = store / ".turns" / module.name
        turns.mkdir(parents=True, exist_ok=True, mode=0o700)
        waits = "waits for another run that builds it"
        with private.lock(turns, waiting=lambda: self._progress.say(module, waits), patience=None) as held:
            entry = self.binaries.entry(module)
            if entry.is_dir():
                self._progress.end(module)
                return
            made = store / f".{module.name}.new"
            shutil.rmtree(made, ignore_errors=True)  # of a build that was killed
            made.mkdir()
            try:
                compiler = Compiler(module, module.folder(self.binaries.root), made)
                work = compiler.programs(self._go(compiler, held), polite)
                compiler.sources()
                os.rename(made, entry)
            finally:
                shutil.rmtree(made, ignore_errors=True)
        with self._turn:
            self.binaries.remember(module, work)
        self._progress.end(module)

    def _go(self, compiler: Compiler, held: int) -> Go:
        module = compiler.module
        env = {**GO, **COLLECTING, **module.env}

        def run(argv: Sequence[str], total: int = 0) -> process.Followed:
            told = self._progress.packages(module, total) if total else self._progress.downloads(module)
            group = 0

            def started(number: int) -> None:
                nonlocal group
                group = number
                with self._turn:
                    self._running.add(group)
                    if self._ended:
                        process.kill_group(group)

            try:
                return process.follow(argv, told, cwd=compiler.folder, env=env, inherit=[held], started=started)
            finally:
                with self._turn:
                    self._running.discard(group)

        return run

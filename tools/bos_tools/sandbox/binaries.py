"""The sandbox's finished programs, kept outside of the work tree under the hash of what they come from."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bos_tools.doors import parallel, private
from bos_tools.sandbox.compiler import SOURCE
from bos_tools.sandbox.modules import Module

TIMES = "processor-seconds.json"
WIDTH = 6
"""Cores beyond these shorten a build little: the linker and the large packages take one each."""


class Binaries:
    """The finished programs of one repository's modules."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = private.cache_folder() / "bin"

    def entry(self, module: Module) -> Path:
        """Return the folder of a module's programs, finished or not."""
        return self.store / module.key(self.root)

    def program(self, module: Module, name: str) -> Path:
        """Return the path of a program."""
        return self.entry(module) / name

    def source(self, module: Module, path: str) -> Path:
        """Return the path of something kept of a module's source."""
        return self.entry(module) / SOURCE / path

    def missing(self, modules: Sequence[Module]) -> list[Module]:
        """Return the modules whose programs are not built yet."""
        return [module for module in modules if not self.entry(module).is_dir()]

    def seconds(self, modules: Sequence[Module]) -> float:
        """Return how long a first build of some modules takes on this machine, if nothing else runs on it."""
        measured = self._measured()
        work = sum(measured.get(module.name, module.minutes * 60) for module in modules)
        return work / min(parallel.cores(), WIDTH)

    def remember(self, module: Module, work: float) -> None:
        """Put down the seconds of one processor that a whole build took."""
        with suppress(OSError):
            temporary = self.store / f".{TIMES}-{os.getpid()}-{module.name}"
            temporary.write_text(json.dumps({**self._measured(), module.name: round(work, 1)}, indent=2))
            os.replace(temporary, self.store / TIMES)

    def _measured(self) -> dict[str, float]:
        with suppress(OSError, ValueError):
            found = json.loads((self.store / TIMES).read_bytes())
            return {str(name): float(seconds) for name, seconds in found.items()}
        return {}

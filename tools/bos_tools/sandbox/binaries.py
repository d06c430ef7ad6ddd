"""Build the sandbox's programs once, and keep them outside of the work tree under the hash of what they come from."""

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from bos_tools.doors import private, process
from bos_tools.errors import CommandFailed, OutsideError
from bos_tools.sandbox.modules import Module

Tell = Callable[[str], None]
"""Told what is going on now, in a line that replaces the last one."""
GO = {"GOFLAGS": "-buildvcs=false", "GOWORK": "off"}
SOURCE = "source"
"""The folder of a finished entry that holds what is kept of the modules' sources."""


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

    def about(self, modules: Sequence[Module]) -> str:
        """Return how long the build of some modules takes, by what it took here the last time."""
        times = self._times()
        return _spell(sum(times.get(module.name, module.minutes * 60) for module in modules))

    def ensure(self, modules: Sequence[Module], tell: Tell) -> None:
        """Build what is missing, one module after the other: each build uses every core.

        Raises OutsideError when Go is missing or a build fails; a killed build leaves nothing that counts as finished.
        """
        missing = self.missing(modules)
        if not missing:
            return
        if shutil.which("go") is None:
            raise OutsideError(
                f"go is missing, which builds the sandbox once: {', '.join(m.name for m in missing)}",
                reason="program-missing",
                hint="https://go.dev/doc/install: 1.21 or newer, which fetches the version that it needs",
            )
        times = self._times()
        tell(f"{len(missing)} of {len(modules)} modules are built first, once: about {self.about(missing)}")
        for number, module in enumerate(missing, 1):
            last = f"the last time took {_spell(times[module.name])}" if module.name in times else ""
            last = last or f"about {_spell(module.minutes * 60)} on two cores"
            self._build(
                module, _Steps(f"building {module.name} {module.version} ({number} of {len(missing)})", last, tell)
            )

    def _build(self, module: Module, steps: "_Steps") -> None:
        turns = self.store / ".turns" / module.name
        turns.mkdir(parents=True, exist_ok=True, mode=0o700)
        with private.lock(turns, waiting=lambda: steps.say("waiting for another run that builds it")) as held:
            entry = self.entry(module)
            if entry.is_dir():
                return
            made = self.store / f".{module.name}.new"
            shutil.rmtree(made, ignore_errors=True)  # of a build that was killed
            made.mkdir()
            try:
                self._compile(module, made, steps, held)
                self._keep_sources(module, made)
                os.rename(made, entry)
            finally:
                shutil.rmtree(made, ignore_errors=True)
        self._remember(module, steps.seconds)

    def _compile(self, module: Module, made: Path, steps: "_Steps", held: int) -> None:
        folder = module.folder(self.root)
        env = {**GO, **module.env}
        packages = list(module.programs.values())
        at = module.flags.index("-tags") if "-tags" in module.flags else len(module.flags)
        tags = module.flags[at : at + 2]
        try:
            # Go names the packages that it compiles, not how many there are.
            listing = ["go", "list", "-deps", *tags, *packages]
            total = process.follow(listing, steps.downloads, cwd=folder, env=env, inherit=[held]).count("\n")
            steps.total = total
            steps.say("compiling")
            for name, package in module.programs.items():
                command = [*module.command, "-v", "-o", str(made / name), package]
                process.follow(command, steps.packages, cwd=folder, env=env, inherit=[held])
        except CommandFailed as failed:
            hint = (
                "apt-get install gcc libc6-dev"
                if "gcc" in failed.stderr
                else "the Go proxy must be reachable for a first build"
            )
            raise OutsideError(
                f"{module.name} can't be built: {' '.join(failed.stderr.split())[-1000:]}",
                reason="build-failed",
                hint=hint,
            ) from failed

    def _keep_sources(self, module: Module, made: Path) -> None:
        for name, paths in module.kept.items():
            found = process.run(["go", "list", "-m", "-f", "{{.Dir}}", name], cwd=module.folder(self.root), env=GO)
            source = Path(found.stdout.decode().strip())
            for path in paths:
                target = made / SOURCE / path
                target.parent.mkdir(parents=True, exist_ok=True)
                if (source / path).is_dir():
                    shutil.copytree(source / path, target, copy_function=shutil.copyfile)
                else:
                    shutil.copyfile(source / path, target)
                    target.chmod(0o755)
        for folder, _, _ in os.walk(made):
            os.chmod(folder, 0o755)  # noqa: S103 -- Go's module cache is read-only; programs are no secret

    def _times(self) -> dict[str, float]:
        with suppress(OSError, ValueError):
            found = json.loads((self.store / "times.json").read_bytes())
            return {str(name): float(seconds) for name, seconds in found.items()}
        return {}

    def _remember(self, module: Module, seconds: float) -> None:
        with suppress(OSError):
            temporary = self.store / f".times-{os.getpid()}"
            temporary.write_text(json.dumps({**self._times(), module.name: round(seconds, 1)}, indent=2))
            os.replace(temporary, self.store / "times.json")


class _Steps:
    """How far one build has come."""

    def __init__(self, what: str, last: str, tell: Tell) -> None:
        self.what = what
        self.last = last
        self.tell = tell
        self.total = 0
        self._started = time.monotonic()
        self._downloaded = 0
        self._compiled = 0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def say(self, now: str) -> None:
        self.tell(f"{self.what}: {now}, {_spell(self.seconds)} so far, {self.last}")

    def downloads(self, line: str) -> None:
        if line.startswith("go: downloading "):
            self._downloaded += 1
            self.say(f"{self._downloaded} modules downloaded")

    def packages(self, line: str) -> None:
        if not line.startswith(("go:", "#")):
            self._compiled = min(self._compiled + 1, self.total)  # what is in Go's own cache is not named
            self.say(f"{self._compiled} of at most {self.total} packages compiled")


def _spell(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"

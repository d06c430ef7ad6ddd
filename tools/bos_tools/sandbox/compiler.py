"""Compile and link the programs of one module, and keep what else is needed of its sources."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bos_tools.doors import process
from bos_tools.errors import CommandFailed, OutsideError
from bos_tools.sandbox.modules import GO, Mend, Module

SOURCE = "source"
"""The folder beside the programs that holds what is kept of the modules' sources."""
MENDED = "mended"
COLLECTING = {"GOGC": "400", "GOMEMLIMIT": "1GiB"}
"""The compiler spends an eighth of its time on its own garbage: it keeps more of it, up to a gigabyte.  Same output."""


class Go(Protocol):
    """Run Go in a module's folder; `total` is how many packages it compiles at most, 0 where it compiles none."""

    def __call__(self, argv: Sequence[str], total: int = 0) -> process.Followed:
        """Run it to its end."""


@dataclass(frozen=True)
class Compiler:
    """The build of one module into a folder that nobody else sees yet."""

    module: Module
    folder: Path
    """Of the module's go.mod."""
    made: Path

    def programs(self, go: Go, polite: Sequence[str] = ()) -> float:
        """Compile and link the programs; return the seconds of one processor that it took.

        Raises OutsideError with what the compiler said.
        """
        try:
            graph = [f"-modfile={self._mended()}"] if self.module.mends else []
            words = [*graph, *self.module.flags]
            packages = list(self.module.programs.values())
            # Go names the packages that it compiles, not how many there are.
            listing = go(["go", "list", "-deps", *words[:-2], *packages])
            target = f"{self.made}/" + (next(iter(self.module.programs)) if len(packages) == 1 else "")
            command = [*polite, "go", "build", *words, "-v", "-o", target, *packages]
            built = go(command, listing.stdout.count("\n"))
        except CommandFailed as failed:
            raise _refusal(self.module, failed) from failed
        finally:
            shutil.rmtree(self.made / MENDED, ignore_errors=True)
        if len(packages) > 1:
            for name, package in self.module.programs.items():
                (self.made / _named(package)).rename(self.made / name)
        return listing.work + built.work

    def sources(self) -> None:
        """Keep what is needed of the modules' sources."""
        for name, paths in self.module.kept.items():
            source = self._source(name)
            for path in paths:
                target = self.made / SOURCE / path
                target.parent.mkdir(parents=True, exist_ok=True)
                if (source / path).is_dir():
                    shutil.copytree(source / path, target, copy_function=shutil.copyfile)
                else:
                    shutil.copyfile(source / path, target)
                    target.chmod(0o755)
        _open(self.made)

    def _source(self, module: str) -> Path:
        """Return where Go's cache has the source of a module."""
        found = process.run(["go", "list", "-m", "-f", "{{.Dir}}", module], cwd=self.folder, env=GO)
        return Path(found.stdout.decode().strip())

    def _mended(self) -> Path:
        """Copy the sources that don't fit, put in what stands for the word, and return a go.mod that leads to them."""
        graph = self.made / MENDED / "go.mod"
        graph.parent.mkdir()
        for name in ("go.mod", "go.sum"):
            shutil.copyfile(self.folder / name, graph.with_name(name))
        for number, mend in enumerate(self.module.mends):
            process.run(["go", "mod", "download", mend.module], cwd=self.folder, env=GO)
            copy = graph.parent / str(number)
            shutil.copytree(self._source(mend.module), copy, copy_function=shutil.copyfile)
            _open(copy)
            _mend(copy, mend)
            process.run(["go", "mod", "edit", f"-replace={mend.module}={copy}", str(graph)], env=GO)
        return graph


def _mend(copy: Path, mend: Mend) -> None:
    file = copy / mend.file
    text = file.read_text()
    if mend.old not in text:
        raise OutsideError(f"{mend.module} has no {mend.old} to stand in for: {mend.file}", reason="build-failed")
    file.write_text(text.replace(mend.old, mend.new))


def _named(package: str) -> str:
    """Return the name that Go gives the program of a package: its last word that is no version."""
    *_, before, last = ("", *package.split("/"))
    return before if last[:1] == "v" and last[1:].isdigit() else last


def _open(made: Path) -> None:
    for folder, _, _ in os.walk(made):
        os.chmod(folder, 0o755)  # noqa: S103 -- Go's module cache is read-only; programs are no secret


def _refusal(module: Module, failed: CommandFailed) -> OutsideError:
    compiler = "gcc" in failed.stderr
    return OutsideError(
        f"{module.name} can't be built: {' '.join(failed.stderr.split())[-1000:]}",
        reason="build-failed",
        hint="apt-get install gcc libc6-dev" if compiler else "the Go proxy must be reachable for a first build",
    )

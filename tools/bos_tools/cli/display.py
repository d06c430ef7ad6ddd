"""How long work is shown on stderr: redrawn on a terminal, else a line where something has changed."""

import shutil
import sys
import time

from bos_tools import plain
from bos_tools.cli import console
from bos_tools.verbs.progress import Progress


class Display:
    """What is shown of work that goes on."""

    def __init__(self) -> None:
        self._shown = 0
        """Lines on the terminal that the next look replaces."""
        self._said: dict[str, str] = {}
        self._last = ""
        self._next = 0.0

    def show(self, progress: Progress) -> None:
        """Show how far things are now."""
        if sys.stderr.isatty():
            self._redraw(list(progress.lines.values()))
        else:
            self._say_changes(progress)

    def end(self) -> None:
        """Leave the terminal to others."""
        if self._shown:
            self._redraw([])

    def _redraw(self, lines: list[str]) -> None:
        size = shutil.get_terminal_size()
        lines = [plain.line(line)[: size.columns - 1] for line in lines[: size.lines - 1]]
        up = f"\x1b[{self._shown - 1}A" if self._shown > 1 else ""
        sys.stderr.write(f"\r{up}\x1b[J" + "\n".join(lines))
        sys.stderr.flush()
        self._shown = len(lines)

    def _say_changes(self, progress: Progress) -> None:
        now = time.monotonic()
        for name, line in progress.lines.items():
            is_new = name != self._last if progress.every else self._said.get(name) != line
            if is_new or (progress.every and now >= self._next):
                self._said[name], self._last, self._next = line, name, now + progress.every
                console.words(line)

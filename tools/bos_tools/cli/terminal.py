"""The person at the terminal: questions go to stderr, and what is hidden has no echo."""

import sys

import typer

from bos_tools import plain
from bos_tools.errors import Refused
from bos_tools.verbs.human import nobody_for


class Terminal:
    """Whoever sits there; nobody where stdin is no terminal."""

    def secret(self, name: str, what: str, *, may_be_left: bool) -> str:
        """Ask without an echo, twice for what nothing else can tell a mistake of."""
        from getpass import getpass

        _needs_a_person(name)
        by_chance = ", Enter makes one" if may_be_left else ""
        try:
            text = getpass(plain.line(f"{name}, {what}{by_chance}: "))
            if text and not may_be_left and getpass("once more: ") != text:
                raise Refused(f"the two values of {name} differ", reason="mistyped")
        except EOFError:
            text = ""
        if not text and not may_be_left:
            raise Refused(f"{name} got no value", reason="no-value")
        return text

    def line(self, name: str, question: str) -> str:
        """Ask with an echo."""
        _needs_a_person(name)
        sys.stderr.write(plain.line(question))
        sys.stderr.flush()
        return sys.stdin.readline().strip()

    def confirms(self, question: str) -> str | None:
        """Ask once more."""
        return str(typer.prompt(plain.line(question), err=True)) if sys.stdin.isatty() else None


def _needs_a_person(name: str) -> None:
    if not sys.stdin.isatty():
        raise nobody_for(name)

"""The person at the keyboard, as far as a verb may ask one."""

from typing import Protocol

from bos_tools.errors import Refused


class Human(Protocol):
    """Somebody who answers."""

    def secret(self, name: str, what: str, *, may_be_left: bool) -> str:
        """Ask for a value that nobody may see; nothing where it may be left to chance.

        Raises Refused where nobody is there, for two answers, and for none where one is needed.
        """

    def line(self, name: str, question: str) -> str:
        """Ask for a word that may be seen, about a value; raises Refused where nobody is there."""

    def confirms(self, question: str) -> str | None:
        """Ask for a word that confirms something; None where nobody is there."""


class Nobody:
    """No person at all, as in a pipeline."""

    def secret(self, name: str, what: str, *, may_be_left: bool) -> str:  # noqa: ARG002 -- the protocol's
        """Refuse: there is nobody to ask."""
        raise nobody_for(name)

    def line(self, name: str, question: str) -> str:  # noqa: ARG002 -- the protocol's
        """Refuse: there is nobody to ask."""
        raise nobody_for(name)

    def confirms(self, question: str) -> str | None:  # noqa: ARG002 -- the protocol's
        """Return nothing: there is nobody to ask."""
        return None


def nobody_for(name: str) -> Refused:
    """Say that there is nobody to ask for a value."""
    hint = "--generate, --from-file or --from-command; what can't be made is asked for at a terminal"
    return Refused(f"there is no terminal to ask for {name}", reason="no-terminal", hint=hint)

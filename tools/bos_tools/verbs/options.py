"""How a verb's options are declared: fields of a frozen dataclass, each with what a reader of words needs to know."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Annotated


class Offers(Enum):
    """What a shell offers in the place of a value."""

    environments = auto()
    services = auto()
    pinned = auto()
    """A service and then its version, or services each with its version."""
    claims = auto()
    """Services, too: one with one claim names it."""


@dataclass(frozen=True)
class Option:
    """One option of a command line; without flags it is called as its field."""

    help: str = ""
    flags: tuple[str, ...] = ()
    metavar: str | None = None
    min: int | None = None
    needs: tuple[str, ...] = ()
    """Fields of the same command: where none of them is set, this one would do nothing, and is refused."""
    idle_with: tuple[str, ...] = ()
    """Fields of the same command: where one of them is set, this one would do nothing, and is refused."""
    offers: Offers | None = None


@dataclass(frozen=True)
class Argument:
    """What stands by itself on a command line."""

    metavar: str | None = None
    help: str = ""
    offers: Offers | None = None


Env = Annotated[
    str | None, Option("The environment; default: the first one.", ("--env", "-e"), offers=Offers.environments)
]
Envs = Annotated[str | None, Option("One environment only.", ("--env", "-e"), offers=Offers.environments)]

"""What the verbs of the sandbox share: which one is meant."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bos_tools.verbs.options import Option

if TYPE_CHECKING:
    from bos_tools.sandbox import Sandbox
    from bos_tools.verbs.session import Session


@dataclass(frozen=True)
class Which:
    """A sandbox, by its name and its folder."""

    name: Annotated[str, Option("Which sandbox.", ("--name", "-n"))] = "default"
    state: Annotated[
        Path | None, Option("Where it keeps everything; default: below the cache folder.", ("--state",))
    ] = None

    def find(self, session: "Session") -> "Sandbox":
        """Return it; raises Refused where it is not up."""
        from bos_tools.sandbox import find

        return find(session.root, self.name, folder=self.state)

    @property
    def flags(self) -> str:
        """Return the words that name it on a command line, each after a space."""
        named = f" --name {self.name}" if self.name != "default" else ""
        return named + (f" --state {shlex.quote(str(self.state))}" if self.state else "")

"""Make a token for pipelines; it goes to a file, and is never shown."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from bos_tools.verbs.argocd import Access, target
from bos_tools.verbs.options import Env, Option
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session


@dataclass(frozen=True)
class Options:
    """For which environment, how long, and where it goes."""

    to: Annotated[Path, Option("The file that gets it; it must not be there yet.")]
    env: Env = None
    expires: Annotated[int, Option("Days.", min=1)] = 30
    access: Access = field(default_factory=Access)


@dataclass(frozen=True)
class Token(Result):
    """What the token may do and where it is, without the token."""

    project: str
    role: str
    days: int
    file: Path

    @property
    def stands(self) -> str:
        """Return where the token is."""
        return f"a token of {self.project}, good for {self.days} days: {self.file}"


def run(session: Session, options: Options) -> Token:
    """Make one that may look and sync in one environment."""
    from bos_tools.delivery.applications import ROLE
    from bos_tools.doors.files import write_secret

    said = target(session, options.env).said
    with options.access.connect(said) as client, write_secret(options.to) as file:
        file.write(client.create_token(said.project, ROLE, options.expires * 86400))
    return Token(said.project, ROLE, options.expires, options.to)

"""Names that a person may have meant, for one that no revision has."""

import re
from difflib import get_close_matches
from typing import Protocol

FOUND = 3
"""How many names are worth a line."""


class Asked(Protocol):
    """What lists the names of a repository."""

    def run(self, *arguments: str) -> str:
        """Run a git command and return what it printed."""


def near(door: Asked, revision: str) -> str:
    """Return the branches and tags that are spelled nearly so, as a question; nothing where there are none."""
    name = re.split(r"[~^@:]", revision, maxsplit=1)[0]
    known = door.run("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes").split()
    found = get_close_matches(name, known, n=FOUND) or [each for each in known if each.endswith(f"/{name}")][:FOUND]
    return f"did you mean {' or '.join(found)}?" if found else ""

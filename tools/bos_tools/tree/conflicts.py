"""Files that a merge has left for a person: both sides are still in them."""

import re

from bos_tools.errors import RepositoryError

MARKER = re.compile(r"^<{7}(?: .*)?$", re.MULTILINE)
"""What git writes above the first side (git-merge(1)); no line of YAML that means something begins so."""


def unresolved(text: str, path: str) -> RepositoryError | None:
    """Return the error for a file with a conflict in it, None for one that is malformed for another reason."""
    found = MARKER.search(text)
    if found is None:
        return None
    return RepositoryError(
        "an unresolved merge: both sides are still in the file",
        reason="unresolved-merge",
        hint=f"keep what is right, take the markers out, then: git add {path}",
        path=path,
        line=text.count("\n", 0, found.start()) + 1,
    )

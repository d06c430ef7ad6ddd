"""What may stand as a path in a kustomization: nothing that kustomize takes as a URL."""

import re

REMOTE = re.compile(r"(https?|ssh|file|git):|github\.com[/:]|[a-z][a-z0-9-]*@", re.IGNORECASE)
"""How a text begins that kustomize fetches: `NewRepoSpecFromURL` and `IsRemoteFile` of its api v0.21.1."""
DOTTED_I = str.maketrans({"\u0130": "i", "\u212a": "k", "\u017f": "s"})
"""Letters that Go folds into ASCII; Python's `lower` makes two of the first."""
NUMBER = re.compile(r"[-+]?\.?[0-9][0-9a-fA-F_xXoO.]*([eE][-+]?[0-9_]+)?|[-+]?\.(inf|nan)", re.IGNORECASE)
LENGTH_LIMIT = 4096
"""Characters: PATH_MAX of Linux, in bytes."""
NO_STRINGS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "="})


def is_remote(text: str) -> bool:
    """Tell whether kustomize would fetch what a text names, over the network or by git."""
    return REMOTE.match(text.translate(DOTTED_I)) is not None


def complaint(text: str, *, is_plain: bool) -> str | None:
    """Return why a text can't stand as a path, or None for one that can.

    `is_plain` says that it is written without quotes, so that YAML may read a number in it.
    """
    if is_remote(text) or "://" in text or "//" in text or text.startswith("/"):
        return "only paths inside the repository are rendered"
    if not 0 < len(text) <= LENGTH_LIMIT:
        return "a path that no file has"
    if not text.isprintable():
        return "a path with a control character"
    if held := next((mark for mark in ":?{}\\" if mark in text), None):
        return f"a path with `{held}`, which kustomize may read otherwise"
    if is_plain and (NUMBER.fullmatch(text) or text.lower() in NO_STRINGS):
        return "a path that YAML reads as something else: quote it"
    return None

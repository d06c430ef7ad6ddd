"""What a person may have meant by a word that is none of some names."""

from collections.abc import Sequence


def choices(word: str, known: Sequence[str]) -> str:
    """Return the names there are, and before them the one that is spelled nearly so.

    >>> choices("bakend", ["backend", "web"])
    'did you mean backend? one of backend, web'
    >>> choices("x", ["backend", "web"])
    'one of backend, web'
    """
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1)
    return (f"did you mean {near[0]}? " if near else "") + f"one of {', '.join(known)}"

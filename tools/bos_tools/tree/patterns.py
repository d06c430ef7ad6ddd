"""Expressions of a kustomization, matched as kustomize matches them, in time that is linear whatever a stranger wrote.

kustomize's are Go's, which are RE2's: Python's own `re` knows others, and takes some of them longer than anybody waits.
"""

import re
from functools import lru_cache
from typing import Any

PLAIN = re.compile(r"[\w/:@ .-]*", re.ASCII)
"""A text in which nothing but the dot means another thing than itself."""
_TEXT = r"(?:[\w/:@ -]|\.(?!\*))+(?:\.\*)?"
_TEXTS = rf"{_TEXT}(?:\|{_TEXT})*"
WORDS = re.compile(rf"{_TEXTS}|\({_TEXTS}\)", re.ASCII)
"""Such texts, each with any end, of which one is to be chosen: `(Deployment|Job)`, `redis-data-.*`."""
MOST_MEMORY = 1 << 20
"""Bytes of one compiled expression."""
VERSION = r"(?::[a-zA-Z0-9_.{}-]*)?(?:@sha256:[a-zA-Z0-9_.{}-]*)?"
"""What kustomize lets follow an image's name (its api/internal/image, v0.21.1)."""


def selects(expression: str, text: str) -> bool:
    """Tell whether an expression of a selector means a text as a whole; one that is none means nothing.

    >>> selects("web|back.*", "backend"), selects("(a+)+", "b")
    (True, False)
    """
    found = _words(expression) if _is_words(expression) else _compiled(f"^(?:{expression})$")
    return found is not None and found.search(text) is not None


def names(name: str, image: str) -> bool:
    """Tell whether the `name` of an entry of `images` means an image, whatever its version.

    >>> names("backend", "backend:v1"), names(".*/backend", "a/backend@sha256:0"), names("backend", "a/backend")
    (True, True, False)
    """
    found = _plain(name, VERSION) if is_plain(name) else _compiled(f"^{name}{VERSION}$")
    return found is not None and found.search(image) is not None


def is_plain(expression: str) -> bool:
    """Tell whether an expression says what it means: a dot, which is in every registry's name, aside."""
    return PLAIN.fullmatch(expression) is not None


def is_one(expression: str) -> bool:
    """Tell whether a text is an expression: kustomize falls over a name that is none."""
    return _is_words(expression) or _compiled(expression) is not None


def _is_words(expression: str) -> bool:
    return is_plain(expression) or WORDS.fullmatch(expression) is not None


@lru_cache(maxsize=4096)
def _plain(text: str, rest: str = "") -> Any:
    """Return an expression of dots alone: nearly all are, and Python's own takes linear time for it."""
    return re.compile(rf"\A{'.'.join(map(re.escape, text.split('.')))}{rest}\Z")


@lru_cache(maxsize=4096)
def _words(expression: str) -> Any:
    """Return an expression of words: Python's own takes linear time for it as well, for no star is in another."""
    return re.compile(rf"\A(?:{expression})\Z")


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Any:
    """Return an expression of RE2, None for a text that is none."""
    import re2  # who writes plain names, as nearly all do, does without it

    options = re2.Options()
    options.max_mem = MOST_MEMORY
    options.log_errors = False
    try:
        return re2.compile(expression, options)
    except re2.error:
        return None

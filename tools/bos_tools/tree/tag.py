"""Image tags: what a registry takes as one, and which move by convention."""

import re
from collections.abc import Iterator

from bos_tools.errors import Usage
from bos_tools.tree.version import DATED, is_commit, pieces

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""OCI distribution specification, "Pulling manifests": what a reference may be."""
DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")

MOVING = frozenset(
    {
        "latest", "main", "master", "trunk", "head", "stable", "edge", "nightly", "dev", "devel", "develop",
        "development", "next", "canary", "unstable", "testing", "test", "rolling", "current", "lts",
        "mainline", "snapshot", "rc", "beta", "alpha", "prod", "production", "staging", "release",
    }
)  # fmt: skip
FEWEST_BUILDS = 100
"""The number from which on a bare number counts builds: a major version is below it."""


def check_tag(tag: str) -> str:
    """Return the tag when a registry would take it, else raise Usage."""
    if not tag:
        raise Usage("the version is empty", reason="bad-tag", hint="name one, such as v1.0.1")
    if tag.startswith("-"):
        raise Usage(f"the version looks like an option: {tag}", reason="bad-tag")
    if not TAG.fullmatch(tag):
        raise Usage(
            f"no registry takes this tag: {_shown(tag)}",
            reason="bad-tag",
            hint="letters, digits, `_`, `.` and `-`; at most 128; not first `.` or `-`",
        )
    return tag


def check_digest(digest: str) -> str:
    """Return the digest when it is one, else raise Usage."""
    if not DIGEST.fullmatch(digest):
        raise Usage(f"not a digest: {_shown(digest)}", reason="bad-digest", hint="sha256: and 64 hexadecimal digits")
    return digest


def misspelt(tag: str | None, digest: str | None) -> Iterator[tuple[str, str]]:
    """Yield each field of a pin written by hand that no registry would take: its key, and what is wrong with it."""
    name, at, rest = (tag or "").partition("@")
    if at and DIGEST.fullmatch(rest):
        yield "newTag", "its digest stands in `newTag`: write it as `digest:`"
    elif (at or tag == "") or (name and not TAG.fullmatch(name)):
        yield "newTag", f"no registry takes this tag: {_shown(tag or '')}"
    if digest and not DIGEST.fullmatch(digest):
        yield "digest", f"this is no digest: {_shown(digest)}"


def is_moving(tag: str) -> bool:
    """Tell whether a tag is re-pushed by convention: a branch, a channel, or a version cut short.

    >>> [is_moving(t) for t in ("latest", "v1", "8-alpine", "v1.0.0", "18.6", "1234", "2026-08-21")]
    [True, True, True, False, False, False, False]
    """
    words = re.split(r"[-_.+]", tag.lower())
    if words[-1] in {"latest", "nightly", "edge", "snapshot", "dev"}:
        return True
    if words[0] in MOVING and len(words) > 1:  # a branch's build is named by its number or its commit
        return not any(is_commit(word) or re.fullmatch(r"v?\d+", word) for word in words[1:])
    if words[0] in MOVING or is_commit(tag):
        return words[0] in MOVING
    found = pieces(tag)
    if found is None:
        return not any(c.isdigit() for c in tag)
    is_short = len(found.numbers) == 1 and found.numbers[0] < FEWEST_BUILDS
    return is_short and not found.commit and not DATED.fullmatch(tag)


def _shown(text: str) -> str:
    """Return a user's text so that it can't disturb a terminal."""
    shown = ascii(text)[1:-1]
    return shown if len(shown) <= 140 else shown[:137] + "..."

"""Image versions: what a registry takes as a tag, what moves, and which of two is newer."""

import re
from dataclasses import dataclass

from bos_tools.errors import Refused, Usage

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
PRERELEASE = re.compile(r"(?:alpha|beta|rc|pre|preview|dev|snapshot|ea|m|a|b)[.-]?\d*", re.IGNORECASE)
NUMBERED = re.compile(r"[vV]?(?P<numbers>\d+(?:\.\d+)*)(?P<rest>(?:[-._+].*|[A-Za-z].*)?)")
DATED = re.compile(r"(\d{4})[-.](\d{2})[-.](\d{2})(?P<rest>.*)")
COMMIT = re.compile(r"(?:[a-z]+-)?[0-9a-f]{7,40}")


@dataclass(frozen=True)
class Version:
    """A tag's numbers, its pre-release and its variant, such as `8.10.1`, ``, `alpine`."""

    numbers: tuple[int, ...]
    prerelease: str
    variant: str

    @property
    def major(self) -> int:
        """Return the first number."""
        return self.numbers[0]


def check_tag(tag: str) -> str:
    """Return the tag when a registry would take it and it does not move (base/README.md, rule 9).

    Raises Usage for a text that is no tag, Refused for a moving one.
    """
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
    if is_moving(tag):
        raise Refused(
            f"a moving tag is not a version: {tag}",
            reason="floating-tag",
            hint="name the full version, such as v1.0.1 (rule P9)",
        )
    return tag


def check_digest(digest: str) -> str:
    """Return the digest when it is one, else raise Usage."""
    if not DIGEST.fullmatch(digest):
        raise Usage(f"not a digest: {_shown(digest)}", reason="bad-digest", hint="sha256: and 64 hexadecimal digits")
    return digest


def is_moving(tag: str) -> bool:
    """Tell whether a tag is re-pushed by convention: a branch, a channel, or a version cut short.

    >>> [is_moving(t) for t in ("latest", "v1", "8-alpine", "v1.0.0", "18.6", "1234", "2026-08-21")]
    [True, True, True, False, False, False, False]
    """
    words = re.split(r"[-_.+]", tag.lower())
    if words[-1] in {"latest", "nightly", "edge", "snapshot", "dev"}:
        return True
    if COMMIT.fullmatch(tag) and any(c.isdigit() for c in tag) and not tag.isdigit():
        return False
    if words[0] in MOVING:
        return not re.search(r"\d+\.\d+|\d{4,}", tag)
    numbered = NUMBERED.fullmatch(tag)
    if numbered is None:
        return not any(c.isdigit() for c in tag) or words[0] in MOVING
    numbers = numbered["numbers"]
    return "." not in numbers and len(numbers) < 4 and not DATED.fullmatch(tag)


def read_version(tag: str | None) -> Version | None:
    """Return a tag as a version, or None for one without an order, such as a commit id."""
    if not tag:
        return None
    if dated := DATED.fullmatch(tag):
        numbers = tuple(int(part) for part in dated.groups()[:3])
        rest = dated["rest"]
    elif numbered := NUMBERED.fullmatch(tag):
        if COMMIT.fullmatch(tag) and not tag.isdigit() and "." not in tag:
            return None
        numbers = tuple(int(part) for part in numbered["numbers"].split("."))
        rest = numbered["rest"]
    else:
        return None
    prerelease: list[str] = []
    variant: list[str] = []
    for word in re.split(r"[-_+]|(?<=[0-9])\.(?=[a-z])", rest.lstrip("-._+")):
        if word:
            (prerelease if PRERELEASE.fullmatch(word) and not variant else variant).append(word)
    return Version(numbers, "-".join(prerelease), "-".join(variant))


def compare(old: Version, new: Version) -> int:
    """Return -1, 0 or 1 as the old version is older than, equal to or newer than the new one.

    Variants are ordered only when they differ in numbers alone: `-24` and `-22`, not `-alpine` and `-trixie`.
    """
    left, right = _key(old), _key(new)
    if left == right and re.sub(r"\d+", "#", old.variant) == re.sub(r"\d+", "#", new.variant):
        left, right = (*left, _natural(old.variant)), (*right, _natural(new.variant))
    return (left > right) - (left < right)


def _key(version: Version) -> tuple[object, ...]:
    numbers = list(version.numbers)
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return (tuple(numbers), not version.prerelease, _natural(version.prerelease))


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Order digits as numbers: rc2 before rc10."""
    parts = re.findall(r"\d+|[^\d]+", text)
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)


def _shown(text: str) -> str:
    """Return a user's text so that it can't disturb a terminal."""
    shown = ascii(text)[1:-1]
    return shown if len(shown) <= 140 else shown[:137] + "..."

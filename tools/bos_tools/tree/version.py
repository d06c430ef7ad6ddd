"""Image versions: what a tag says, and which of two is newer."""

import re

from msgspec import Struct

PRERELEASE = re.compile(r"(?:alpha|beta|rc|pre|preview|dev|snapshot|ea|m|a|b)[.-]?\d*", re.IGNORECASE)
PREFIX = re.compile(r"(?P<prefix>[A-Za-z]{2,20}(?:-[A-Za-z]{2,20})?)[-._](?=v?\d|[0-9a-f]{7,40}-\d)")
"""The line that a tag is of, such as `release-1.2.3` or `main-57`."""
NUMBERED = re.compile(r"[vV]?(?P<numbers>\d+(?:\.\d+)*+)(?P<rest>(?:[-._+].*|[A-Za-z].*)?)")
DATED = re.compile(r"v?(\d{4})[-.](\d{2})[-.](\d{2})(?:T(\d{2})-(\d{2})-(\d{2})Z)?(?P<rest>(?:[-._+].*)?)")
"""A date, with the time of day where a build says it: `RELEASE.2026-05-12T03-04-05Z`."""
DESCRIBED = re.compile(r"(?P<tag>.+)-(?P<distance>\d{1,6})-g(?P<commit>[0-9a-f]{7,40})(?P<rest>(?:-.*)?)")
"""What `git describe` says of a commit: the tag before it, and how many commits ago that was (git-describe(1))."""
STAMPED = re.compile(r"(?P<commit>[0-9a-f]{7,40})-(?P<stamp>\d{8,14})")
LONGEST = 128
"""Characters that a registry takes; a file may hold more, and a number of thousands of digits is none to Python."""
COMMIT = re.compile(r"(?:sha-|git-|g)?[0-9a-f]{7,40}")


class Version(Struct, frozen=True):
    """A tag's numbers, its pre-release and its variant, such as `8.10.1`, ``, `alpine`."""

    numbers: tuple[int, ...]
    prerelease: str
    variant: str
    prefix: str = ""
    """The line that it is of: only versions of one line have an order."""
    distance: int = 0
    """Commits since that version."""
    stamp: int = 0
    """When it was built, as a number that grows: a date, or seconds since 1970."""
    commit: str = ""
    """The commit that it was built from, which has no order."""

    @property
    def major(self) -> int:
        """Return the first number."""
        return self.numbers[0]


def is_commit(tag: str) -> bool:
    """Tell whether a tag is a commit's id, and nothing else: eight digits are a date, and fewer a number of a build."""
    return COMMIT.fullmatch(tag) is not None and not tag.isdigit()


def read_version(tag: str | None) -> Version | None:
    """Return a tag as a version, or None for one without an order, such as a commit id; a digest is left out."""
    tag = (tag or "").partition("@")[0]
    return None if not tag or is_commit(tag) else pieces(tag)


def pieces(tag: str) -> Version | None:
    """Return what a tag says, None where it has no number to go by.

    >>> pieces("release-1.2.3-10-gabc1234")
    Version(numbers=(1, 2, 3), prerelease='', variant='', prefix='release', distance=10, stamp=0, commit='abc1234')
    """
    if len(tag) > LONGEST:
        return None
    named = PREFIX.match(tag)
    prefix, rest = (named["prefix"].lower(), tag[named.end() :]) if named else ("", tag)
    if stamped := STAMPED.fullmatch(rest):
        return Version((int(stamped["stamp"]),), "", "", prefix, commit=stamped["commit"])
    distance, commit = 0, ""
    if described := DESCRIBED.fullmatch(rest):
        distance, commit = int(described["distance"]), described["commit"]
        rest = described["tag"] + described["rest"]
    if dated := DATED.fullmatch(rest):
        numbers = tuple(int(part) for part in dated.groups()[:6] if part)
    elif dated := NUMBERED.fullmatch(rest):
        numbers = tuple(int(part) for part in dated["numbers"].split("."))
    else:
        return None
    return _worded(Version(numbers, "", "", prefix, distance, 0, commit), dated["rest"])


def _worded(version: Version, rest: str) -> Version:
    """Return a version with what stands behind its numbers: pre-release, stamp, commit, variant."""
    prerelease: list[str] = []
    variant: list[str] = []
    stamp, commit = version.stamp, version.commit
    for word in re.split(r"[-_+]|(?<=[0-9])\.(?=[a-z])", rest.lstrip("-._+")):
        if not word:
            continue
        if re.fullmatch(r"\d{8,14}", word) and not stamp:
            stamp = int(word)
        elif is_commit(word) and any(c.isdigit() for c in word):
            commit = word
        elif PRERELEASE.fullmatch(word) and not variant:
            prerelease.append(word)
        else:
            variant.append(word)
    pre, rest = "-".join(prerelease), "-".join(variant)
    return Version(version.numbers, pre, rest, version.prefix, version.distance, stamp, commit)


def orderless(tag: str | None) -> str:
    """Return why a tag that is no version has no order."""
    is_id = is_commit((tag or "").partition("@")[0])
    return f"{tag} is a commit's id, which has no order" if is_id else f"{tag or 'no tag'} has no number"


def apart(left: Version, right: Version) -> str:
    """Return why two versions have no order, nothing where they have one."""
    if left.prefix != right.prefix:
        return f"they are of two lines: {left.prefix or 'none'} and {right.prefix or 'none'}"
    if left.commit != right.commit and compare(left, right) == 0:
        return "they differ in their commits alone, which have no order"
    return ""


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
    stamp = str(version.stamp).ljust(14, "0")
    return (tuple(numbers), not version.prerelease, _natural(version.prerelease), version.distance, stamp)


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Order digits as numbers: rc2 before rc10."""
    parts = re.findall(r"\d+|[^\d]+", text)
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)

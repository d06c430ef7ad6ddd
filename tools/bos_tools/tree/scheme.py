"""How the tags of an image are read: by the scheme that a service's policy names, else as people mean them."""

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bos_tools.tree.tag import is_moving
from bos_tools.tree.version import Version, apart, compare, is_commit, orderless, pieces, read_version

if TYPE_CHECKING:
    from bos_tools.tree.environment import Environment
    from bos_tools.tree.policy import Versions
    from bos_tools.tree.service_plan import ServicePlan

SEMANTIC = re.compile(r"v?\d+\.\d+\.\d+(?:-.+)?")
CUT_SHORT = "it is cut short, and moves"
PARTS = {8: (4, 6, 8), 12: (4, 6, 8, 10, 12), 14: (4, 6, 8, 10, 12, 14)}
"""Digits of a date in one number, and where its year, month, day, hour, minute and second end."""


class Reading(Struct, frozen=True):
    """What a scheme reads in a tag."""

    version: Version | None = None
    """None for a tag that has no order, and for one that is none of the scheme's."""
    wrong: str = ""
    """Why the scheme does not take it; nothing for a version of it."""
    major: int | None = None
    """What changes where data must be migrated; None where the scheme says nothing of it."""


class Scheme(Struct, frozen=True):
    """A way of reading tags."""

    name: str
    """As a sentence names it; nothing for the one that no policy names."""
    read: Callable[[str], Reading]
    later: str
    """What is said of a version that is there and comes after the one that is asked for."""

    def moves(self, tag: str) -> bool:
        """Tell whether a tag will be another image tomorrow: what is a version of a named scheme never is."""
        read = self.read(tag)
        is_version = bool(self.name) and read.version is not None
        return read.wrong == CUT_SHORT or (is_moving(tag) and not is_version)

    def order(self, old: str, new: str) -> tuple[int | None, str]:
        """Return -1, 0 or 1 as the old tag comes before, with or after the new one; None, and why, without an order."""
        left, right = self.read(old), self.read(new)
        if left.version is None or right.version is None:
            tag, read = (old, left) if left.version is None else (new, right)
            return None, f"{tag}: {read.wrong}" if read.wrong else orderless(tag)
        why = apart(left.version, right.version)
        return None if why else compare(left.version, right.version), why


def scheme(service: str, environment: "Environment | None", plan: "ServicePlan | None") -> Scheme:
    """Return how a service's versions are read in an environment, whose word goes before that of the service's plan."""
    said = environment.versions.get(service) if environment is not None else None
    said = said or (plan.versions if plan is not None else None)
    return USUAL if said is None else _named(said)


@cache
def _named(said: "Versions") -> Scheme:
    """Return the scheme that a policy names."""
    if said.scheme == "pattern":
        return Scheme(f"`{said.pattern}`", _pattern(said), f"is further along `{said.pattern}` already")
    look, later = {
        "semver": (_semantic, "is newer already"),
        "calendar": (_calendar, "is of a later date already"),
        "build": (_build, "is of a later build already"),
    }[said.scheme]
    return Scheme(said.scheme, lambda tag: _plain(said, tag, look), later)


def _usual(tag: str) -> Reading:
    version = read_version(tag)
    return Reading(version, major=version.major if version is not None else None)


USUAL = Scheme("", _usual, "is newer already")
"""As people mean tags: whatever has a number has an order."""


def _plain(said: "Versions", tag: str, look: Callable[[str, Version], Reading]) -> Reading:
    """Read a tag whose variant is the policy's, and which is no pre-release unless the policy takes them."""
    body = tag.partition("@")[0]
    if said.variant is not None:
        if not body.endswith(f"-{said.variant}"):
            return Reading(wrong=f"its variant is not {said.variant}")
        body = body.removesuffix(f"-{said.variant}")
    found = None if is_commit(body) else pieces(body)
    if found is None:
        return Reading(wrong="it has no number to go by")
    read = look(body, found)
    if read.version is None:
        return read
    if found.variant:
        return Reading(wrong=f"it is of the variant {found.variant}")
    if not said.pre_releases and (found.prerelease or found.distance):
        return Reading(wrong="it comes before a release")
    return read


def _semantic(body: str, found: Version) -> Reading:
    if SEMANTIC.fullmatch(body) and not found.prefix:
        return Reading(found, major=found.major)
    is_short = re.fullmatch(r"v?\d+(\.\d+)?", body)
    return Reading(wrong=CUT_SHORT if is_short else "it is not MAJOR.MINOR.PATCH")


def _calendar(_: str, found: Version) -> Reading:
    numbers = found.numbers
    if len(numbers) == 1:
        text = str(numbers[0])
        ends = PARTS.get(len(text), ())
        numbers = tuple(int(text[start:end]) for start, end in zip((0, *ends), ends, strict=False)) or numbers
    if not 1970 <= numbers[0] <= 2999 or any(not 1 <= month <= 12 for month in numbers[1:2]):
        return Reading(wrong="it is no date")
    return Reading(replace(found, numbers=numbers)) if len(numbers) > 2 else Reading(wrong=CUT_SHORT)


def _build(_: str, found: Version) -> Reading:
    if len(found.numbers) > 1 or found.prerelease:
        return Reading(wrong="it is not one number")
    return Reading(found)


def _pattern(said: "Versions") -> Callable[[str], Reading]:
    places = said.places
    parts = re.split(r"\{[a-z]+\}", said.pattern or "")
    groups = ["([0-9a-f]{7,40})" if name == "commit" else r"(\d{1,18})" for name in places]
    whole = re.compile(
        "".join(re.escape(part) + group for part, group in zip(parts, [*groups, ""], strict=True)), re.ASCII
    )

    def read(tag: str) -> Reading:
        found = whole.fullmatch(tag.partition("@")[0])
        if found is None:
            return Reading(wrong="it is otherwise written")
        values = dict(zip(places, found.groups(), strict=True))
        numbers = tuple(int(values[name]) for name in said.weights)
        major = int(values["major"]) if "major" in values else None
        return Reading(Version(numbers, "", "", commit=values.get("commit", "")), major=major)

    return read

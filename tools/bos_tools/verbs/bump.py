"""Pin services to other versions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from bos_tools.errors import Usage
from bos_tools.verbs.landing import Landed, Landing, land
from bos_tools.verbs.options import Argument, Env, Offers, Option
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.intents.bump import Bump


@dataclass(frozen=True)
class Options:
    """What to pin, to which version, and how far it goes."""

    words: Annotated[list[str], Argument("SERVICE VERSION | SERVICE=VERSION …", offers=Offers.pinned)]
    env: Env = None
    digest: Annotated[str | None, Option("Pin the digest too: sha256:…")] = None
    image: Annotated[
        list[str] | None,
        Option(
            "Another image of the service than its own: NAME takes VERSION, NAME=VERSION its own; once an image.",
            metavar="NAME[=VERSION]",
        ),
    ] = None
    landing: Landing = field(default_factory=Landing)
    allow_downgrade: Annotated[bool, Option("Go back to an older version.", ("--allow-downgrade",))] = False
    allow_major: Annotated[bool, Option("Change a data service's major version or variant.", ("--allow-major",))] = (
        False
    )


def run(session: Session, options: Options) -> Landed:
    """Pin, prove and land; raises Usage for words that name no service and version."""
    return Landed(land(session, _intent(options), options.landing), options.landing.dry_run)


def _intent(options: Options) -> "Bump":
    from bos_tools.intents.bump import Bump, Request

    wanted = list(_wanted(options.words, options.image or []))
    if len(wanted) > 1 and options.digest:
        raise Usage("--digest goes with one image", reason="usage", hint="write its version as VERSION@sha256:…")
    requests = tuple(
        Request.read(service, version, digest=options.digest, image=image) for service, image, version in wanted
    )
    return Bump(options.env, requests, allow_downgrade=options.allow_downgrade, allow_major=options.allow_major)


def _wanted(words: list[str], images: list[str]) -> Iterator[tuple[str, str | None, str]]:
    """Yield each service, image and version that is named; without an image it is the service's own."""
    has_versions = bool(images) and all("=" in image for image in images)
    pairs = [(words[0], "")] if has_versions and len(words) == 1 and "=" not in words[0] else _pairs(words)
    if images and len(pairs) > 1:
        raise Usage("--image goes with one service", reason="usage", hint="give each of the services a command")
    for service, version in pairs:
        if not images or (has_versions and version):
            yield service, None, version
        for image in images:
            name, is_told, told = image.partition("=")
            yield service, name, told if is_told else version


def _pairs(words: list[str]) -> list[tuple[str, str]]:
    """Read `SERVICE VERSION` or `SERVICE=VERSION …`; raises Usage for other words."""
    if all("=" in word for word in words):
        return [word.partition("=")[::2] for word in words]
    if len(words) == 2:
        return [(words[0], words[1])]
    raise Usage(
        "name a service and a version, or SERVICE=VERSION several times",
        reason="usage",
        hint="bos-tools bump backend v1.0.1",
    )

"""Pin services to other versions."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from bos_tools.errors import Usage
from bos_tools.verbs.landing import Landed, Landing, land
from bos_tools.verbs.options import Argument, Env, Option
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.intents.bump import Bump


@dataclass(frozen=True)
class Options:
    """What to pin, to which version, and how far it goes."""

    words: Annotated[list[str], Argument("SERVICE VERSION | SERVICE=VERSION …")]
    env: Env = None
    digest: Annotated[str | None, Option("Pin the digest too: sha256:…")] = None
    image: Annotated[str | None, Option("Which image, when the service has several.")] = None
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

    pairs = _pairs(options.words)
    if len(pairs) > 1 and (options.digest or options.image):
        raise Usage("--digest and --image go with one service", reason="usage", hint="write SERVICE=VERSION@sha256:…")
    requests = tuple(
        Request.read(service, version, digest=options.digest, image=options.image) for service, version in pairs
    )
    return Bump(options.env, requests, allow_downgrade=options.allow_downgrade, allow_major=options.allow_major)


def _pairs(words: list[str]) -> list[list[str]]:
    if all("=" in word for word in words):
        return [word.split("=", 1) for word in words]
    if len(words) == 2:
        return [words]
    raise Usage(
        "name a service and a version, or SERVICE=VERSION several times",
        reason="usage",
        hint="bos-tools bump backend v1.0.1",
    )

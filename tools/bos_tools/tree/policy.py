"""Which versions of a service are taken: the typed `versions` of its plan.yaml, or of an environment.yaml."""

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct

PLACE = re.compile(r"\{([a-z]+)\}")
BLURRED = re.compile(r"\{(?!commit\})[a-z]+\}[0-9{]|\{commit\}[0-9a-f{]")
"""A place without an end of its own: a tag could be read in many ways, and a long one would take long."""
COMMIT = "commit"
"""The place of a commit's id, which has no order."""


class Versions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What the tags of a service's own image look like, and by what they are ordered."""

    scheme: Annotated[
        Literal["semver", "calendar", "build", "pattern"],
        Meta(
            description="`v1.2.3`; a date, such as `2026-08-21` or `v2026.8.21`; a number that grows, such as `847` or "
            "`main-57`; or `pattern`"
        ),
    ]
    pattern: (
        Annotated[
            str,
            Meta(
                pattern=r"^[A-Za-z0-9_.{}-]+$",
                description="The whole tag: `{commit}` is a commit's id, every other `{name}` a number",
            ),
        ]
        | None
    ) = None
    order: Annotated[
        tuple[str, ...], Meta(description="The pattern's numbers, the weightiest first; default: from left to right")
    ] = ()
    pre_releases: Annotated[
        bool, Meta(description="Take what is before a release too, such as `v1.2.3-rc.1`, or commits after one")
    ] = False
    variant: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]+$", description="What ends every tag: `alpine`")] | None = (
        None
    )

    @property
    def places(self) -> list[str]:
        """Return the names in the pattern, from left to right."""
        return PLACE.findall(self.pattern or "")

    @property
    def weights(self) -> list[str]:
        """Return the numbers of the pattern, the weightiest first."""
        return list(self.order) or [name for name in self.places if name != COMMIT]

    def __post_init__(self) -> None:
        """Refuse what contradicts itself, and a pattern without an order."""
        if (self.scheme == "pattern") != (self.pattern is not None):
            raise ValueError("`scheme: pattern` and a `pattern` go together")
        if self.pattern is None:
            if self.order:
                raise ValueError("`order` is of a `pattern`")
            return
        if self.pre_releases or self.variant is not None:
            raise ValueError("a `pattern` is the whole tag: `preReleases` and `variant` stand in it or nowhere")
        if set("{}") & set(PLACE.sub("", self.pattern)) or len(set(self.places)) < len(self.places):
            raise ValueError("a place of a `pattern` is a small word in braces, once")
        if BLURRED.search(self.pattern):
            raise ValueError("behind a place of a `pattern` stands what can't be part of it, such as `-` or `.`")
        numbers = set(self.places) - {COMMIT}
        if not numbers or not set(self.order) <= numbers or len(set(self.order)) < len(self.order):
            raise ValueError("`order` names numbers of the `pattern`, of which there is one at least")

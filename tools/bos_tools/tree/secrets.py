"""The contract of Secrets: what the manifests read, what for, and where the values come from; none is here."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from bos_tools.tree import patterns

REFERENCE = re.compile(r"\{([a-z0-9-]+)/([A-Za-z0-9._-]+)\}")
RANDOM = re.compile(r"\{random:(\d+)\}")


class Form(StrEnum):
    """How a value lies in the Secret."""

    plain = "plain"
    base64 = "base64"
    bcrypt = "bcrypt"
    """The hash of a password that only a person keeps."""
    login = "login"
    """A registry, a user and a password, as the kubelet reads them."""


class Key(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key of a Secret."""

    what: Annotated[str, Meta(min_length=1)]
    made: Annotated[
        str,
        Meta(description="How it can be made: words, {random:LENGTH}, {SECRET/KEY}; empty where somebody must say it"),
    ] = ""
    form: Form = Form.plain
    holds: Annotated[
        str,
        Meta(
            description="What the whole value must match, before it is encoded: what its reader takes",
            extra_json_schema={"format": "regex"},
        ),
    ] = r"[^\0\r\n]+"
    frozen: Annotated[str, Meta(description="Why a value that is there is never replaced")] = ""

    def __post_init__(self) -> None:
        """Refuse an expression that is none, and a random word that no reader takes."""
        if not patterns.is_one(self.holds):
            raise ValueError(f"`holds` is no regular expression: {self.holds}")
        if any(len(found[1]) > 4 for found in RANDOM.finditer(self.made)):
            raise ValueError(f"`made` draws more characters than a password has: {self.made}")

    @property
    def refers(self) -> list[tuple[str, str]]:
        """Return the Secrets and keys of which its value is made."""
        return [(found[1], found[2]) for found in REFERENCE.finditer(self.made)]

    @property
    def how(self) -> str:
        """Return in a word where the value comes from."""
        if self.form in (Form.login, Form.bcrypt):
            return "registry login" if self.form is Form.login else "asked, kept as a hash"
        if not self.made:
            return "asked"
        if self.refers:
            return "from " + ", ".join("/".join(one) for one in self.refers)
        return "random" if RANDOM.search(self.made) else "fixed"


class Secret(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Secret with its keys."""

    keys: Annotated[dict[str, Key], Meta(min_length=1)]
    type: str = "Opaque"


class Contract(Struct, frozen=True):
    """Every Secret of a repository by name: made in the cluster, never in Git (base/README.md, rule 7)."""

    secrets: Mapping[str, Secret]

    @classmethod
    def of(cls, owned: Iterable[Mapping[str, Secret]]) -> "Contract":
        """Return the Secrets of all their owners; what is made of others comes after them."""
        every = {name: secret for secrets in owned for name, secret in secrets.items()}

        def order(name: str) -> tuple[int, str]:
            others = {other for key in every[name].keys.values() for other, _ in key.refers} - {name}
            return len(others), name

        return cls({name: every[name] for name in sorted(every, key=order)})

    def key(self, name: str, wanted: str) -> Key | None:
        """Return a key, None for one that is not in the contract."""
        secret = self.secrets.get(name)
        return secret.keys.get(wanted) if secret is not None else None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Return every Secret with each of its keys."""
        return [(name, key) for name, secret in self.secrets.items() for key in secret.keys]

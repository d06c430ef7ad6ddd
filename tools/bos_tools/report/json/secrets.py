"""The contracts of `bos-tools secrets …`: names and keys, never values."""

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from bos_tools.verbs.secrets_create import Written as Made
    from bos_tools.verbs.secrets_list import Needed as Found
    from bos_tools.verbs.secrets_missing import Missing as Lacking

Key = TypedDict(
    "Key",
    {
        "secret": str,
        "key": str,
        "what": str | None,
        "from": str | None,
        "replaced": bool | None,
        "used_by": list[str],
    },
)
"""One key of a Secret: what it is, where its value comes from, and whether it may be replaced; null where the contract
does not know it."""


class Needed(TypedDict):
    """Every key that an environment reads."""

    env: str
    namespace: str
    secrets: list[Key]


class Lack(TypedDict):
    """One key that a cluster lacks."""

    secret: str
    key: str
    used_by: list[str]


class Missing(TypedDict):
    """Every key that a cluster lacks."""

    env: str
    namespace: str
    cluster: str
    missing: list[Lack]


class Secret(TypedDict):
    """The keys of one Secret that were written."""

    secret: str
    keys: list[str]


class Written(TypedDict):
    """What was written, or with a dry run would be."""

    env: str
    namespace: str
    cluster: str
    dry_run: bool
    written: list[Secret]


def needed(found: "Found") -> Needed:
    """Return the contract of what an environment reads."""
    needs = found.needs
    rows: list[Key] = [
        {
            "secret": pair[0],
            "key": pair[1],
            "what": key.what if key else None,
            "from": key.how if key else None,
            "replaced": not key.frozen if key else None,
            "used_by": needs.pairs[pair],
        }
        for pair, key in found.keys.items()
    ]
    return {"env": needs.env, "namespace": needs.namespace, "secrets": rows}


def missing(found: "Lacking") -> Missing:
    """Return the contract of what a cluster lacks."""
    needs = found.needs
    rows: list[Lack] = [{"secret": name, "key": key, "used_by": needs.pairs[name, key]} for name, key in found.pairs]
    return {"env": needs.env, "namespace": needs.namespace, "cluster": found.cluster, "missing": rows}


def written(made: "Made") -> Written:
    """Return the contract of what was written."""
    needs = made.needs
    return {
        "env": needs.env, "namespace": needs.namespace, "cluster": made.cluster, "dry_run": made.is_dry_run,
        "written": [{"secret": name, "keys": keys} for name, keys in made.keys.items() if keys],
    }  # fmt: skip

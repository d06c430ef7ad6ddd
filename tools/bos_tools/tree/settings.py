"""`[tool.bos-tools]` of pyproject.toml: which repository is one of ours, and its environments."""

import re
import tomllib

from msgspec import Struct

from bos_tools.errors import RepositoryError

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""RFC 1123 label: what Kubernetes takes as a name."""
SETTINGS = "pyproject.toml"
LARGEST = 1 << 20
"""Bytes of it."""
MOST_DOTTED = 25_000_000
"""The squares of how many dots each line has.  Python's reader keeps each beginning of a dotted key: one key of 200 kB
would take 40 GB of memory."""


class Settings(Struct, frozen=True):
    """`[tool.bos-tools]` of pyproject.toml."""

    environments: tuple[str, ...]
    """In promotion order; the first is the default."""
    rules: tuple[str, ...] = ()
    """Files with rules of the project's own; nothing runs them unless whoever runs `check` says so."""


def settings(data: bytes | None) -> Settings:
    """Return what the file says; raises RepositoryError when this is no BuildingOS repository."""
    table = _table(data) if data else None
    if not isinstance(table, dict):
        raise not_a_repository()
    environments = table.get("environments")
    names = environments if isinstance(environments, list) else [None]
    if not all(isinstance(name, str) and NAME.fullmatch(name) for name in names):
        raise _malformed("`environments` is a list of names")
    if "data-services" in table:  # it was a guard, and is not to be lost in silence
        hint = "say `dataService: true` in the plan.yaml of each of their bases"
        raise _malformed("`data-services` has no place here any more", hint)
    if not environments:
        raise _malformed("no environments are named")
    rules = table.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(path, str) for path in rules):
        raise _malformed("`rules` is a list of files")
    return Settings(tuple(environments), tuple(rules))


def _table(data: bytes) -> object:
    """Return our table of the file, None where there is none."""
    if len(data) > LARGEST or sum(line.count(b".") ** 2 for line in data.split(b"\n")) > MOST_DOTTED:
        raise _malformed("larger than settings are")
    try:
        return tomllib.loads(data.decode("utf-8"))["tool"]["bos-tools"]
    except RecursionError as error:
        raise _malformed("malformed TOML: nested without end") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _malformed(f"malformed TOML: {error}") from error
    except (KeyError, TypeError):
        return None


def _malformed(message: str, hint: str = "") -> RepositoryError:
    return RepositoryError(message, reason="malformed-settings", hint=hint, path=SETTINGS)


def not_a_repository() -> RepositoryError:
    """Return the error for a folder that is no repository of ours."""
    return RepositoryError(
        "not a BuildingOS repository: no [tool.bos-tools] in a pyproject.toml here or above",
        reason="not-a-repository",
        hint="run it inside the repository, or name it: `bos-tools --repo PATH …`",
    )

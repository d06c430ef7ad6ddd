"""A database that CloudNativePG runs, in the words of the pods that it makes (cloudnative-pg.io, API reference v1)."""

from typing import Any

from bos_tools.review.rendered import Rendered, down
from bos_tools.tree.nodes import Path

GROUP = "postgresql.cnpg.io"


def is_database(made: Rendered) -> bool:
    """Tell whether an object is a Cluster of CloudNativePG."""
    return made.object.kind == "Cluster" and made.object.group == GROUP


def services(made: Rendered) -> dict[str, Any]:
    """Return the Services that the operator makes beside its own three, name to what it selects by: `rw`, `r`, `ro`."""
    said = made.get("spec", "managed", "services", "additional")
    listed = [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []
    return {str(down(one, "serviceTemplate", "metadata", "name")): one.get("selectorType") for one in listed}


def secrets(made: Rendered) -> list[tuple[str, Path]]:
    """Return the name of each Secret that the operator reads for a Cluster, and where it stands."""
    places: list[Path] = [("spec", "superuserSecret", "name"), ("spec", "bootstrap", "initdb", "secret", "name")]
    named = [(made.get(*map(str, path)), path) for path in places]
    roles = made.get("spec", "managed", "roles")
    for index, role in enumerate(roles if isinstance(roles, list) else []):
        path: Path = ("spec", "managed", "roles", index, "passwordSecret", "name")
        named.append((down(role, "passwordSecret", "name"), path))
    return [(str(name), path) for name, path in named if name is not None]

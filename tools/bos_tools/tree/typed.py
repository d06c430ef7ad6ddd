"""From a YAML file to one typed, frozen object, with errors at the file and the line."""

import re
from typing import Any, TypeVar

from bos_tools.errors import RepositoryError
from bos_tools.tree.nodes import Document, line_at, plain_data

T = TypeVar("T")
STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def read(document: Document, kind: type[T], *, reason: str) -> T:
    """Return what a file of one document says, as the type has it.

    Raises RepositoryError at the file and line of the first word that the type does not have.
    """
    import msgspec

    root = document.single()
    data = plain_data(root)
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        path, message = next(iter(faults(data, kind)), _own(str(error)))
        line = line_at(root, path)
        raise RepositoryError(_at(path, message), reason=reason, path=document.path, line=line) from error


def faults(data: Any, kind: Any) -> list[tuple[list[str | int], str]]:
    """Return every place where data differs from a type's schema, with what is wrong."""
    import jsonschema_rs

    found = jsonschema_rs.validator_for(schema(kind), mask="it").iter_errors(data)  # a value may be secret
    return [(list(error.instance_path), error.message) for error in found]


def schema(kind: Any) -> dict[str, Any]:
    """Return a type's JSON Schema; what a type makes optional is left out in a file, and never null."""
    import msgspec

    made: dict[str, Any] = _tidied(msgspec.json.schema(kind))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _tidied(part: Any) -> Any:
    if isinstance(part, list):
        return [_tidied(item) for item in part]
    if not isinstance(part, dict):
        return part
    made = {key: _tidied(value) for key, value in part.items() if key != "default"}
    choices = [choice for choice in made.pop("anyOf", []) if choice != {"type": "null"}]
    if len(choices) > 1:
        return {**made, "anyOf": choices}
    return {**made, **(choices[0] if choices else {})}


def _own(text: str) -> tuple[list[str | int], str]:
    """Read the place and the message of a rule that no schema has: `message - at `$.growth``."""
    message, _, place = text.partition(" - at `$")
    return [int(index) if index else key for key, index in STEP.findall(place.rstrip("`"))], message


def _at(path: list[str | int], message: str) -> str:
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
    return f"`{place}`: {message}" if place else message

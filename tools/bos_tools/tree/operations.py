"""A patch of JSON 6902: a list of operations, each about one field."""

from collections.abc import Iterator

from msgspec import Struct

from bos_tools.tree.nodes import Node, Path


class Operation(Struct, frozen=True):
    """One operation about a field, or about a part above it."""

    index: int
    line: int
    depth: int
    """How many steps of the field's path its own pointer has."""
    removes: bool
    value: Node | None
    """What it writes; None where it says none: it removes, or takes the value from elsewhere."""


def operations(root: Node, at: Path) -> Iterator[Operation]:
    """Yield the operations that set or remove a field, or a part above it, in the order in which they are applied."""
    for index, op in enumerate(root.items):
        said, verb = op.get("path"), op.get("op")
        pointer = [step.replace("~1", "/").replace("~0", "~") for step in said.value.split("/")[1:]] if said else []
        word = verb.value if verb is not None else ""
        if pointer and [str(step) for step in at[: len(pointer)]] == pointer and word != "test":
            yield Operation(index, op.line, len(pointer), word == "remove", op.get("value"))

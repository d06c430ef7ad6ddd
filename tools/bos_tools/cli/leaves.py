"""The options of a verb, flat: each field of its dataclass, and of those nested in it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from bos_tools.errors import Usage
from bos_tools.verbs.options import Argument, Option


class Leaf(NamedTuple):
    """One option or argument."""

    name: str
    kind: Any
    """The type of its value."""
    default: Any
    """MISSING for one that must be said."""
    said: Option | Argument

    @property
    def flag(self) -> str:
        """Return it as a person writes it."""
        if isinstance(self.said, Argument):
            return str(self.said.metavar)
        flag = self.said.flags[0] if self.said.flags else f"--{self.name.replace('_', '-')}"
        return flag.partition("/")[0]

    def needs(self, outer: Option) -> "Leaf":
        """Return it with what the field around it needs, too."""
        if isinstance(self.said, Argument):
            return self
        needs, idle_with = self.said.needs or outer.needs, (*self.said.idle_with, *outer.idle_with)
        return self._replace(said=replace(self.said, needs=needs, idle_with=idle_with))


def leaves(*kinds: type) -> dict[str, Leaf]:
    """Return the options of dataclasses by their names, in order; those of a nested one in its place."""
    return {leaf.name: leaf for kind in kinds for leaf in _leaves(kind)}


def _leaves(kind: type) -> Iterator[Leaf]:
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        note = hints[field.name]
        inner = get_args(note)[0] if get_origin(note) is Annotated else note
        said = next((said for said in get_args(note)[1:] if isinstance(said, Option | Argument)), Option())
        if not is_dataclass(inner):
            yield Leaf(field.name, inner, field.default, said)
        elif isinstance(said, Option) and isinstance(inner, type):
            yield from (leaf.needs(said) for leaf in _leaves(inner))


def built(kind: Any, values: Mapping[str, Any]) -> Any:
    """Return a dataclass with the values of its leaves; raises what it raises of values that exclude each other."""
    hints = get_type_hints(kind)
    return kind(
        **{
            field.name: built(hints[field.name], values) if is_dataclass(hints[field.name]) else values[field.name]
            for field in fields(kind)
        }
    )


def refuse_idle(said: Iterable[str], values: Mapping[str, Any], known: Mapping[str, Leaf]) -> None:
    """Raise Usage for an option that would do nothing beside the others."""
    for leaf in (known[name] for name in sorted(said)):
        if isinstance(leaf.said, Argument):
            continue
        if leaf.said.needs and not any(values[need] for need in leaf.said.needs):
            *more, last = (known[need].flag for need in leaf.said.needs)
            needed = f"{', '.join(more)} or {last}" if more else last
            raise Usage(f"{leaf.flag} does nothing without {needed}", reason="usage")
        for other in leaf.said.idle_with:
            if values[other]:
                raise Usage(f"{leaf.flag} does nothing with {known[other].flag}", reason="usage")


def has_default(leaf: Leaf) -> bool:
    """Tell whether an option may be left out."""
    return leaf.default is not MISSING

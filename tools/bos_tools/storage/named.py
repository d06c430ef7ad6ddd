"""Which volume of an environment a name means; a unit that can't be read blocks only itself."""

from bos_tools.errors import RepositoryError, Usage
from bos_tools.storage.volumes import CLAIM, DATABASE, Volume, volumes
from bos_tools.tree.graph import Graph
from bos_tools.tree.layout import Tree, Unit

Broken = dict[Unit, RepositoryError]
"""The units that can't be read, and why."""


def readable(tree: Tree, env: str | None) -> tuple[list[Volume], Broken]:
    """Return the volumes of every unit that can be read, and why the others can't."""
    found: list[Volume] = []
    broken: Broken = {}
    for unit in tree.units(env):
        try:
            found += [volume for volume in volumes(tree.graph, unit) if volume.size]  # a size that is none raises
        except RepositoryError as error:
            broken[unit] = error
    return found, broken


def find(tree: Tree, env: str, what: str) -> Volume:
    """Return the volume that a service, a claim, or the plan's name for several claims means.

    Raises Usage for a name that means none or several, and what is wrong with the unit that is meant.
    """
    everything, broken = readable(tree, env)
    named = [v for v in everything if what in (v.name, *v.claims)]
    named = named or [v for v in everything if v.unit.service == what]
    if len(named) == 1:
        return named[0]
    hint = f"one of {', '.join(v.name for v in named or everything) or 'none'}"
    if named:
        raise Usage(f"several volumes in {env} answer to this name: {what}", reason="which-claim", hint=hint)
    for unit, error in broken.items():
        if what == unit.service or what.startswith(f"{unit.service}-"):
            raise error
    unread = f"; not readable: {', '.join(unit.service for unit in broken)}" if broken else ""
    raise Usage(f"no claim or service of {env} has this name: {what!a}", reason="unknown-claim", hint=hint + unread)


def claims(graph: Graph, unit: Unit) -> dict[str, str]:
    """Return each claim's size as Git writes it; those of a database, which its operator makes, by the volume's."""
    return {
        volume.name if volume.kind == DATABASE else size.object.name: size.said.value
        for volume in volumes(graph, unit)
        for size in volume.sizes
        if size.object.kind in (CLAIM, DATABASE)
    }

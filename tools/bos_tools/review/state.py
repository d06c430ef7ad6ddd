"""The state of every service in every environment, and what differs from the environment before."""

from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct

from bos_tools.errors import RepositoryError
from bos_tools.storage.named import claims
from bos_tools.tree.kustomization import Pin
from bos_tools.tree.layout import Tree


class Value(Struct, frozen=True):
    """A pin's version or a claim's size in one environment."""

    service: str
    name: str
    field: str
    """`image` or `claim`."""
    env: str
    value: str
    digest: str | None
    differs: bool
    """From the environment before; where the service is missing there, too."""


class State(Struct, frozen=True):
    """All values, and the units that can't be read."""

    values: tuple[Value, ...]
    broken: tuple[RepositoryError, ...]


def state(tree: Tree, env: str | None = None) -> State:
    """Return every service's versions and sizes; with an environment, that one compared with the one before."""
    envs = tree.settings.environments
    shown = envs if env is None else (tree.environment_name(env),)
    before = {later: earlier for earlier, later in pairwise(envs)}
    read: dict[str, dict[tuple[str, str, str], tuple[str, str | None]]] = {}
    broken: list[RepositoryError] = []
    for name in dict.fromkeys([*shown, *(before[e] for e in shown if e in before)]):
        read[name] = dict(_environment(tree, name, broken))
    values = [
        Value(service, name, field, e, value, digest, e in before and read[before[e]].get(key) != (value, digest))
        for e in shown
        for key, (value, digest) in read[e].items()
        for service, field, name in [key]
    ]
    return State(tuple(values), tuple(broken))


def _environment(
    tree: Tree, env: str, broken: list[RepositoryError]
) -> Iterator[tuple[tuple[str, str, str], tuple[str, str | None]]]:
    for service in tree.services(env):
        try:
            unit, found = tree.unit(env, service)
            pins = [((service, "image", pin.name), (_version(pin), pin.digest)) for pin in found.pins]
            sizes = claims(tree.graph, unit)
        except RepositoryError as error:
            broken.append(error)
            continue
        yield from pins
        for name in sorted(sizes):
            yield (service, "claim", name), (sizes[name], None)


def _version(pin: Pin) -> str:
    return pin.tag or (pin.digest or "-")[:19]

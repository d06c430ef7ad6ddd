"""Which Secrets and keys the rendered objects read."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from bos_tools.review import database
from bos_tools.review.rendered import Pod, Rendered, down, pods
from bos_tools.tree.nodes import Path
from bos_tools.tree.secrets import Contract


class Use(NamedTuple):
    """One place where a Secret is named."""

    secret: str
    key: str | None
    """None where the whole Secret is read: `envFrom`, a volume without items, an operator."""
    path: Path


def uses(made: Rendered) -> Iterator[Use]:
    """Yield every Secret that an object names: by its pods, or as CloudNativePG and its Barman plug-in read it."""
    for pod in pods(made):
        yield from _pod(pod)
    if database.is_database(made):
        yield from (Use(name, None, path) for name, path in database.secrets(made))
    if made.object.kind == "ObjectStore":
        place: Path = ("spec", "configuration", "s3Credentials")
        for field, said in (made.get(*map(str, place)) or {}).items():
            if isinstance(said, dict) and said.get("name"):
                yield Use(str(said["name"]), said.get("key"), (*place, field))


def _pod(pod: Pod) -> Iterator[Use]:
    for index, said in enumerate(pod.get("imagePullSecrets") or []):
        yield Use(str(said.get("name")), ".dockerconfigjson", (*pod.path, "imagePullSecrets", index))
    for index, volume in enumerate(pod.volumes):
        place = (*pod.path, "volumes", index)
        yield from _volume(volume.get("secret"), (*place, "secret"))
        for number, source in enumerate(down(volume, "projected", "sources") or []):
            yield from _volume(source.get("secret"), (*place, "projected", "sources", number, "secret"))
    for container in pod.containers:
        for number, source in enumerate(container.get("envFrom") or []):
            if (name := down(source, "secretRef", "name")) is not None:
                yield Use(str(name), None, (*container.path, "envFrom", number))
        for number, variable in enumerate(container.variables):
            if (said := down(variable, "valueFrom", "secretKeyRef")) is not None:
                yield Use(str(said.get("name")), said.get("key"), (*container.path, "env", number))


def _volume(said: Any, path: Path) -> Iterator[Use]:
    if not isinstance(said, dict):
        return
    name = str(said.get("secretName") or said.get("name"))
    items = said.get("items")
    if not items:
        yield Use(name, None, path)
    for index, item in enumerate(items or []):
        yield Use(name, item.get("key"), (*path, "items", index))


def needed(objects: Iterable[Rendered], contract: Contract) -> dict[tuple[str, str], list[str]]:
    """Return each Secret and key that objects read, with its readers; a whole Secret has the contract's keys."""
    found: dict[tuple[str, str], set[str]] = {}
    for made in objects:
        for use in uses(made):
            secret = contract.secrets.get(use.secret)
            keys = [use.key] if use.key is not None else list(secret.keys) if secret is not None else []
            for one in keys:
                found.setdefault((use.secret, one), set()).add(f"{made.object.kind} {made.object.name}")
    order = {name: number for number, name in enumerate(contract.secrets)}
    return {
        pair: sorted(found[pair]) for pair in sorted(found, key=lambda pair: (order.get(pair[0], len(order)), pair))
    }

"""The volumes that an environment's render asks for: claims, and the storage of a CloudNativePG cluster."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bos_tools.errors import RepositoryError
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import Object, objects
from bos_tools.review.plan import SERVICES
from bos_tools.review.world import down
from bos_tools.tree.layout import Tree, Unit
from bos_tools.tree.quantity import GIB, quantity


@dataclass(frozen=True)
class Kept:
    """One volume in Git, and how its claims are named in the cluster; sizes in bytes."""

    service: str
    name: str
    namespace: str
    size: int
    storage_class: str
    top: int | None
    """The end of the plan's range; None where the plan has none."""
    live: str
    """A pattern of the names of its claims in the cluster."""
    count: int
    """How many there are."""


def volumes(tree: Tree, renderer: Renderer, env: str) -> list[Kept]:
    """Return an environment's volumes by service and name.

    Raises RepositoryError for a unit that does not render, or a size that is none.
    """
    units = tree.units(env)
    renders = renderer.render([(tree.graph, unit.folder) for unit in units])
    found = [kept for unit, text in zip(units, renders, strict=True) for kept in _volumes(unit, text)]
    return sorted(found, key=lambda one: (one.service, one.name))


def _volumes(unit: Unit, render: bytes) -> Iterator[Kept]:
    for made in objects(render):
        if made.kind == "PersistentVolumeClaim":
            resources = down(made.data, "spec", "resources", "requests", "storage")
            used = down(made.data, "spec", "storageClassName")
            yield _kept(unit, made, made.name, resources, used, live=re.escape(made.name), count=1)
        elif made.kind == "Cluster" and made.group == "postgresql.cnpg.io":
            count = int(down(made.data, "spec", "instances") or 1)
            for field, suffix in (("storage", ""), ("walStorage", "-wal")):  # CloudNativePG numbers its claims
                size, used = (down(made.data, "spec", field, key) for key in ("size", "storageClass"))
                if size is not None:
                    live = rf"{re.escape(made.name)}-[0-9]+{suffix}"
                    yield _kept(unit, made, f"{made.name}{suffix}", size, used, live=live, count=count)


def _kept(unit: Unit, made: Object, name: str, size: Any, used: Any, *, live: str, count: int) -> Kept:
    number = quantity(size)
    if number is None:
        raise RepositoryError(f"the size of claim {name} is none: {size}", reason="bad-size", path=unit.folder)
    planned = SERVICES[unit.service].claims if unit.service in SERVICES else {}
    ranges = planned.get(name, next(iter(planned.values())) if len(planned) == 1 else None)
    top = ranges[1] * GIB if ranges else None
    return Kept(unit.service, name, made.namespace, int(number), str(used or ""), top, live, count)

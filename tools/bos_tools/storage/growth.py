"""When and how far claims grow: the `growth` of an environment.yaml."""

import re
from dataclasses import dataclass
from typing import Any

from bos_tools.errors import RepositoryError
from bos_tools.tree.layout import Tree
from bos_tools.tree.nodes import parse, plain_data

GIB = 2**30


@dataclass(frozen=True)
class ClassLimits:
    """How fast the volumes of one StorageClass may grow."""

    step: int
    """Bytes that one growth adds at most."""
    count: int
    """Growths of one volume …"""
    hours: int
    """… in a rolling window of so many hours."""


@dataclass(frozen=True)
class Growth:
    """When a growth is due, and how far it goes."""

    threshold: float
    """The filled part from which on it is due."""
    lead_time: float
    """Days before a volume is full from which on it is due."""
    horizon: float
    """Days that the new size lasts."""
    target_fill: float
    """The part that is filled at the end of them."""
    classes: dict[str, ClassLimits]
    path: str

    @property
    def longest(self) -> int:
        """Return the hours of the longest window of a budget."""
        return max((limits.hours for limits in self.classes.values()), default=0)

    def of(self, storage_class: str) -> ClassLimits:
        """Return the limits of a StorageClass.

        Raises RepositoryError for one that has none: nobody said what its volumes bear.
        """
        if storage_class not in self.classes:
            raise RepositoryError(
                f"`growth.classes` has no limits for this StorageClass: {storage_class or 'none'}",
                reason="no-growth-limits",
                path=self.path,
            )
        return self.classes[storage_class]


def growth(tree: Tree, env: str) -> Growth:
    """Return an environment's rules of growth.

    Raises RepositoryError where its environment.yaml has none, or ones that contradict each other.
    """
    path, table = _says(tree, env)
    said = table.get("growth")
    if not isinstance(said, dict):
        raise RepositoryError(f"{env} does not say when a claim grows: no `growth`", reason="no-growth", path=path)
    try:
        made = Growth(
            threshold=_part(said["threshold"]),
            lead_time=_number(said["leadTime"], "d"),
            horizon=_number(said["horizon"], "d"),
            target_fill=_part(said["targetFill"]),
            classes={name: _limits(of) for name, of in said["classes"].items()},
            path=path,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RepositoryError(f"malformed `growth`: {error}", reason="malformed-growth", path=path) from error
    if made.target_fill > made.threshold or made.horizon < made.lead_time:
        raise RepositoryError(
            "a growth would be due again at once: targetFill is at most threshold, and horizon at least leadTime",
            reason="malformed-growth",
            path=path,
        )
    return made


def is_said(tree: Tree, env: str) -> bool:
    """Tell whether an environment says anything of growth."""
    return "growth" in _says(tree, env)[1]


def prometheus(tree: Tree, env: str) -> str | None:
    """Return the address of an environment's Prometheus, when its environment.yaml names one."""
    named = _says(tree, env)[1].get("prometheus")
    return named if isinstance(named, str) else None


def prometheus_labels(tree: Tree, env: str) -> dict[str, str]:
    """Return the labels that tell an environment's series from those of another cluster in the same Prometheus.

    Every environment has the same namespace and claims, so a Prometheus that holds several needs them.
    """
    named = _says(tree, env)[1].get("prometheusLabels")
    return {str(name): str(value) for name, value in named.items()} if isinstance(named, dict) else {}


def _says(tree: Tree, env: str) -> tuple[str, dict[str, Any]]:
    path = f"overlays/{env}/environment.yaml"
    data = tree.source.read(path)
    table = plain_data(parse(data, path).single()) if data is not None else {}
    return path, table if isinstance(table, dict) else {}


def _limits(of: dict[str, Any]) -> ClassLimits:
    budget = of["budget"]
    return ClassLimits(_number(of["step"], "Gi") * GIB, _count(budget["count"]), _count(budget["hours"]))


def _number(text: object, unit: str) -> int:
    if not re.fullmatch(rf"[1-9][0-9]*{unit}", str(text)):
        raise ValueError(f"a number with the unit {unit}: {text}")
    return int(str(text)[: -len(unit)])


def _part(value: object) -> float:
    if type(value) is not int or not 0 < value <= 100:
        raise ValueError(f"per cent, from 1 to 100: {value}")
    return value / 100


def _count(value: object) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"a count from 1 on: {value}")
    return value

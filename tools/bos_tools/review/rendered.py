"""One object of a render, its pods and their containers: typed views of data that a schema has judged before."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from bos_tools.tree.identity import Object
from bos_tools.tree.layout import Unit
from bos_tools.tree.nodes import Path

TEMPLATES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "Job"), ("spec", "template")),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
"""Kinds that make pods, and where the template of these stands."""


@dataclass(frozen=True)
class Rendered:
    """One object of the render and the unit that it is in."""

    unit: Unit
    object: Object

    @property
    def owner(self) -> "Rendered":
        """Return the object that the whole is in: itself."""
        return self

    @property
    def path(self) -> Path:
        """Return where it stands in its owner."""
        return ()

    @property
    def name(self) -> str:
        """Return its name."""
        return self.object.name

    @property
    def data(self) -> Any:
        """Return the object itself."""
        return self.object.data

    def get(self, *path: str) -> Any:
        """Return a field's value, None where it is absent."""
        return down(self.object.data, *path)


class Part(Protocol):
    """An object, or something in it, that a fault can be about."""

    @property
    def owner(self) -> Rendered:
        """Return the object that it is in."""

    @property
    def path(self) -> Path:
        """Return where it stands in its owner."""


@dataclass(frozen=True)
class Pod:
    """The pods that a workload makes."""

    owner: Rendered
    spec: dict[str, Any]
    path: Path
    """Of the spec."""
    labels: dict[str, Any]

    @property
    def name(self) -> str:
        """Return the workload's name."""
        return self.owner.object.name

    @property
    def is_job(self) -> bool:
        """Tell whether the pods end by themselves."""
        return self.owner.object.kind in ("Job", "CronJob")

    @property
    def volumes(self) -> list[dict[str, Any]]:
        """Return the volumes that its containers may mount."""
        return self.spec.get("volumes") or []

    @property
    def tolerations(self) -> list[dict[str, Any]]:
        """Return the taints that it bears."""
        return self.spec.get("tolerations") or []

    @property
    def claims(self) -> list[str]:
        """Return the names of the claims that it mounts."""
        names = [down(volume, "persistentVolumeClaim", "claimName") for volume in self.volumes]
        return [str(name) for name in names if name is not None]

    @property
    def containers(self) -> "list[Container]":
        """Return its containers, those that only start it first."""
        return [
            Container(self, data, (*self.path, key, index), is_init=key == "initContainers")
            for key in ("initContainers", "containers")
            for index, data in enumerate(self.spec.get(key) or [])
        ]

    def get(self, *path: str) -> Any:
        """Return a field's value, None where it is absent."""
        return down(self.spec, *path)


@dataclass(frozen=True)
class Container:
    """One container of a pod."""

    pod: Pod
    data: dict[str, Any]
    path: Path
    is_init: bool

    @property
    def owner(self) -> Rendered:
        """Return the workload."""
        return self.pod.owner

    @property
    def name(self) -> str:
        """Return its name."""
        return str(self.data.get("name"))

    @property
    def image(self) -> str:
        """Return what it runs."""
        return str(self.data.get("image") or "")

    @property
    def variables(self) -> list[dict[str, Any]]:
        """Return the entries of its environment."""
        return self.data.get("env") or []

    @property
    def ports(self) -> list[dict[str, Any]]:
        """Return the ports that it names."""
        return self.data.get("ports") or []

    def get(self, *path: str) -> Any:
        """Return a field's value, None where it is absent."""
        return down(self.data, *path)


def pods(made: Rendered) -> Iterator[Pod]:
    """Yield the pods that an object makes, nothing of one that makes none."""
    template = TEMPLATES.get(made.object.kind)
    if template is not None:
        labels = made.get(*template, "metadata", "labels") or {}
        yield Pod(made, made.get(*template, "spec") or {}, (*template, "spec"), labels)


def down(data: Any, *path: str) -> Any:
    """Return what lies at a path of keys, None where it is absent."""
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def selected(selector: Any, labels: dict[str, Any]) -> bool:
    """Tell whether labels fulfil a selector; an empty one selects all, none selects nothing.

    >>> selected({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}, {"a": "b"})
    True
    """
    if not isinstance(selector, dict):
        return False
    fulfilled = (selector.get("matchLabels") or {}).items() <= labels.items()
    for said in selector.get("matchExpressions") or []:
        value, values = labels.get(said.get("key")), said.get("values") or []
        verdict = {
            "In": value in values, "NotIn": value not in values,
            "Exists": value is not None, "DoesNotExist": value is None,
        }  # fmt: skip
        fulfilled = fulfilled and verdict.get(str(said.get("operator")), False)
    return fulfilled


def tolerates(toleration: Any, taint: str) -> bool:
    """Tell whether a toleration bears a taint `key=value:effect`."""
    said, _, effect = taint.rpartition(":")
    key, _, value = said.partition("=")
    is_same = toleration.get("operator") == "Exists" or str(toleration.get("value") or "") == value
    return toleration.get("key") in (key, None) and is_same and toleration.get("effect") in (effect, None, "")


def line_of(data: bytes, mark: bytes) -> int:
    """Return the line on which a text first stands, else the first."""
    at = data.find(mark)
    return data.count(b"\n", 0, at) + 1 if at >= 0 else 1

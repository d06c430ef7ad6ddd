"""What the rules look at: one environment, rendered, and a pair of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bos_tools.errors import RepositoryError
from bos_tools.review.locate import locate
from bos_tools.review.registry import Fault
from bos_tools.review.rendered import Container, Part, Pod, Rendered, pods
from bos_tools.review.schema import Wrong
from bos_tools.tree.environment import Environment, Gates, NodeGroup
from bos_tools.tree.kustomization import Kustomization
from bos_tools.tree.layout import Tree, Unit
from bos_tools.tree.nodes import Path
from bos_tools.tree.secrets import Contract
from bos_tools.tree.service_plan import ServicePlan, Workload


@dataclass
class World:
    """One environment as the rules see it: what it says of itself, its units, and every object in it."""

    tree: Tree
    name: str
    facts: Environment | None = None
    """What it says of itself; None where that can't be read, which has its own finding."""
    units: list[tuple[Unit, Kustomization]] = field(default_factory=list)
    objects: list[Rendered] = field(default_factory=list)
    registration: list[Rendered] = field(default_factory=list)
    """What Argo CD is told of the environment, as it renders; it is no unit, and two rules alone judge it."""
    wrong: list[tuple[Rendered, Wrong]] = field(default_factory=list)
    """What no API server takes. A misshapen object is not among `objects`, because a rule could fall over it."""
    rendered: set[str] = field(default_factory=set)
    """The services whose unit renders: only of them can a rule say that something is absent."""
    aggregator: Kustomization | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    """Every file of base/ and of this overlay, used or not."""
    plans: dict[str, ServicePlan] = field(default_factory=dict)
    """What the plan says of each service."""
    contract: Contract = field(default_factory=lambda: Contract({}))
    unread: list[RepositoryError] = field(default_factory=list)
    """Why a file or a unit could not be read or rendered; what is about it is absent from the rest."""

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep the error of what can't be read, and go on."""
        try:
            yield
        except RepositoryError as error:
            self.unread.append(error)

    @property
    def is_whole(self) -> bool:
        """Tell whether every unit renders, so that what is not in `objects` is nowhere."""
        return self.rendered == set(self.tree.services(self.name))

    @property
    def workloads(self) -> dict[str, Workload]:
        """Return the plan's numbers of each service that has some."""
        return {name: plan.workload for name, plan in self.plans.items() if plan.workload is not None}

    @property
    def baseline(self) -> set[str]:
        """Return what runs as root, as its image is shipped."""
        return {name for name, planned in self.workloads.items() if planned.pod_security == "baseline"}

    @property
    def gates(self) -> Gates:
        """Return what the environment demands; nothing where its environment.yaml can't be read."""
        return self.facts.gates if self.facts is not None else Gates()

    def of(self, *kinds: str) -> Iterator[Rendered]:
        """Yield the objects of some kinds."""
        return (made for made in self.objects if made.object.kind in kinds)

    def one(self, kind: str, name: str) -> Rendered | None:
        """Return an object by kind and name."""
        return next((made for made in self.of(kind) if made.object.name == name), None)

    def nodes(self, role: str | None) -> NodeGroup | None:
        """Return the nodes of a role, None where the environment has none."""
        return self.facts.group(role) if self.facts is not None else None

    def pods(self) -> Iterator[Pod]:
        """Yield the pods of every workload."""
        for made in self.objects:
            yield from pods(made)

    def containers(self) -> Iterator[Container]:
        """Yield every container, those too that only start a pod."""
        for pod in self.pods():
            yield from pod.containers

    def labelled(self) -> Iterator[tuple[Rendered, dict[str, Any]]]:
        """Yield everything that makes pods with the labels that its pods bear; an operator's database among them."""
        for pod in self.pods():
            yield pod.owner, pod.labels
        for made in self.of("Cluster"):
            yield made, {"cnpg.io/cluster": made.name, **(made.get("spec", "inheritedMetadata", "labels") or {})}

    def at(self, part: Part, message: str, path: Path = ()) -> Fault:
        """Return a fault at the source of a field of an object, of its pod or of a container."""
        made = part.owner
        file, line = locate(self.tree.graph, made.unit.folder, made.object, (*part.path, *path))
        return Fault(file, line, message, made.object.id)

    def file(self, path: str, line: int, message: str) -> Fault:
        """Return a fault at a place in a file."""
        return Fault(path, line, message)


Recovered = Mapping[tuple[str, str], bool]
"""Volumes whose infeasible growth a commit says to take back, each with the size that the commit gives it, and whether
the history shows it."""


@dataclass(frozen=True)
class Pair:
    """One environment before and after a change."""

    old: World
    new: World
    recovered: Recovered = field(default_factory=dict)

    def same(self, *kinds: str) -> Iterator[tuple[Rendered, Rendered]]:
        """Yield each object of some kinds that is there before and after."""
        before = {made.object.id: made for made in self.old.of(*kinds)}
        for made in self.new.of(*kinds):
            if made.object.id in before:
                yield before[made.object.id], made

"""When and how far claims grow: the `growth` of an environment.yaml."""

from dataclasses import dataclass

from bos_tools.errors import RepositoryError
from bos_tools.tree import layout
from bos_tools.tree.layout import Tree


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
    from bos_tools.tree.environment import days

    said = tree.environment(env).growth
    if said is None:
        raise tree.unsaid(env, f"{env} does not say when a claim grows: no `growth`", reason="no-growth")
    return Growth(
        threshold=said.threshold / 100,
        lead_time=days(said.lead_time),
        horizon=days(said.horizon),
        target_fill=said.target_fill / 100,
        classes={
            name: ClassLimits(limits.step_bytes, limits.budget.count, limits.budget.hours)
            for name, limits in said.classes.items()
        },
        path=layout.environment_file(env),
    )

"""Which Secrets and keys an environment reads, and what of it its cluster has."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bos_tools.errors import RepositoryError, Usage

if TYPE_CHECKING:
    from bos_tools.doors.kubernetes.client import Cluster
    from bos_tools.tree.layout import Tree
    from bos_tools.tree.secrets import Contract

Pair = tuple[str, str]
"""A Secret and one of its keys."""


@dataclass(frozen=True)
class Needs:
    """What one environment reads."""

    env: str
    namespace: str
    pairs: dict[Pair, list[str]]
    """Secret and key to the objects that read it, in the order of the contract."""
    registries: tuple[str, ...]
    contract: "Contract"

    @classmethod
    def of(cls, tree: "Tree", env: str | None) -> "Needs":
        """Render an environment and read what it needs.

        Raises RepositoryError when a part of it can't be rendered.
        """
        from bos_tools.render.kustomize import Renderer
        from bos_tools.render.objects import images
        from bos_tools.review.reading import environments
        from bos_tools.review.uses import needed

        name = tree.environment_name(env)
        (world,) = environments(tree, Renderer(), [name])
        for found in world.unread:
            raise RepositoryError(
                found.message, reason="broken", path=found.path, line=found.line, hint="bos-tools check"
            )
        namespace = tree.environment(name).namespace
        if namespace is None:
            raise tree.unsaid(name, "no namespace is named")
        hosts = {image.partition("/")[0] for made in world.objects for _, image in images(made.object) if "/" in image}
        private = tuple(sorted(host for host in hosts if set(host) & {".", ":"}))
        return cls(name, namespace, needed(world.objects, world.contract), private, world.contract)

    def held(self, cluster: "Cluster") -> dict[Pair, bytes]:
        """Return what the cluster has of it, and of what its values are made of."""
        from bos_tools.doors.kubernetes.secrets import held

        made_of = {name for pair in self.pairs for name, _ in getattr(self.contract.key(*pair), "refers", [])}
        return held(cluster, self.namespace, sorted({name for name, _ in self.pairs} | made_of))

    def registry(self, named: str | None) -> str:
        """Return the registry to log in to: the one named, else the one private one of the pins.

        Raises Usage when that is none or several.
        """
        if named is None and len(self.registries) != 1:
            known = ", ".join(self.registries) or "none is pinned"
            raise Usage(f"which registry is meant is not clear: {known}", reason="usage", hint="--registry HOST")
        return named or self.registries[0]

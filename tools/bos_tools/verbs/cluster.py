"""Which cluster a verb asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from bos_tools.verbs.options import Option

if TYPE_CHECKING:
    from bos_tools.doors.kubernetes.client import Cluster
    from bos_tools.doors.kubernetes.live import LiveCluster


@dataclass(frozen=True)
class Asked:
    """A cluster, by a kubeconfig and its context."""

    kubeconfig: Annotated[
        str | None, Option("The cluster; default: KUBECONFIG, or the user's own.", ("--kubeconfig",))
    ] = None
    cluster: Annotated[str | None, Option("The kubeconfig's context.", ("--context",))] = None

    def connect(self) -> "Cluster":
        """Connect; use it as a context."""
        from bos_tools.doors.kubernetes.client import Cluster

        return Cluster.connect(self.kubeconfig, self.cluster)

    @contextmanager
    def live(self) -> "Iterator[LiveCluster]":
        """Lend the objects in which a growth is seen."""
        from bos_tools.doors.kubernetes.live import LiveCluster

        with self.connect() as cluster:
            yield LiveCluster(cluster)

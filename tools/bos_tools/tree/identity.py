"""Who an object is, in the files and in the render alike."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Object:
    """One object, in the namespace that the kustomizations give it."""

    kind: str
    group: str
    namespace: str
    name: str
    data: Any

    @property
    def id(self) -> str:
        """Return who it is, version aside: `Deployment.apps buildingos/backend`."""
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"

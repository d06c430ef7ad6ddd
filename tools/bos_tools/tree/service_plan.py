"""What the plan says of one service: the typed content of its base's plan.yaml.

The JSON Schema beside the bases is generated from these types (`make schemas`).
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from bos_tools.tree.policy import Versions
from bos_tools.tree.secrets import Secret

Gibibytes = Annotated[str, Meta(pattern=r"^[1-9][0-9]*Gi$")]
Quantity = Annotated[str, Meta(pattern=r"^[0-9.]+(m|[KMGT]i)?$")]
Port = Annotated[int, Meta(ge=1, le=65535)]
Count = Annotated[int, Meta(ge=1)]
Name = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]


class Resources(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """CPU and memory of the container that bears the service's name, as Kubernetes writes them."""

    cpu: Quantity
    memory: Quantity

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return each resource with its quantity."""
        return ("cpu", self.cpu), ("memory", self.memory)


class Scaling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bounds of the HPA, and the CPU that it aims at."""

    min: Count
    max: Count
    cpu: Annotated[int, Meta(ge=1, le=100, description="Per cent of the requests")]


class Claim(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one claim holds, and how large it may be."""

    holds: Annotated[str, Meta(min_length=1, description="What lies in it, in words")]
    data: Annotated[
        Literal["irreplaceable", "reproducible", "disposable"],
        Meta(description="Whether what is lost can be made again, or is not missed"),
    ]
    min: Gibibytes | None = None
    max: Gibibytes | None = None
    wal: Annotated[
        bool, Meta(description="It has a write-ahead log, which an archiver or a replica may keep from being removed")
    ] = False

    def __post_init__(self) -> None:
        """Refuse half of a range, and one that is empty."""
        sizes = self.range
        if (self.min is None) != (self.max is None) or (sizes is not None and sizes[0] > sizes[1]):
            raise ValueError("a range has a min and a max, and the min is no larger")

    @property
    def range(self) -> tuple[int, int] | None:
        """Return the range in GiB, None where the plan has none."""
        if self.min is None or self.max is None:
            return None
        return int(self.min.removesuffix("Gi")), int(self.max.removesuffix("Gi"))


class Workload(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What runs, and with which numbers."""

    kind: Literal["Deployment", "StatefulSet"]
    ports: Annotated[tuple[Port, ...], Meta(description="The ports of the Service of this name")]
    requests: Resources
    limits: Resources
    claims: dict[Name, Claim] = {}
    replicas: Annotated[tuple[Count, ...], Meta(min_length=1, description="The counts that Git may say")] = (1,)
    hpa: Scaling | None = None
    nodes: Annotated[Name, Meta(description="The role of the dedicated nodes that it needs")] | None = None
    elects: (
        Annotated[str, Meta(description="The container that elects the one of several replicas that takes the writes")]
        | None
    ) = None
    grace: Annotated[int, Meta(ge=1, description="Seconds that it may need to stop")] = 1
    drains: Annotated[
        bool,
        Meta(description="It acts before the signal: leaves the endpoints, or stops what the signal does not reach"),
    ] = False
    pod_security: Annotated[
        Literal["restricted", "baseline"], Meta(description="`baseline` runs as root, as its image is shipped")
    ] = "restricted"


class ServicePlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What the plan says of one service."""

    workload: Workload | None = None
    data_service: Annotated[
        bool,
        Meta(description="Its data outlives its pods: no bump changes its major version or variant unasked"),
    ] = False
    versions: Annotated[
        Versions | None, Meta(description="What the tags of its own image look like; default: whatever has a number")
    ] = None
    secrets: Annotated[dict[Name, Secret], Meta(description="The Secrets that it owns; others may read them too")] = (
        field(default_factory=dict)
    )

    def claim(self, name: str) -> Claim | None:
        """Return what the plan says of a claim, or of the claims of a template or a database by their one name."""
        return self.workload.claims.get(name) if self.workload is not None else None

    def range(self, name: str) -> tuple[int, int] | None:
        """Return the range of a claim in GiB, None where the plan has none."""
        claim = self.claim(name)
        return claim.range if claim is not None else None

    def holds_wal(self, name: str) -> bool:
        """Tell whether a claim holds a write-ahead log."""
        claim = self.claim(name)
        return claim is not None and claim.wal


WHOLE = Annotated[ServicePlan, Meta(title="What the plan says of one service")]

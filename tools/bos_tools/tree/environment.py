"""What an environment is and demands: the typed content of its environment.yaml.

The JSON Schema beside the overlays is generated from these types (`make schemas`).  A command asks for what it needs:
a section that is absent is refused only where it is asked for, and `check` demands them all; one that is there is read
whole, so that a misspelt word never takes a guard away.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from bos_tools.tree.policy import Versions
from bos_tools.tree.quantity import GIB

Name = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
Days = Annotated[str, Meta(pattern=r"^[1-9][0-9]*d$")]
Count = Annotated[int, Meta(ge=1)]
Taint = Annotated[str, Meta(pattern=r"^[^=:]+=[^=:]*:(NoSchedule|PreferNoSchedule|NoExecute)$")]
Pinned = Annotated[str, Meta(pattern=r"^[^:]+:[^:]+$")]
Percent = Annotated[int, Meta(ge=1, le=100, description="Per cent")]

PRODUCTION = "production"


class Classes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The StorageClasses by what they give."""

    block: str
    shared: str


class NodeGroup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nodes of one role: those of a role that a service's plan names take no other pods."""

    role: Name
    count: Count
    cpu: Count
    memory: Annotated[str, Meta(pattern=r"^[0-9]+Gi$")]
    labels: dict[str, str] = {}
    taints: tuple[Taint, ...] = ()


class AddOn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A chart that must run in the cluster beforehand, at one version, synced by Argo CD."""

    name: Name
    repo_url: Annotated[str, Meta(pattern=r"^(https|oci)://")] = field(name="repoURL")
    chart: Name
    version: Annotated[str, Meta(pattern=r"^v?[0-9]+\.[0-9]+\.[0-9]+$")]
    namespace: Name
    values: Annotated[dict[str, Any], Meta(description="As the chart's values.yaml has them")] = {}


class Budget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Growths of one volume in a rolling window."""

    count: Count
    hours: Count


class ClassGrowth(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How fast the volumes of one StorageClass may grow."""

    step: Annotated[str, Meta(pattern=r"^[1-9][0-9]*Gi$", description="What one growth adds at most")]
    budget: Budget

    @property
    def step_bytes(self) -> int:
        """Return the step in bytes."""
        return int(self.step.removesuffix("Gi")) * GIB


class Growth(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """When a growth is due, and how far it goes."""

    threshold: Percent
    lead_time: Days
    horizon: Days
    target_fill: Annotated[int, Meta(ge=1, le=100, description="Per cent at the horizon")]
    classes: dict[str, ClassGrowth]

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        if self.target_fill > self.threshold or days(self.horizon) < days(self.lead_time):
            raise ValueError(
                "a growth would be due again at once: targetFill is at most threshold, and horizon at least leadTime"
            )


class Gates(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an environment demands of a change."""

    digest: Annotated[
        Literal["optional", "required"], Meta(description="Whether every pin carries the digest of its image")
    ] = "optional"
    prune: Annotated[
        Literal["automatic", "confirm"], Meta(description="Whether a person confirms what Argo CD deletes")
    ] = "automatic"
    undigested: Annotated[
        frozenset[Pinned],
        Meta(
            description="Pins that were made with no registry at hand; each ends with its next bump",
            extra_json_schema={"uniqueItems": True},
        ),
    ] = frozenset()

    @property
    def needs_digest(self) -> bool:
        """Tell whether every pin carries a digest."""
        return self.digest == "required"

    @property
    def holds_pruning(self) -> bool:
        """Tell whether a person confirms what Git no longer has."""
        return self.prune == "confirm"


class ArgoCD(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which Argo CD delivers the environment, and from where."""

    server: Annotated[str, Meta(pattern=r"^https?://", description="Argo CD's address for people and pipelines")]
    namespace: Name
    repo_url: Annotated[str, Meta(min_length=1, description="This repository, as Argo CD reaches it")] = field(
        name="repoURL"
    )
    revision: Annotated[str, Meta(min_length=1)]
    project: Name


class Environment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What an environment is and demands."""

    environment: Name = ""
    tier: Annotated[
        Literal["development", "staging", "production"] | None,
        Meta(description="What a failure costs here; production demands the strictest gates"),
    ] = None
    cluster: Annotated[str, Meta(pattern="^https://", description="The API server, as Argo CD reaches it")] | None = (
        None
    )
    namespace: Name | None = None
    kubernetes: Annotated[str, Meta(pattern=r"^v1\.[0-9]+\.[0-9]+$")] | None = None
    access: Literal["nodeport", "ingress"] | None = None
    host: Annotated[str, Meta(extra_json_schema={"format": "hostname"})] | None = None
    classes: Classes | None = None
    nodes: Annotated[tuple[NodeGroup, ...], Meta(min_length=1)] = ()
    platform: Annotated[tuple[AddOn, ...], Meta(description="What must run in the cluster beforehand")] = ()
    prometheus: (
        Annotated[str, Meta(pattern=r"^https?://[^@]+$", description="Where the cluster's metrics are")] | None
    ) = None
    prometheus_labels: Annotated[
        dict[Annotated[str, Meta(pattern="^[a-zA-Z_][a-zA-Z0-9_]*$")], str],
        Meta(description="What tells this cluster's series from another's in the same Prometheus"),
    ] = {}
    growth: Growth | None = None
    gates: Gates = Gates()
    versions: Annotated[
        dict[Name, Versions],
        Meta(description="What it takes of a service, in place of what the service's plan.yaml says"),
    ] = {}
    argocd: ArgoCD | None = None

    @property
    def is_production(self) -> bool:
        """Tell whether a failure here is one of production."""
        return self.tier == PRODUCTION

    def group(self, role: str | None) -> NodeGroup | None:
        """Return the nodes of a role, None where the environment has none."""
        return next((group for group in self.nodes if group.role == role), None)


SAID = ("environment", "tier", "cluster", "namespace", "kubernetes", "access", "classes", "nodes", "gates", "growth")
"""What every environment.yaml says; `host` too, where the Ingress is the access."""
WHOLE = Annotated[
    Environment,
    Meta(
        title="What an environment is and demands",
        extra_json_schema={
            "required": list(SAID),
            "if": {"properties": {"access": {"const": "ingress"}}},
            "then": {"required": ["host"]},
        },
    ),
]


def days(text: str) -> int:
    """Return a number of days, as `growth` writes it: `30d`."""
    return int(text.removesuffix("d"))

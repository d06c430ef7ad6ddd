"""The plan's numbers (base/README.md, "Services")."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Planned:
    """One service as the plan has it; cpu and memory as Kubernetes writes them, sizes in GiB."""

    kinds: tuple[str, ...]
    ports: tuple[int, ...]
    requests: tuple[str, str]
    limits: tuple[str, str]
    claims: dict[str, tuple[int, int] | None]
    """Name to the range of its size; None where the plan has no range."""
    replicas: tuple[int, ...] = (1,)
    """How many there may be, where no HPA decides."""
    elects: str | None = None
    """The container that elects the one of several replicas that takes the writes."""
    hpa: tuple[int, int, int] | None = None
    """Minimum, maximum, and per cent of CPU."""
    role: str | None = None
    """The dedicated nodes that it needs (rule 4)."""
    grace: int = 1
    """Seconds that it may need to stop."""
    drains: bool = False
    """It must act before the signal: leave the endpoints, or stop what the signal does not reach."""


SERVICES = {
    "web": Planned(
        ("Deployment",),
        (80,),
        ("250m", "256Mi"),
        ("500m", "512Mi"),
        {"frontend-data": (1, 5)},
        hpa=(2, 6, 60),
        grace=30,
        drains=True,
    ),
    "backend": Planned(
        ("Deployment",),
        (3001,),
        ("500m", "1Gi"),
        ("1", "2Gi"),
        {"backend-uploads": (5, 20)},
        hpa=(2, 6, 60),
        grace=30,
        drains=True,
    ),
    "postgres": Planned(
        ("StatefulSet",),
        (5432,),
        ("500m", "2Gi"),
        ("2", "4Gi"),
        {"postgres-data": (20, 100)},
        role="database",
        grace=120,
    ),
    "redis": Planned(
        ("StatefulSet",),
        (6379,),
        ("200m", "256Mi"),
        ("500m", "512Mi"),
        {"redis-data": (1, 1)},
        replicas=(1, 3),
        elects="sentinel",
        role="database",
        grace=60,
    ),
    "tdengine": Planned(
        ("StatefulSet",),
        (6030, 6041),
        ("1", "2Gi"),
        ("2", "4Gi"),
        {"tdengine-data": (50, 200)},
        role="database",
        grace=120,
        drains=True,
    ),
    "emqx": Planned(
        ("StatefulSet",),
        (1883, 8083, 18083),
        ("300m", "512Mi"),
        ("1", "1Gi"),
        {"emqx-data": (1, 2), "emqx-log": (1, 2)},
    ),
    "grafana": Planned(
        ("Deployment",),
        (3000,),
        ("200m", "256Mi"),
        ("500m", "512Mi"),
        {"grafana-data": (1, 5), "grafana-logs": (1, 5)},
    ),
    "zlmediakit": Planned(
        ("Deployment",),
        (80, 554, 1935),
        ("500m", "512Mi"),
        ("1", "1Gi"),
        {"zlmediakit-data": (10, 50)},
        role="streaming",
    ),
    "nodered": Planned(("Deployment",), (1880,), ("200m", "256Mi"), ("500m", "512Mi"), {"nodered-data": None}),
}
BASELINE = frozenset({"tdengine", "zlmediakit"})
"""They run as root as shipped (base/README.md, "One namespace"); all other pods satisfy `restricted`."""

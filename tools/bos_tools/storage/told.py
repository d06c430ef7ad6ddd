"""Who was told of a volume's size between Git and its claims: Argo CD's Application, and a database's operator."""

from dataclasses import dataclass
from decimal import Decimal

from bos_tools.storage.ports import Live
from bos_tools.storage.volumes import DATABASE, Volume
from bos_tools.tree.quantity import quantity


@dataclass(frozen=True)
class Delivery:
    """What Argo CD says of the application that owns a volume."""

    sync: str
    phase: str
    """Of the last operation: `Succeeded`, `Failed`, `Error`, `Running` or nothing."""
    revision: str
    """The commit of the last operation."""
    message: str
    name: str = "the application"
    compared: str = ""
    """The commit that it was compared with."""
    is_behind: bool = False
    """That comparison is of an older commit than the one that gave the size."""
    is_paused: bool = False
    """Nothing syncs it but a person."""

    @property
    def has_failed(self) -> bool:
        """Tell whether the last operation ended badly."""
        return self.phase in ("Failed", "Error")


@dataclass(frozen=True)
class Operator:
    """What a database's object says, which its operator has to make true."""

    size: Decimal
    phase: str


def delivery(cluster: Live, namespace: str, folder: str) -> Delivery | None:
    """Return the state of the application that syncs a unit's folder; None where Argo CD is elsewhere or has none."""
    for one in cluster.applications(namespace):
        spec, status = one.get("spec") or {}, one.get("status") or {}
        sources = [spec.get("source") or {}, *(spec.get("sources") or [])]
        if folder in [str(source.get("path", "")).strip("/") for source in sources]:
            operation, sync = status.get("operationState") or {}, status.get("sync") or {}
            automated = (spec.get("syncPolicy") or {}).get("automated")
            return Delivery(
                sync.get("status") or "",
                operation.get("phase") or "",
                (operation.get("syncResult") or {}).get("revision") or "",
                operation.get("message") or "",
                one["metadata"]["name"],
                sync.get("revision") or "",
                is_paused=automated is None or automated.get("enabled") is False,
            )
    return None


def operator(cluster: Live, volume: Volume) -> Operator | None:
    """Return what a database's object says of a volume's size; None for a volume without an operator."""
    if volume.kind != DATABASE:
        return None
    made = cluster.database(volume.owner, volume.namespace)
    if made is None:
        return None
    part = (made.get("spec") or {}).get(str(volume.sizes[0].at[1])) or {}
    size, status = quantity(part.get("size")), made.get("status") or {}
    said = ", ".join(filter(None, [status.get("phase"), status.get("phaseReason")]))
    return Operator(size, said) if size is not None else None

"""What the quotas of a namespace leave for claims, all claims of a growth together.

A dry run asks for one claim at a time, and each may fit alone.
Source: Kubernetes 1.34, "Storage resource quota" (kubernetes.io/docs/concepts/policy/resource-quotas).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from bos_tools.storage.live import Claim
from bos_tools.storage.ports import Data
from bos_tools.tree.quantity import quantity

REQUESTS = "requests.storage"
OF_CLASS = f".storageclass.storage.k8s.io/{REQUESTS}"


@dataclass(frozen=True)
class Quota:
    """One number of a ResourceQuota that bounds the requests of claims."""

    name: str
    resource: str
    left: Decimal
    """Bytes; below 0 where the quota was lowered since."""

    def counts(self, claim: Claim) -> bool:
        """Tell whether a claim counts against it."""
        return self.resource in (REQUESTS, f"{claim.storage_class}{OF_CLASS}")

    def asks(self, claims: Iterable[Claim], size: Decimal) -> Decimal:
        """Return how many bytes more a size for all of these claims asks of it."""
        return sum((max(size - claim.request, Decimal(0)) for claim in claims if self.counts(claim)), Decimal(0))


def quotas(found: Iterable[Data]) -> Iterator[Quota]:
    """Yield what bounds claims; a quota with a scope is about pods, or about another kind of volume."""
    for one in found:
        spec, status = one.get("spec") or {}, one.get("status") or {}
        if spec.get("scopes") or spec.get("scopeSelector"):
            continue
        hard, used = status.get("hard") or spec.get("hard") or {}, status.get("used") or {}
        for resource, value in sorted(hard.items()):
            most, now = quantity(value), quantity(used.get(resource) or "0")
            if (resource == REQUESTS or resource.endswith(OF_CLASS)) and most is not None and now is not None:
                yield Quota(str(one["metadata"]["name"]), resource, most - now)

"""Kubernetes quantities as numbers, so that `1Gi` and `1024Mi` are the same."""

import re
from decimal import Decimal

UNITS: dict[str, Decimal] = {
    "": Decimal(1), "m": Decimal("0.001"), "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40),
}  # fmt: skip
GIB = 2**30


def quantity(text: object) -> Decimal | None:
    """Return a quantity's number, or None for what is none.

    >>> quantity("1Gi") == quantity("1024Mi"), quantity("500m"), quantity("many")
    (True, Decimal('0.500'), None)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]*)", str(text))
    if found is None or found[2] not in UNITS:
        return None
    return Decimal(found[1]) * UNITS[found[2]]

"""Kubernetes quantities, read and written as the API server does, so that `1Ti` and `1024Gi` are the same.

Source: k8s.io/apimachinery v0.34.3, pkg/api/resource; `tests/integration/tree/test_quantity.py` compares with it.
"""

import re
from decimal import Context, Decimal
from math import ceil

DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
WORDS = {power: suffix for table in (DECIMAL, BINARY) for suffix, power in table.items()}
"""Powers of ten and of two have no number in common but 0, which has no suffix in either."""
GIB = 2**30
LIMIT = Decimal(2**63 - 1)
"""What a binary suffix is capped at."""
NANO = Decimal("1e-9")
EXPONENT_LIMIT = 4096
"""Larger exponents, which the server would take as well, say no size of anything."""

FORM = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?", re.ASCII)
EXACT = Context(prec=2 * EXPONENT_LIMIT)


def quantity(text: object) -> Decimal | None:
    """Return a quantity's number, or None for what the API server does not read.

    What is finer than a billionth is rounded away from zero; a binary suffix is capped at 2^63-1.

    >>> quantity("1Gi") == quantity("1024Mi"), quantity("500m"), quantity("many")
    (True, Decimal('0.500'), None)
    """
    found = _read(str(text))
    return found[0] if found is not None else None


def _read(text: str) -> tuple[Decimal, str] | None:
    """Return the number and the kind of its suffix: `Ki` for all binary ones, `e` for an exponent, or nothing."""
    found = FORM.fullmatch(text)
    if found is None or not text:
        return None
    sign, whole, part, suffix = found[1], found[2], found[3] or "", found[4] or ""
    value = Decimal(f"{whole or '0'}.{part or '0'}")
    power = 0
    if suffix in BINARY:
        value = min(EXACT.multiply(value, Decimal(2 ** BINARY[suffix])), LIMIT)
        kind = "Ki"
    else:
        power = DECIMAL[suffix] if suffix in DECIMAL else int(suffix[1:])
        if abs(power) > EXPONENT_LIMIT or len(whole) + len(part) > EXPONENT_LIMIT:
            return None
        value = EXACT.scaleb(value, power)
        kind = "" if suffix in DECIMAL else "e"
    if not whole and not part and (BINARY.get(suffix, 0) > 40 or (kind == "e" and power < -9)):
        return None  # no digit at all is 0 to the server, but for the suffixes that its quick way does not take
    steps = EXACT.divide(value, NANO)
    if steps != steps.to_integral_value():
        value = EXACT.multiply(steps.to_integral_value("ROUND_UP"), NANO)
    return (value.copy_negate() if sign == "-" else value), kind


def canonical(text: object) -> str | None:
    """Return a quantity as the API server writes it, or None for what is none.

    >>> canonical("1024Mi"), canonical("0.5Gi"), canonical("1.5Gi"), canonical("1500m"), canonical("+1e3")
    ('1Gi', '512Mi', '1536Mi', '1500m', '1e3')
    """
    found = _read(str(text))
    if found is None:
        return None
    value, kind = found
    if value == 0:
        return "0"
    if kind == "Ki" and abs(value) >= 1024 and value == value.to_integral_value():
        return _binary(int(value))
    number, power = _thousands(value)
    if kind == "e":
        return f"{number}e{power}" if power else f"{number}"
    return f"{number}{WORDS.get(power, '')}"  # beyond E the server, too, writes no suffix


def _binary(value: int) -> str:
    power = 0
    while value % 1024 == 0:
        value, power = value // 1024, power + 10
    return f"{value}{WORDS[power]}"


def _thousands(value: Decimal) -> tuple[int, int]:
    """Return a number as an integer and the power of a thousand by which to multiply it."""
    sign, digits, exponent = value.as_tuple()
    power = int(exponent)
    number = int("".join(map(str, digits)))
    while number % 10 == 0:
        number, power = number // 10, power + 1
    while power % 3:
        number, power = number * 10, power - 1
    return (-number if sign else number), power


def gibibytes(value: Decimal) -> int:
    """Return how many whole GiB hold a number of bytes.

    >>> gibibytes(Decimal(2**30)), gibibytes(Decimal(2**30 + 1))
    (1, 2)
    """
    return ceil(value / GIB)


def written(value: Decimal) -> str:
    """Return a number of bytes as a claim's size, in canonical form.

    Of both kinds of suffix it is the shorter one: what was said as `10G` is not said as `9765625Ki`.

    >>> written(Decimal(1024 * 2**30)), written(Decimal("1e10")), written(Decimal("2.5e9"))
    ('1Ti', '10G', '2500M')
    """
    plain = canonical(f"{value:f}") or "0"  # an exponent would be a form of its own
    binary = canonical(f"{int(value) // 1024}Ki") if value % 1024 == 0 else None
    return min(filter(None, (binary, plain)), key=len)

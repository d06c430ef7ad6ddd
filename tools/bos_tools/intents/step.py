"""A step from one version of a service to another: what is refused, unless it is meant."""

import re

from bos_tools.errors import Refused
from bos_tools.tree import layout
from bos_tools.tree.layout import Unit
from bos_tools.tree.scheme import USUAL, Scheme


def allow_version(unit: Unit, by: Scheme, tag: str) -> None:
    """Refuse a tag that moves, and one that the service's policy does not take (base/README.md, rule 9)."""
    if by.moves(tag):
        raise Refused(
            f"a moving tag is not a version: {tag}",
            reason="floating-tag",
            hint="name the full version, such as v1.0.1 (rule P9)",
        )
    if wrong := by.read(tag).wrong:
        raise Refused(
            f"{unit.service} in {unit.env} has versions by {by.name}, and this is none: {tag}: {wrong}",
            reason="not-of-scheme",
            hint=f"its policy is `versions` in {layout.environment_file(unit.env)} or {layout.plan_file(unit.service)}",
        )


def allow_order(unit: Unit, by: Scheme, old: str, new: str) -> None:
    """Refuse a step back, one between two versions that have no order, and one to another spelling of the number."""
    if by.read(old).version is None and by.read(new).version is not None:
        return
    order, why = by.order(old, new)
    if order is None:
        raise Refused(
            f"no telling which is newer for {unit.service} in {unit.env}: {old} or {new}: {why}",
            reason="not-comparable",
            hint="if this is meant, say --allow-downgrade",
        )
    if order <= 0 and (meant := _respelled(old, new)) is not None:
        raise Refused(
            f"{unit.service} in {unit.env} has versions such as {old}, and this one is spelled otherwise: {new}",
            reason="other-spelling",
            hint=f"did you mean {meant}? if {new} is meant, say --allow-downgrade",
        )
    if order > 0:
        raise Refused(
            f"{unit.service} in {unit.env} {by.later}: {old}",
            reason="downgrade",
            hint=f"to go back to {new} on purpose, say --allow-downgrade",
        )


def allow_data(unit: Unit, by: Scheme, old: str, new: str) -> None:
    """Refuse another major version or variant of a data service; what the scheme does not read is read as usual."""
    by = by if by.read(old).version is not None else USUAL
    left, right = by.read(old), by.read(new)
    if left.version is None or right.version is None:
        return
    if left.major != right.major:
        raise Refused(
            f"a new major version of {unit.service} needs its data migrated: {old} to {new}",
            reason="major-change",
            hint="after the migration is planned, say --allow-major",
        )
    if _letters(left.version.variant) != _letters(right.version.variant):
        raise Refused(
            f"another variant of {unit.service} may have another user and collation: {old} to {new}",
            reason="variant-change",
            hint="after the data's owner and collation are checked, say --allow-major",
        )


def _respelled(old: str, new: str) -> str | None:
    """Return a version with the `v` before it that the one before it has, or without; None where both agree.

    >>> _respelled("v1.0.0", "1.0.1"), _respelled("1.0.0", "v1.0.1"), _respelled("v1.0.0", "v1.0.1")
    ('v1.0.1', '1.0.1', None)
    """
    there, here = (re.match(r"[vV]?(?=\d)", tag) for tag in (old, new))
    if there is None or here is None or there[0] == here[0]:
        return None
    return f"{there[0]}{new[here.end() :]}"


def _letters(variant: str) -> str:
    return "".join(c for c in variant if c.isalpha())

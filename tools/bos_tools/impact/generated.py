"""Objects of generators: their names end with the hash of what they hold, so a change of it is another object."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from bos_tools.tree.identity import Object

HASHED = re.compile(r"(.+)-([0-9a-z]{10})")
LETTERS = str.maketrans("013ae", "ghkmt")
"""What kustomize writes for some digits of a hash, so that no name holds a word or a number."""
SHORT = {"\\b": "\\u0008", "\\f": "\\u000c"}
"""How the JSON of Go before 1.22 writes two characters."""
HASHES = {"ConfigMap": ("data", "binaryData"), "Secret": ("type", "data", "stringData")}
"""What of an object kustomize hashes (api/hasher of 0.21.1), beside its kind and, by a slip of it, an empty name."""
ALWAYS = ("data", "type")
"""What it hashes where it is absent, too."""


def stem(one: Object) -> str | None:
    """Return the name that a generator has for an object, None for one whose name is no hash of what it holds."""
    found = HASHED.fullmatch(one.name)
    if found is None or one.group or one.kind not in HASHES:
        return None
    data = one.data if isinstance(one.data, dict) else {}
    return found[1] if found[2] in _hashes(one.kind, data) else None


def _hashes(kind: str, data: dict[str, Any]) -> set[str]:
    """Return what the hash may be: JSON as Go wrote it before 1.22, and since."""
    held = {key: data.get(key) or "" for key in HASHES[kind] if data.get(key) or key in ALWAYS}
    held |= {"kind": kind, "name": ""}
    text = json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    older = text
    for short, long in SHORT.items():
        older = older.replace(short, long)
    return {_encoded(text), _encoded(older)}


def _encoded(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10].translate(LETTERS)


@dataclass(frozen=True)
class Couple:
    """One object on two sides, None where it is absent; and the name that its generator has for it."""

    old: Object | None
    new: Object | None
    stem: str | None = None


def coupled(old: Iterable[Object], new: Iterable[Object]) -> list[Couple]:
    """Return the objects of two renders side by side, in the order of the new one: those of one generator together.

    One that loses its hash, or gets one, is still the same generator's.
    """
    before, after = {one.id: one for one in old}, {one.id: one for one in new}
    gone = {key: one for key, one in before.items() if key not in after}
    bases = {_base(one): key for key, one in gone.items()}
    made: list[Couple] = []
    for key, one in after.items():
        partner, name = before.get(key), stem(one)
        other = gone.get(bases.get(_base(one), ""))
        if partner is None and other is not None and (name or stem(other)):
            partner = gone.pop(other.id)
        made.append(Couple(partner, one, name or (stem(partner) if partner is not None else None)))
    return made + [Couple(one, None, stem(one)) for one in gone.values()]


def _base(one: Object) -> str:
    return replace(one, name=stem(one) or one.name).id

"""How much a file's aliases add, known before a program that follows them reads it."""

import re
from typing import Any

import yaml

from bos_tools.tree.nodes import EXPANDED_LIMIT, malformed

ALIASED = re.compile(rb"(?:^|[\s\[{,:?-])\*[^\s,\[\]{}]", re.MULTILINE)


def weigh(data: bytes, path: str, line: int = 0) -> None:
    """Refuse a file whose aliases expand without end, before a program that follows them reads it.

    What is no YAML is left for that program to tell.  Costs one search where a file has no alias.
    """
    if b"&" not in data or not ALIASED.search(data):
        return
    known: dict[str, int] = {}
    opened: list[tuple[str | None, int]] = []
    total = added = 0
    try:
        loader: Any = yaml.CSafeLoader(data)
        while (event := loader.get_event()) is not None:
            kind = event.__class__
            if kind is yaml.AliasEvent:
                weight = known.get(event.anchor, 1)
                total, added = total + weight, added + weight
            elif kind is yaml.ScalarEvent:
                total += 1
                known[event.anchor] = 1
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                opened.append((event.anchor, total))
                total += 1
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                anchor, before = opened.pop()
                known[anchor or ""] = total - before
            if added > EXPANDED_LIMIT:
                raise malformed("aliases that expand without end", path, line or event.start_mark.line + 1)
    except (yaml.YAMLError, UnicodeDecodeError):
        return

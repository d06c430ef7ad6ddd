"""The package's source as it is written: each file parsed once a run, whoever looks at it."""

import ast
from collections import deque
from functools import cache
from pathlib import Path

from harness import ROOT

PACKAGE = ROOT / "tools" / "bos_tools"
FILES = sorted(PACKAGE.rglob("*.py"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return all that a file says, the whole before its parts."""
    found, waiting = [], deque[ast.AST]([ast.parse(path.read_bytes())])
    while waiting:
        node = waiting.popleft()
        found.append(node)
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                waiting.append(value)
            elif isinstance(value, list):
                waiting.extend(one for one in value if isinstance(one, ast.AST))
    return tuple(found)


def here(path: Path) -> str:
    """Return a file's path in the package."""
    return str(path.relative_to(PACKAGE))

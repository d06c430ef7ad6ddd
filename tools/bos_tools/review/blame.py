"""Where a unit that can't be read or rendered goes wrong: a file and a line, in words without scratch paths."""

import re
from collections.abc import Iterator

from bos_tools.errors import RepositoryError
from bos_tools.tree.documents import document
from bos_tools.tree.graph import Graph
from bos_tools.tree.kustomization import GENERATORS, Kustomization

SCRATCH = re.compile(r"(?<![^\s'\"])[^\s'\"]*/scratch/[^/\s'\"]+/(?:\d+/)?")
"""Where a copy was rendered: another place in each run."""
NESTED = re.compile(r"accumulating \w+: accumulateDirectory: \\*\"recursed accumulation of path '[^']*': ")
"""The way to a base or component that fails, once for each step: another one in each environment."""
LISTS = ("resources", "components", "patches", "replacements", "replicas", "labels", *GENERATORS)


def read(graph: Graph, folder: str) -> Kustomization:
    """Return a unit's kustomization once everything that it reads has been parsed.

    Raises RepositoryError at the file and line; kustomize would name the unit and neither.
    """
    closure = graph.closure(folder)
    for inner in graph.folders(folder):
        found = graph.kustomization(inner)
        if found is None:
            continue
        _ = found.pins
        for key in LISTS:
            found.sequence(key)
        for reference in found.references:
            path = found.local(reference)
            if path in closure and reference.field not in GENERATORS:
                document(path, closure[path])
    own = graph.kustomization(folder)
    if own is None:
        raise RepositoryError(f"no kustomization in this folder: {folder}", reason="missing-file", path=folder)
    return own


def place(graph: Graph, folder: str, error: RepositoryError) -> RepositoryError:
    """Return kustomize's complaint at the line that says what it complains of, else at its file's first."""
    closure = graph.closure(folder)
    message = SCRATCH.sub("", error.message).replace(f"kustomize can't render {folder}", "kustomize can't render this")
    message, steps = NESTED.subn("", message)
    if steps:
        message = re.sub(r'(?<!\\)\\+"', '"', message.rstrip('\\"'))
    for wanted in _quoted(message):
        for path in reversed(closure):
            found = re.search(wanted, closure[path], re.MULTILINE)
            if found is not None:
                line = closure[path].count(b"\n", 0, found.start(1)) + 1
                return RepositoryError(message, reason=error.reason, path=path, line=line)
    return RepositoryError(message, reason=error.reason, path=error.path, line=1)


def _quoted(message: str) -> Iterator[bytes]:
    """Yield expressions for what a complaint names: a pointer of JSON 6902, an object, both as YAML writes them."""
    for pointer in re.findall(r"(/(?:spec|metadata|data)[^\s:\"'\\]*)", message):
        yield rb"^[ \t-]*(path): *[\"']?" + re.escape(pointer.encode()) + rb"[\"']?\s*$"
    for name in re.findall(r"\b[A-Z]\w+\.[\w.\[\]]+/([a-z0-9.-]+?)(?:\.\[|[\s\";:.]|$)", message):
        yield rb"^[ \t-]*(name): *[\"']?" + re.escape(name.encode()) + rb"[\"']?\s*(?:#.*)?$"

"""Two objects of one identity in a render: the cluster keeps the last, and whoever compares by identity sees one."""

import re

from bos_tools.errors import RepositoryError
from bos_tools.render.objects import split

VERSION = re.compile(rb"^apiVersion: (.*)$", re.MULTILINE)
KIND = re.compile(rb"^kind: (.*)$", re.MULTILINE)
METADATA = re.compile(rb"^metadata:\n((?:[ ].*\n?)*)", re.MULTILINE)
NAME = re.compile(rb"^  name: (.*)$", re.MULTILINE)
NAMESPACE = re.compile(rb"^  namespace: (.*)$", re.MULTILINE)


def refuse(render: bytes, folder: str, path: str) -> None:
    """Raise RepositoryError for two objects of one kind, group and name whose namespaces are equal or left open.

    Versions do not count: `apps/v1beta2` and `apps/v1` are the same Deployment.  Reads what kustomize prints, which
    is always in block style: half of a bump's time would go into parsing it.
    """
    known: dict[tuple[bytes, bytes, bytes], set[bytes]] = {}
    for text in split(render):
        block = METADATA.search(text)
        metadata = block[1] if block is not None else b""  # with its indent: a name may be the first line of it
        group = _first(VERSION, text).rpartition(b"/")[0]
        who = (_first(KIND, text), group, _first(NAME, metadata))
        namespace = _first(NAMESPACE, metadata)
        others = known.setdefault(who, set())
        if others and (namespace in others or not namespace or b"" in others):
            kind, _, name = (part.decode("utf-8", "replace") for part in who)
            raise RepositoryError(
                f"{folder} renders two objects of one identity: {kind} {name}",
                reason="two-of-one",
                path=path,
                hint="versions of the API do not tell them apart: take one of them out",
            )
        others.add(namespace)


def _first(pattern: re.Pattern[bytes], text: bytes) -> bytes:
    found = pattern.search(text)
    return found[1].strip(b"\"' ") if found else b""

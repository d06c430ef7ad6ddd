"""The one mask of Secrets: their keys are told, their values never, nor what is made of these."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bos_tools.tree.identity import Object

SECRET = "Secret "  # noqa: S105 -- a kind
"""How the identity of a Secret begins."""
OPEN = re.compile(r"apiVersion$|kind$|type$|immutable$|metadata\.(name|namespace|labels)\b")
"""The fields of a Secret that hold none; an annotation may repeat the whole object."""
APPLIED = re.compile(r'metadata\.annotations\["kubectl\.kubernetes\.io/last-applied-configuration"\]')
"""What `kubectl apply` once sent, whole; it may name the values of other objects, too."""
HELD = ("data", "stringData")
SHORTEST = 8
"""Characters of a value that is looked for elsewhere: a shorter one would hide parts of other words."""
HIDDEN = "(hidden)"
"""What is shown in place of a value."""
KEPT = re.compile(rb"^kind: Secret$|^ +kubectl\.kubernetes\.io/last-applied-configuration:", re.MULTILINE)
"""How kustomize writes what may hold a secret."""
QUOTED = 5
"""The same in an error, where a word too many that is hidden does no harm."""
MENTIONED = re.compile(rb"Secret|secretGenerator")
QUOTES = " \t\r'\"{}[],|>*&!-"
""" What stands around a value in YAML."""
OPEN_KEYS = frozenset(
    {"apiVersion", "kind", "name", "namespace", "behavior", "type", "path", "op", "resources", "components"}
)
"""The keys in YAML whose values an error may quote."""
WORD_ENDS = re.compile(r"[\s:=,*&!{}\[\]'\"]")


def hides(identity: str, field: str) -> bool:
    """Tell whether a field of an object may hold a secret.

    >>> hides("Secret a/b", "data.password"), hides("Secret a/b", "type"), hides("ConfigMap a/b", "data.x")
    (True, False, False)
    """
    return APPLIED.match(field) is not None or (identity.startswith(SECRET) and OPEN.match(field) is None)


def values(made: Iterable[Object]) -> set[str]:
    """Return the values of Secrets, as they stand and as they are meant, that are long enough to know again."""
    found: set[str] = set()
    for one in made:
        if one.kind != SECRET.strip() or one.group:
            continue
        for part in HELD:
            held = one.data.get(part)
            for value in held.values() if isinstance(held, dict) else ():
                found.update(_meant(str(value)))
    return {value for value in found if len(value) >= SHORTEST}


def _meant(text: str) -> set[str]:
    try:
        plain = base64.b64decode(text, validate=True).decode()
    except ValueError:
        plain = text
    encoded = base64.b64encode(text.encode()).decode()
    return {text, encoded, plain, *(line.strip() for line in plain.splitlines())}


def veiled(data: Any, secrets: Iterable[str]) -> Any:
    """Return a value without these texts, wherever in it they stand."""
    if isinstance(data, str):
        for secret in secrets:
            data = data.replace(secret, HIDDEN)
        return data
    if isinstance(data, dict):
        return {key: veiled(value, secrets) for key, value in data.items()}
    return [veiled(item, secrets) for item in data] if isinstance(data, list) else data


def holds(render: bytes) -> bool:
    """Tell whether a render may hold a secret, so that it is kept nowhere."""
    return KEPT.search(render) is not None


def unsaid(said: str, files: Mapping[str, bytes]) -> str:
    """Return what a program said of some files, without what a Secret among them may hold: an error quotes its input.

    A broken file has no fields, so every word counts that stands where a value does.
    """
    if not any(MENTIONED.search(data) for data in files.values()):
        return said
    names = {part for path in files for part in (path, *path.split("/"))}
    found: set[str] = set()
    for path, data in files.items():
        if MENTIONED.search(data) or not path.endswith((".yaml", ".yml")):
            found.update(_words(data.decode("utf-8", "replace")))
    return str(veiled(said, sorted(found - names, key=len, reverse=True)))


def _words(text: str) -> Iterator[str]:
    """Yield what stands where a value may: a line, what follows its first `:` or `=`, and each word of it."""
    for line in text.splitlines():
        key, colon, _ = line.strip(QUOTES).partition(":")
        if colon and key.strip(QUOTES) in OPEN_KEYS:
            continue
        parts = (line, line.partition(":")[2], line.partition("=")[2])
        for word in (*(part.strip(QUOTES) for part in parts), *WORD_ENDS.split(line)):
            if len(word) >= QUOTED:
                yield word

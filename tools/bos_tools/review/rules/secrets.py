"""No secret value in Git: in objects, in generators, in any file of base/ and overlays/."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from math import log2

from bos_tools.review.registry import Fault, rule
from bos_tools.review.world import World

WORDS = rb"PASSWORD|PASSWD|SECRET|TOKEN|API[_-]?KEY|ACCESS[_-]?KEY|COOKIE"
MARKS = {
    "a private key": rb"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bLS0tLS1CRUdJTi[A-Za-z0-9+/]{8}",  # the second in Base64
    "a registry login": rb"[\"']auths[\"']\s*:\s*\{\s*[\"']|\beyJhdXRocyI6[A-Za-z0-9+/]{8}",
    "a hash of a password": rb"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}",
    "a generator of Secrets": rb"^[ \t]*[\"']?secretGenerator[\"']?[ \t]*:",
    "a Secret": rb"^kind: *[\"']?Secret[\"']?\s*$",
    "an access key of AWS": rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub": rb"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})",
    "a token of GitLab": rb"\bglpat-[A-Za-z0-9_-]{20,}",
    "a token of Slack": rb"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
    "a JSON Web Token": rb"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}+\.eyJ[A-Za-z0-9_-]{10,}+\.",
    "a password in an address": rb"(?<=[a-z0-9])://[^/\s:@$\"']+:[^/\s:@$\"']+@",
    "a password": rb"^[A-Za-z0-9_]*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|COOKIE)=[\"']?[^\s$\"'#]",
}
"""Each costs time in proportion to a file's size, whatever the file: no run of characters is searched from each of its
places, and a run that is tried once is not tried shorter."""
ASSIGNED = re.compile(
    rb"(?:" + WORDS + rb")[\"']?\s*[:=]\s*[\"']?([A-Za-z0-9+/=_.-]{16,256}+)[\"']?[ \t\r]*(?:[,}#]|$)",
    re.IGNORECASE | re.MULTILINE,
)
CHANGES = 4
"""Every so many characters: of hexadecimal digits the kind changes at every other one, in a name hardly ever."""
CHANCE = 3.0
"""Bits a character: of 32 hexadecimal digits hardly any has less, of a pattern of five every one."""
COMPILED = {what: re.compile(mark, re.MULTILINE) for what, mark in MARKS.items()}
NAME = re.compile(r"(?:^|_)(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|COOKIE)$")


@rule(
    "P7",
    title="Every pod pulls with `swr-cred`, and no secret value is in Git",
    remedy=(
        "use the component `pull-secret`; take the value out, change it where it is used, and make it by "
        "`bos-tools secrets create`"
    ),
    source="base/README.md#rule-7",
)
def secrets(env: World) -> Iterator[Fault]:
    """Files are searched for keys, tokens and passwords of well-known form, used or not: what was pushed once is known
    for ever.
    """
    for pod in env.pods():
        if {"name": "swr-cred"} not in (pod.get("imagePullSecrets") or []):
            yield env.at(pod, f"{pod.name} does not pull with swr-cred", ("imagePullSecrets",))
    for container in env.containers():
        for index, variable in enumerate(container.variables):
            value = str(variable.get("value") or "")
            if value and not value.startswith("$(") and NAME.search(str(variable.get("name"))):
                message = f"a secret value in Git: {container.pod.name} sets {variable['name']}"
                yield env.at(container, message, ("env", index))
    for file, data in env.files.items():
        for what, line in revealed(data):
            yield env.file(file, line, f"a secret value in Git: {what}")


@lru_cache(maxsize=8192)
def revealed(data: bytes) -> tuple[tuple[str, int], ...]:
    """Return what kinds of secret values a file holds, each with the line of the first; many environments ask it."""
    return tuple(_revealed(data))


def _revealed(data: bytes) -> Iterator[tuple[str, int]]:
    for what, mark in COMPILED.items():
        if (found := mark.search(data)) is not None:
            at = found.start() + len(found[0]) - len(found[0].lstrip())
            yield what, data.count(b"\n", 0, at) + 1
    drawn = next((found for found in ASSIGNED.finditer(data) if _is_drawn(found[1].decode())), None)
    if drawn is not None:
        yield "a word drawn by chance, given to a password, key or token", data.count(b"\n", 0, drawn.start(1)) + 1


def _is_drawn(word: str) -> bool:
    """Tell whether a word looks drawn by chance: its kind of characters changes often, and few come again and again."""
    kinds = [(one.isdigit(), one.isupper()) for one in word if one.isalnum()]
    changes = sum(one != after for one, after in pairwise(kinds))
    entropy = -sum(count / len(word) * log2(count / len(word)) for count in Counter(word).values())
    return changes >= len(word) / CHANGES and entropy >= CHANCE

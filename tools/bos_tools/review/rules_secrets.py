"""No secret value in Git: in objects, in generators, in any file of base/ and overlays/."""

import re
from collections.abc import Iterator

from bos_tools.review.findings import Finding
from bos_tools.review.world import Environment

MARKS = {
    "a private key": rb"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a generator of Secrets": rb"^\s*[\"']?secretGenerator[\"']?\s*:",
    "a Secret": rb"^kind: *[\"']?Secret[\"']?\s*$",
    "an access key of AWS": rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub": rb"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})",
    "a token of GitLab": rb"\bglpat-[A-Za-z0-9_-]{20,}",
    "a token of Slack": rb"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
    "a JSON Web Token": rb"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.",
    "a password in an address": rb"\b[a-z][a-z0-9+.-]*://[^/\s:@$\"']+:[^/\s:@$\"']+@",
    "a password": rb"^[A-Za-z0-9_]*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|COOKIE)=[\"']?[^\s$\"'#]",
}
COMPILED = {what: re.compile(mark, re.MULTILINE) for what, mark in MARKS.items()}
NAME = re.compile(r"(?:^|_)(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|COOKIE)$")


def p7_secrets(env: Environment) -> Iterator[Finding]:
    """Every pod pulls with `swr-cred`, and no secret value is in Git.

    Source: plan.md, rule 7; the contract of Secrets is in manifests.md, section 8. Files are searched for keys, tokens
    and passwords of well-known form, used or not: what was pushed once is known for ever.
    """
    for made, pod, path in env.pods():
        if {"name": "swr-cred"} not in (pod.get("imagePullSecrets") or []):
            yield env.at(made, f"{made.object.name} does not pull with swr-cred", (*path, "imagePullSecrets"))
    for made, container, path in env.containers():
        for index, said in enumerate(container.get("env") or []):
            value = str(said.get("value") or "")
            if value and not value.startswith("$(") and NAME.search(str(said.get("name"))):
                place = (*path, "env", index)
                yield env.at(made, f"a secret value in Git: {made.object.name} sets {said['name']}", place)
    for file, data in env.files.items():
        for what, mark in COMPILED.items():
            if (found := mark.search(data)) is not None:
                at = found.start() + len(found[0]) - len(found[0].lstrip())
                yield env.file(file, data.count(b"\n", 0, at) + 1, f"a secret value in Git: {what}")

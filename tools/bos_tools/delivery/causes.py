"""What Argo CD's own words mean: whether what they tell of passes by itself, and what helps."""

import re
from typing import NamedTuple

PASSES = re.compile(
    r"""
    code\ =\ (Unavailable|DeadlineExceeded|ResourceExhausted|Aborted|Canceled)   # gRPC, of the repo server
    | connection\ (refused|reset) | broken\ pipe | \bEOF\b | connection\ lost | transport\ is\ closing
    | i/o\ timeout | timed?[ -]?out | deadline\ exceeded | context\ canceled
    | no\ such\ host | no\ route\ to\ host | network\ is\ unreachable | temporary\ failure | dial\ tcp
    | status\ code:\ (5\d\d|429) | \b50[0234]\b\ [A-Z] | internal\ server\ error | bad\ gateway | internal\ error
    | service\ unavailable | gateway\ time | too\ many\ requests
    | signal:\ killed | no\ space\ left | cannot\ allocate\ memory
    # the API server, and what stands before it
    | currently\ unable\ to\ handle | etcdserver: | leader\ changed | not\ yet\ ready\ to\ handle
    | object\ has\ been\ modified | please\ apply\ your\ changes | try\ again\ later
    | failed\ calling\ webhook | RBAC:\ .*\ not\ found | failed\ to\ (sync|get)\ (cluster|server)
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Words of what may be otherwise in a minute without anybody's doing."""
STAYS = re.compile(r"failed exit status \d|app path does not exist|Unable to resolve|authentication required")
"""Words of what only another commit or a person changes, whatever else is said beside them."""
CUT_SHORT = re.compile(r"signal: killed|no space left|cannot allocate memory|timed out after|deadline exceeded")
"""How a render ends that says nothing of what it renders."""
LONGEST = 2000
"""Characters of Argo CD's words: a reason is shown whole."""


def passes(message: str) -> bool:
    """Tell whether something that Argo CD complains of may pass by itself: an outage, a timeout, an answer of 5xx."""
    if STAYS.search(message):
        return CUT_SHORT.search(message) is not None
    return PASSES.search(message) is not None


class Cause(NamedTuple):
    """A word that a complaint has, and what helps; `{env}` and `{unit}` stand for whom it is about."""

    words: tuple[str, ...]
    help: str


CAUSES = (
    Cause(
        ("authentication", "authorization failed", "permission denied", "repository not found"),
        "Argo CD can't read the repository: renew its credentials with "
        "`bos-tools argocd register --env {env} --apply --repo-username NAME --repo-password-file FILE`",
    ),
    Cause(
        ("app path does not exist",),
        "the commit that Argo CD sees has no such folder: push it, or take the Application out with "
        "`bos-tools argocd register --env {env}`",
    ),
    Cause(("kustomize build",), "it does not render: `bos-tools check` names the file and the line"),
    Cause(
        ("status.capacity", "can not be less than"),
        "the claim is larger in the cluster than in Git: `bos-tools pvc adopt {unit} --env {env}` writes that to Git",
    ),
    Cause(
        ("exceeded quota",),
        "the namespace has no room for it: raise its quota, or land a commit that asks for less "
        "(.github/runbooks/quota.md)",
    ),
    Cause(
        ("is not permitted in project",),
        "its project does not allow that: `bos-tools argocd register --env {env}` writes what it needs",
    ),
)


def helps(message: str, env: str, unit: str) -> str:
    """Return what helps against something that Argo CD complains of, nothing where nobody knows."""
    low = message.lower()
    found = next((one.help for one in CAUSES if any(word in low for word in one.words)), "")
    return found.format(env=env, unit=unit)


def one_line(text: str) -> str:
    """Return a message of Argo CD's on one line, whole."""
    said = re.sub(r'(error when \w+) "/\S+"', r"\1", " ".join(text.split()))  # a scratch file of Argo CD's
    said = re.sub(r"<path to cached source>/", "", said)
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"

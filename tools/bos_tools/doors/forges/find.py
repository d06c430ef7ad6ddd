"""Which forge holds a remote, by its address, the environment, or what its API says of itself."""

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from bos_tools.doors.command import without_secrets
from bos_tools.doors.failures import HttpFailed, Unreachable
from bos_tools.doors.forges.api import OK, Address, Api, Token
from bos_tools.doors.forges.gitea import Gitea
from bos_tools.doors.forges.github import GitHub
from bos_tools.doors.forges.gitlab import GitLab
from bos_tools.doors.forges.pull import Forge
from bos_tools.doors.http import Server
from bos_tools.errors import OutsideError, RepositoryError, Usage

if TYPE_CHECKING:
    from bos_tools.doors.http import Transport

FORGES: tuple[type[Forge], ...] = (GitHub, GitLab, Gitea)
"""Every forge: one file that declares all that is known of it, and one entry here."""
ANY = "BOS_FORGE_TOKEN"
PATIENCE = 120.0
"""Seconds over all tries of one call: GitHub may ask for a minute ("rate limits for the REST API")."""
REACH = 15.0
"""Seconds to go on trying to connect: a wrong address should not look like a hang."""
SCP = re.compile(r"(?:[^@/:]+@)?(?P<host>\[[^\]]+\]|[^/:]+):(?!//)(?P<path>.+)")


def forge_of(url: str, *, transport: "Transport | None" = None) -> Forge:
    """Return the forge that holds a remote, ready to be asked.

    Raises RepositoryError for a remote that is no forge's, OutsideError without a token.
    """
    place = address(url)
    forge = _chosen(place, transport)
    shown = token(forge)
    base = forge.base(place.web)
    who = f"{forge.name} at {urlsplit(base).netloc}"
    verify = os.environ.get("GIT_SSL_CAINFO") or True  # whom git trusts, we trust
    headers = forge.headers(shown)
    server = Server(
        who, base, headers=headers, verify=verify, transport=transport, patience=PATIENCE, reach=REACH, is_json=True
    )
    return forge(Api(server, place.path, shown), place)


def address(url: str) -> Address:
    """Return where a remote's pages and API are; BOS_FORGE_URL says it where the remote does not.

    >>> address("git@github.com:team/gitops.git")
    Address(web='https://github.com', path='team/gitops')
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:  # a password with a slash, without its percent sign
        raise _no_forge(url) from error
    if parts.scheme in ("http", "https", "ssh", "git+ssh") and parts.hostname:
        host, path = parts.hostname, parts.path
    elif not parts.scheme.startswith("file") and (scp := SCP.fullmatch(url)):
        host, path = scp["host"].strip("[]"), scp["path"]
    else:
        raise _no_forge(url)
    path = unquote(path).strip("/").removesuffix(".git").strip("/")
    if path.count("/") < 1:
        raise _no_forge(url)
    named = os.environ.get("BOS_FORGE_URL", "").rstrip("/")
    if named:
        if not re.fullmatch(r"https?://[^@\s]+", named):
            raise Usage(
                "BOS_FORGE_URL is no address without a user, such as https://git.example.com", reason="bad-forge"
            )
        return Address(named, path.removeprefix(urlsplit(named).path.strip("/") + "/"))
    host = next((forge.hosts[host] for forge in FORGES if host in forge.hosts), host)
    host = f"[{host}]" if ":" in host else host
    if parts.scheme in ("http", "https"):
        return Address(f"{parts.scheme}://{host}{port}", path)
    return Address(f"https://{host}", path)


def _no_forge(url: str) -> RepositoryError:
    return RepositoryError(
        f"the remote is no repository on a forge: {without_secrets(url)}",
        reason="no-forge",
        hint=f"--pr needs a remote on one of {', '.join(forge.name for forge in FORGES)}; name it with --remote",
    )


def _chosen(place: Address, transport: "Transport | None") -> type[Forge]:
    """Return which forge it is: as told, as known, or as its API answers to one who shows no token."""
    words = {forge.word: forge for forge in FORGES}
    told = os.environ.get("BOS_FORGE", "").lower()
    if told and told not in words:
        raise Usage(f"no such forge: {told!a}", reason="bad-forge", hint=f"BOS_FORGE is one of {', '.join(words)}")
    host = urlsplit(place.web).hostname or ""
    if found := words.get(told) or next((forge for forge in FORGES if host in forge.hosts), None):
        return found
    for forge in reversed(FORGES):  # an address that nobody knows is most often one's own Gitea, seldom GitHub
        server = Server("the forge", forge.base(place.web), transport=transport, patience=0.0)
        try:
            if forge.recognises(*_probed(server, forge.probe)):
                return forge
        finally:
            server.close()
    raise RepositoryError(
        f"no telling which forge this is: {place.web}",
        reason="no-forge",
        hint=f"set BOS_FORGE to one of {', '.join(words)}, and BOS_FORGE_URL where it has another address",
    )


def _probed(server: Server, path: str) -> tuple[int, object]:
    """Return the status and the data of an answer to the probe."""
    try:
        return OK, server.call("GET", path).data
    except HttpFailed as failed:
        return failed.status, failed.body
    except Unreachable as lost:
        raise OutsideError(
            lost.message, reason="unreachable", hint="set BOS_FORGE_URL where it has another address"
        ) from lost


def token(forge: type[Forge]) -> Token:
    """Return the token for a forge from the environment; raises OutsideError without one, or for one that is none."""
    for variable in (ANY, *forge.tokens):
        text = os.environ.get(variable, "").strip()
        if text and not re.fullmatch(r"[!-~]+", text):
            raise OutsideError(
                f"{variable} holds something that is no token", reason="no-token", hint="it has no spaces"
            )
        if text:
            return Token(variable, text)
    names = " or ".join(forge.tokens)
    raise OutsideError(
        f"{forge.name} needs a token for a pull request, and there is none",
        reason="no-token",
        hint=f"put one into {names} (or {ANY}) that may write the code and the pull requests of the repository",
    )

"""Which forge holds a remote, by its address, the environment, or what its API says of itself."""

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from bos_tools.doors.command import without_secrets
from bos_tools.doors.failures import HttpFailed, Unreachable
from bos_tools.doors.forges.api import Address, Api, Token
from bos_tools.doors.forges.gitea import Gitea
from bos_tools.doors.forges.github import GitHub
from bos_tools.doors.forges.gitlab import GitLab
from bos_tools.doors.forges.pull import Forge
from bos_tools.doors.http import Server
from bos_tools.errors import OutsideError, RepositoryError, Usage

if TYPE_CHECKING:
    from bos_tools.doors.http import Transport

KINDS: dict[str, type[GitHub] | type[GitLab]] = {"github": GitHub, "gitlab": GitLab, "gitea": Gitea}
HOSTS = {"github.com": "github", "gitlab.com": "gitlab", "gitea.com": "gitea", "codeberg.org": "gitea"}
OVER_443 = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}
"""Where these two take SSH through firewalls."""
API = {"github": "/api/v3", "gitlab": "/api/v4", "gitea": "/api/v1"}
PROBES = {"gitea": "/version", "gitlab": "/version", "github": "/meta"}
TOKENS = {"github": ("GITHUB_TOKEN", "GH_TOKEN"), "gitlab": ("GITLAB_TOKEN",), "gitea": ("GITEA_TOKEN",)}
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
    kind = _kind(place, transport)
    chosen = token(kind)
    base = "https://api.github.com" if place.web == "https://github.com" else place.web + API[kind]
    who = f"{KINDS[kind].name} at {urlsplit(base).netloc}"
    verify = os.environ.get("GIT_SSL_CAINFO") or True  # whom git trusts, we trust
    headers = KINDS[kind].headers(chosen)
    server = Server(
        who, base, headers=headers, verify=verify, transport=transport, patience=PATIENCE, reach=REACH, is_json=True
    )
    return KINDS[kind](Api(server, place.path, chosen), place)


def address(url: str) -> Address:
    """Return where a remote's pages and API are; BOS_FORGE_URL says it where the remote does not.

    >>> address("git@github.com:team/gitops.git")
    Address(web='https://github.com', path='team/gitops')
    """
    parts = urlsplit(url)
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
    host = OVER_443.get(host, host)
    host = f"[{host}]" if ":" in host else host
    if parts.scheme in ("http", "https"):
        port = f":{parts.port}" if parts.port else ""
        return Address(f"{parts.scheme}://{host}{port}", path)
    return Address(f"https://{host}", path)


def _no_forge(url: str) -> RepositoryError:
    return RepositoryError(
        f"the remote is no repository on a forge: {without_secrets(url)}",
        reason="no-forge",
        hint="--pr needs a remote on GitHub, GitLab or Gitea; name it with --remote",
    )


def _kind(place: Address, transport: "Transport | None") -> str:
    """Return which forge it is: as told, as known, or as its API answers to one who shows no token."""
    told = os.environ.get("BOS_FORGE", "").lower()
    if told and told not in KINDS:
        raise Usage(f"no such forge: {told!a}", reason="bad-forge", hint=f"BOS_FORGE is one of {', '.join(KINDS)}")
    host = urlsplit(place.web).hostname or ""
    if found := told or HOSTS.get(host):
        return found
    for kind, path in PROBES.items():
        server = Server("the forge", place.web + API[kind], transport=transport, patience=0.0)
        try:
            if _is_kind(kind, server, path):
                return kind
        finally:
            server.close()
    raise RepositoryError(
        f"no telling which forge this is: {place.web}",
        reason="no-forge",
        hint="set BOS_FORGE to github, gitlab or gitea, and BOS_FORGE_URL where it has another address",
    )


def _is_kind(kind: str, server: Server, path: str) -> bool:
    try:
        said = server.call("GET", path).data
    except HttpFailed as failed:  # GitLab tells its version to its users only
        return kind == "gitlab" and failed.status == 401 and isinstance(failed.body, dict)
    except Unreachable as lost:
        raise OutsideError(
            lost.message, reason="unreachable", hint="set BOS_FORGE_URL where it has another address"
        ) from lost
    keys = {"gitea": "version", "gitlab": "revision", "github": "installed_version"}
    return isinstance(said, dict) and keys[kind] in said


def token(kind: str) -> Token:
    """Return the token for a forge from the environment; raises OutsideError without one, or for one that is none."""
    for variable in (ANY, *TOKENS[kind]):
        text = os.environ.get(variable, "").strip()
        if text and not re.fullmatch(r"[!-~]+", text):
            raise OutsideError(
                f"{variable} holds something that is no token", reason="no-token", hint="it has no spaces"
            )
        if text:
            return Token(variable, text)
    names = " or ".join(TOKENS[kind])
    raise OutsideError(
        f"{KINDS[kind].name} needs a token for a pull request, and there is none",
        reason="no-token",
        hint=f"put one into {names} (or {ANY}) that may write the code and the pull requests of the repository",
    )

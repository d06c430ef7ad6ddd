"""Gitea and Forgejo: GitHub's shapes under other limits (each instance describes itself at `/swagger.v1.json`)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from bos_tools.doors.forges.api import OK, Token
from bos_tools.doors.forges.github import GitHub


class Gitea(GitHub):
    """The pull requests of one repository on Gitea."""

    word: ClassVar[str] = "gitea"
    name: ClassVar[str] = "Gitea"
    hosts: ClassVar[Mapping[str, str]] = {"gitea.com": "gitea.com", "codeberg.org": "codeberg.org"}
    tokens: ClassVar[tuple[str, ...]] = ("GITEA_TOKEN",)
    probe: ClassVar[str] = "/version"
    into: ClassVar[str] = "base_branch"
    full_page: ClassVar[Mapping[str, int]] = {"limit": 50}
    taken: ClassVar[int] = 409
    blob: ClassVar[tuple[str, ...]] = ("src", "commit")

    @staticmethod
    def base(web: str) -> str:
        """Return the address of the API."""
        return f"{web}/api/v1"

    @staticmethod
    def recognises(status: int, said: Any) -> bool:
        """Tell whether Gitea or Forgejo answered the probe."""
        return status == OK and isinstance(said, dict) and "version" in said

    @staticmethod
    def headers(token: Token) -> dict[str, str]:
        """Return the headers of every request."""
        return {"Accept": "application/json", "Authorization": f"token {token.text}"}

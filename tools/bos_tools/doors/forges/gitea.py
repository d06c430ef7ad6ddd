"""Gitea and Forgejo: GitHub's shapes under other limits (each instance describes itself at `/swagger.v1.json`)."""

from collections.abc import Mapping
from typing import ClassVar

from bos_tools.doors.forges.api import Token
from bos_tools.doors.forges.github import GitHub


class Gitea(GitHub):
    """The pull requests of one repository on Gitea."""

    name: ClassVar[str] = "Gitea"
    into: ClassVar[str] = "base_branch"
    full_page: ClassVar[Mapping[str, int]] = {"limit": 50}
    taken: ClassVar[int] = 409
    blob: ClassVar[tuple[str, ...]] = ("src", "commit")

    @staticmethod
    def headers(token: Token) -> dict[str, str]:
        """Return the headers of every request."""
        return {"Accept": "application/json", "Authorization": f"token {token.text}"}

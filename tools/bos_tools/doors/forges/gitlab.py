"""GitLab, where a pull request is a merge request (docs.gitlab.com, "Merge requests API")."""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from bos_tools.doors.failures import HttpFailed
from bos_tools.doors.forges.api import OK, UNAUTHORIZED, Address, Api, Token
from bos_tools.doors.forges.pull import AlreadyOpen, PullRequest


class GitLab:
    """The merge requests of one project."""

    word: ClassVar[str] = "gitlab"
    name: ClassVar[str] = "GitLab"
    hosts: ClassVar[Mapping[str, str]] = {"gitlab.com": "gitlab.com", "altssh.gitlab.com": "gitlab.com"}
    tokens: ClassVar[tuple[str, ...]] = ("GITLAB_TOKEN",)
    probe: ClassVar[str] = "/version"

    def __init__(self, api: Api, address: Address) -> None:
        self.api = api
        self.address = address
        self._root = f"/projects/{quote(address.path, safe='')}/merge_requests"

    @staticmethod
    def base(web: str) -> str:
        """Return the address of the API."""
        return f"{web}/api/v4"

    @staticmethod
    def recognises(status: int, said: Any) -> bool:
        """Tell whether GitLab answered the probe; it tells its version to its users only."""
        return isinstance(said, dict) and (status == UNAUTHORIZED or (status == OK and "revision" in said))

    @staticmethod
    def headers(token: Token) -> dict[str, str]:
        """Return the headers of every request: a personal, project or OAuth token each goes as a bearer's."""
        return {"Accept": "application/json", "Authorization": f"Bearer {token.text}"}

    def find(self, prefix: str, base: str) -> list[PullRequest]:
        """Return the open merge requests into `base` from branches of this project that begin with the prefix."""
        found = self.api.pages(self._root, {"state": "opened", "target_branch": base, "per_page": 100})
        ours = [data for data in found if self.api.read(lambda data: _is_ours(data, prefix, base), data)]
        return [self.api.read(_pull, data) for data in ours]

    def open(self, branch: str, base: str, title: str, body: str) -> PullRequest:
        """Open a merge request whose branch goes with its merge; raises AlreadyOpen."""
        asked = {
            "source_branch": branch, "target_branch": base, "title": title, "description": body,
            "remove_source_branch": True,
        }  # fmt: skip
        try:
            return self.api.read(_pull, self.api.call("POST", self._root, json=asked))
        except HttpFailed as failed:
            if failed.status == 409 and "already exists" in str(failed.body):
                raise AlreadyOpen from failed
            raise

    def update(self, number: int, title: str, body: str) -> None:
        """Give a merge request another title and description."""
        self.api.call("PUT", f"{self._root}/{number}", json={"title": title, "description": body})

    def close(self, number: int) -> None:
        """Close a merge request without merging it."""
        self.api.call("PUT", f"{self._root}/{number}", json={"state_event": "close"})

    def comment(self, number: int, text: str) -> None:
        """Write a comment."""
        self.api.call("POST", f"{self._root}/{number}/notes", json={"body": text})

    def link(self, commit: str, path: str) -> str:
        """Return the page that shows a file at a commit."""
        return self.address.page("-", "blob", commit, path)


def _is_ours(data: Any, prefix: str, base: str) -> bool:
    same = data["source_project_id"] == data["target_project_id"]
    return bool(same and data["source_branch"].startswith(prefix) and data["target_branch"] == base)


def _pull(data: Any) -> PullRequest:
    return PullRequest(data["iid"], data["web_url"], data["source_branch"], data["title"], data["description"] or "")

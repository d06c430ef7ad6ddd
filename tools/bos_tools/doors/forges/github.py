"""GitHub, its own or an enterprise's (docs.github.com, "REST API endpoints for pull requests")."""

from collections.abc import Mapping
from typing import Any, ClassVar

from bos_tools.doors.failures import HttpFailed
from bos_tools.doors.forges.api import OK, Address, Api, Token
from bos_tools.doors.forges.pull import AlreadyOpen, PullRequest


class GitHub:
    """The pull requests of one repository on GitHub."""

    word: ClassVar[str] = "github"
    name: ClassVar[str] = "GitHub"
    hosts: ClassVar[Mapping[str, str]] = {"github.com": "github.com", "ssh.github.com": "github.com"}
    tokens: ClassVar[tuple[str, ...]] = ("GITHUB_TOKEN", "GH_TOKEN")
    probe: ClassVar[str] = "/meta"
    into: ClassVar[str] = "base"
    """What it calls the target branch when it lists."""
    full_page: ClassVar[Mapping[str, int]] = {"per_page": 100}
    taken: ClassVar[int] = 422
    """What it answers where a branch has an open pull request already."""
    blob: ClassVar[tuple[str, ...]] = ("blob",)

    def __init__(self, api: Api, address: Address) -> None:
        self.api = api
        self.address = address
        self._root = f"/repos/{address.path}"

    @staticmethod
    def base(web: str) -> str:
        """Return the address of the API: an enterprise's stands beside its pages."""
        return "https://api.github.com" if web == "https://github.com" else f"{web}/api/v3"

    @staticmethod
    def recognises(status: int, said: Any) -> bool:
        """Tell whether an enterprise's GitHub answered the probe."""
        return status == OK and isinstance(said, dict) and "installed_version" in said

    @staticmethod
    def headers(token: Token) -> dict[str, str]:
        """Return the headers of every request."""
        return {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "Authorization": f"Bearer {token.text}",
        }

    def find(self, prefix: str, base: str) -> list[PullRequest]:
        """Return the open pull requests into `base` from branches of this repository that begin with the prefix."""
        found = self.api.pages(f"{self._root}/pulls", {"state": "open", self.into: base, **self.full_page})
        ours = [data for data in found if self.api.read(lambda data: _is_ours(data, prefix, base), data)]
        return [self.api.read(_pull, data) for data in ours]

    def open(self, branch: str, base: str, title: str, body: str) -> PullRequest:
        """Open a pull request; raises AlreadyOpen."""
        asked = {"head": branch, "base": base, "title": title, "body": body}
        try:
            return self.api.read(_pull, self.api.call("POST", f"{self._root}/pulls", json=asked))
        except HttpFailed as failed:
            if failed.status == self.taken and "already exists" in str(failed.body):
                raise AlreadyOpen from failed
            raise

    def update(self, number: int, title: str, body: str) -> None:
        """Give a pull request another title and body."""
        self.api.call("PATCH", f"{self._root}/pulls/{number}", json={"title": title, "body": body})

    def close(self, number: int) -> None:
        """Close a pull request without merging it."""
        self.api.call("PATCH", f"{self._root}/pulls/{number}", json={"state": "closed"})

    def comment(self, number: int, text: str) -> None:
        """Write a comment: to the API a pull request is an issue as well."""
        self.api.call("POST", f"{self._root}/issues/{number}/comments", json={"body": text})

    def link(self, commit: str, path: str) -> str:
        """Return the page that shows a file at a commit."""
        return self.address.page(*self.blob, commit, path)


def _is_ours(data: Any, prefix: str, base: str) -> bool:
    head = data["head"]
    same = head["repo"] is not None and head["repo"]["id"] == data["base"]["repo"]["id"]
    return bool(same and head["ref"].startswith(prefix) and data["base"]["ref"] == base)


def _pull(data: Any) -> PullRequest:
    return PullRequest(data["number"], data["html_url"], data["head"]["ref"], data["title"], data["body"] or "")

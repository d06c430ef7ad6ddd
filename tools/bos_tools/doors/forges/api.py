"""What the clients share: the token, the pages of a list, the sentences for what a forge refuses."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from bos_tools.doors.answers import Answer
from bos_tools.doors.failures import HttpFailed, WrongAnswer, is_passing
from bos_tools.doors.http import Server
from bos_tools.errors import OutsideError

Made = TypeVar("Made")
IS_IT = "is BOS_FORGE the right one, and BOS_FORGE_URL its address"
OK, UNAUTHORIZED = 200, 401
MOST_PAGES = 50
"""Pages of one list: 5,000 open pull requests of one repository."""


@dataclass(frozen=True)
class Address:
    """Where a repository is: `https://git.example.com` and `team/repository`."""

    web: str
    path: str

    def page(self, *parts: str) -> str:
        """Return the address of one of the repository's pages."""
        return "/".join([self.web, *(quote(part) for part in (self.path, *parts))])


@dataclass(frozen=True)
class Token:
    """A token from the environment; its text shows in no representation."""

    variable: str
    text: str

    def __repr__(self) -> str:
        return f"Token({self.variable})"


def _items(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise TypeError
    return data


def is_worth_waiting(failed: HttpFailed) -> bool:
    """Tell whether to ask again: what passes by itself, and GitHub's 403 with a time after which it ends."""
    return is_passing(failed) or (failed.status == 403 and failed.retry_after > 0)


class Api:
    """A forge's API for one repository."""

    def __init__(self, server: Server, repository: str, token: Token) -> None:
        self.server = server
        self.repository = repository
        self.token = token

    def call(
        self, method: str, path: str, *, params: Mapping[str, str | int | bool] | None = None, json: Any = None
    ) -> Any:
        """Ask and return the data of the answer."""
        return self._ask(method, path, params, json).data

    def pages(self, path: str, params: Mapping[str, str | int | bool]) -> Iterator[Any]:
        """Yield the items of a list, page after page (RFC 8288, `rel="next"`)."""
        for number in range(1, MOST_PAGES + 1):
            answer = self._ask("GET", path, {**params, "page": number}, None)
            yield from self.read(_items, answer.data)
            if 'rel="next"' not in answer.headers.get("link", ""):
                return
        raise OutsideError(
            f"{self.server.who} has more than {MOST_PAGES} pages of {path}",
            reason="too-many-pages",
            hint="close what nobody needs; a forge with less has another trouble",
        )

    def read(self, build: Callable[[Any], Made], data: Any) -> Made:
        """Return what an answer means; raises OutsideError for one that has another shape."""
        try:
            return build(data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise OutsideError(
                f"{self.server.who} answered something that is no pull request",
                reason="bad-answer",
                hint=IS_IT,
            ) from error

    def _ask(self, method: str, path: str, params: Mapping[str, str | int | bool] | None, json: Any) -> Answer:
        try:
            return self.server.call(method, path, params=params, json=json, retry=is_worth_waiting)
        except HttpFailed as failed:
            raise self._translated(failed) from failed
        except WrongAnswer as wrong:
            wrong.hint = IS_IT
            raise

    def _translated(self, failed: HttpFailed) -> OutsideError:
        """Return a refusal in our words; what has no sentence of its own stays HttpFailed, with the forge's words."""
        who = self.server.who
        if failed.status in (403, 429) and (failed.retry_after or "rate limit" in failed.said.lower()):
            wait = f"{failed.retry_after:.0f} s" if failed.retry_after else "a minute"
            return OutsideError(
                f"{who} asks to be left alone for {wait}", reason="rate-limited", hint="run it again then"
            )
        if failed.status == UNAUTHORIZED:
            return OutsideError(
                f"{who} does not take the token of {self.token.variable}: {failed.said}",
                reason="unauthorized",
                hint=f"put a valid one into {self.token.variable}",
            )
        if failed.status == 403:
            return OutsideError(
                f"{who} does not let this token do that: {failed.said}",
                reason="forbidden",
                hint=f"{self.token.variable} must read and write the code and the pull requests of {self.repository}",
            )
        if failed.status == 404:
            return OutsideError(
                f"{who} has no such repository, or the token may not see it: {self.repository}: {failed.said}",
                reason="not-found",
                hint=f"look at the remote's address, and at what the token of {self.token.variable} may read",
            )
        return failed

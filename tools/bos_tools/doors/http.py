"""The door to HTTP: timeouts everywhere, TLS verified, every answer bounded, a token only where it may go."""

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bos_tools.doors import answers
from bos_tools.doors.answers import Answer, Asked
from bos_tools.doors.failures import HttpFailed, Unreachable, Untrusted, is_passing, translated
from bos_tools.errors import OutsideError, Usage, conceal
from bos_tools.watching import busy

if TYPE_CHECKING:
    import httpx2

    Transport = httpx2.BaseTransport

TIMEOUT = 30.0
"""Seconds for one answer: Argo CD renders an application within one when it creates it."""
CONNECT_TIMEOUT = 5.0
PATIENCE = 60.0
"""Seconds over all tries of one call."""
LONGEST_PAUSE = 10.0
SHORTEST = 0.5
"""Seconds that a try gets which begins at the end."""
LOOPBACK = re.compile(r"https?://(127\.[0-9.]+|localhost|\[::1\])([:/]|$)")
CREDENTIALS = frozenset({"authorization", "private-token"})
"""Headers that hold a secret."""
Retry = Callable[[HttpFailed], bool]


def address(who: str, url: str) -> str:
    """Return the address of a server.

    Raises Usage for one that is none, or that carries a password: it would come to stand in messages.
    """
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in ("http", "https") and bool((parts.hostname or "").encode("idna"))
        port, is_named = parts.port, "@" in parts.netloc
    except ValueError:  # no port, no IPv6 address, or no host name
        is_one, port, is_named = False, None, "@" in url
    if is_named:
        raise Usage(
            f"the address of {who} carries a user or a password",
            reason="password-in-url",
            hint="the token goes into its variable or its file",
        )
    if not is_one or port == 0 or not url.isprintable() or " " in url:
        raise Usage(
            f"this is no address of {who}: {url!a}",
            reason="bad-address",
            hint="https://HOST or http://HOST:PORT, for example",
        )
    return url.rstrip("/")


def _headers(who: str, url: str, given: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers that can be sent.

    Raises Usage, without a word of it, for a token that is none, or that would cross a network in clear text.
    """
    found = dict(given or {})
    secrets = [value for name, value in found.items() if name.lower() in CREDENTIALS]
    conceal(*(part for value in secrets for part in (value, value.rpartition(" ")[2])))
    if secrets and url.startswith("http://") and not LOOPBACK.match(url):
        raise Usage(
            f"no token is sent to {who} in clear text: {url}",
            reason="clear-text",
            hint=f"https://{url.removeprefix('http://')}, if it speaks TLS",
        )
    for name, value in found.items():
        if not (value.isascii() and value.isprintable()):
            raise Usage(
                f"the {name.lower()} for {who} has a character that no header may have: is it a token",
                reason="bad-token",
                hint="a token is one line of letters, digits and signs",
            )
    return found


class Server:
    """One server, by the name that messages give it."""

    def __init__(
        self,
        who: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        verify: bool | str = True,
        transport: "Transport | None" = None,
        patience: float = PATIENCE,
        reach: float | None = None,
        is_json: bool = False,
        until: float | None = None,
    ) -> None:
        self.who = who
        self.url = address(who, url)
        self._asked = Asked(who, self.url, is_json)
        self.patience = patience
        self.reach = patience if reach is None else reach
        """Seconds to go on trying to connect."""
        self.until = until
        """The moment until which a call is tried again, whatever the patience, and after which none goes on."""
        self._headers = _headers(who, self.url, headers)
        self._verify = verify
        self._transport = transport
        self._made: httpx2.Client | None = None
        self._streaming: httpx2.Response | None = None

    @property
    def _client(self) -> "httpx2.Client":
        if self._made is None:
            import ssl

            import httpx2

            named = self._verify
            try:
                verify = ssl.create_default_context(cafile=named) if isinstance(named, str) else named
            except OSError as error:
                raise OutsideError(
                    f"the certificates to trust for {self.who} can't be read: {named}", reason="bad-ca"
                ) from error
            self._made = httpx2.Client(
                base_url=self.url,
                headers=self._headers,
                verify=verify,
                timeout=httpx2.Timeout(TIMEOUT, connect=CONNECT_TIMEOUT),
                transport=self._transport,
                follow_redirects=False,  # a token is not carried to another address
                trust_env=LOOPBACK.match(self.url) is None,  # a proxy has nothing to do with this machine
            )
        return self._made

    def last(self, seconds: float) -> None:
        """Go on with every call for so many seconds from now on, whatever fails meanwhile, and with none after them."""
        self.until = time.monotonic() + seconds

    def close(self) -> None:
        """Let go of the connections; what another thread still asks has an end."""
        if self.until is not None:
            self.until = time.monotonic()
        if self._made is not None:
            self._made.close()
            self._made = None

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int | bool] | None = None,
        json: Any = None,
        retry: Retry = is_passing,
        timeout: float | None = None,
        what: str = "",
    ) -> Answer:
        """Ask, and ask again where `retry` allows it, for at most the server's patience; honours Retry-After.

        `what` names what is waited for, where it is more than an answer.
        A connection that fails before the request is sent is tried again; one that breaks later only for GET.
        Raises HttpFailed for an error that stays, Unreachable for no answer.
        """
        began = time.monotonic()
        whole, tries = max(self.patience, timeout or TIMEOUT), 0
        with busy(what or f"{self.who} to answer", self._end(began, whole) - began) as waiting:
            while True:
                tries += 1
                pause = min(LONGEST_PAUSE, 0.2 * 2 ** min(tries, 6)) * random.uniform(0.5, 1)  # noqa: S311 -- jitter
                trouble: HttpFailed | Unreachable
                try:
                    left = self._end(began, whole) - time.monotonic()
                    return self._once(method, path, params, json, min(timeout or TIMEOUT, max(left, SHORTEST)))
                except HttpFailed as failed:
                    if not retry(failed):
                        raise
                    trouble, end = failed, self._end(began, self.patience)
                    pause = max(pause, failed.retry_after)
                except Unreachable as lost:
                    if isinstance(lost, Untrusted) or not (lost.is_early or method == "GET"):
                        raise
                    trouble, end = lost, self._end(began, self.reach)
                left = end - time.monotonic()
                if left <= 0 or (pause > left and self.until is None):
                    raise trouble
                waiting.why, waiting.until = trouble.message, end
                time.sleep(min(pause, left))

    def _end(self, began: float, seconds: float) -> float:
        """Return when something ends that may take so long, unless the server has an end of its own."""
        return began + seconds if self.until is None else self.until

    def _once(
        self, method: str, path: str, params: Mapping[str, str | int | bool] | None, json: Any, seconds: float
    ) -> Answer:
        import httpx2

        patience = httpx2.Timeout(seconds, connect=min(seconds, CONNECT_TIMEOUT))
        with (
            translated(self.who, self.url),
            self._client.stream(method, path, params=params, json=json, timeout=patience) as response,
        ):
            content = answers.body(self._asked, response, seconds)
        return answers.judged(self._asked, response.status_code, response.headers, content)

    @contextmanager
    def lines(self, path: str, *, params: Mapping[str, str | int | bool] | None = None) -> Iterator[Iterator[str]]:
        """Lend the lines of an endless answer; a silence of over a minute ends it with Unreachable."""
        import httpx2

        patience = httpx2.Timeout(60.0, connect=CONNECT_TIMEOUT)
        with (
            translated(self.who, self.url),
            self._client.stream("GET", path, params=params, timeout=patience) as response,
        ):
            if response.status_code >= 400:
                content = answers.body(self._asked, response, TIMEOUT)
                answers.judged(self._asked, response.status_code, response.headers, content)
            self._streaming = response
            try:
                yield answers.lines(self._asked, response.iter_bytes())
            finally:
                self._streaming = None

    def interrupt(self) -> None:
        """End the stream that another thread reads; closing its socket would not wake that one up."""
        import socket

        stream = self._streaming.extensions.get("network_stream") if self._streaming is not None else None
        if stream is not None:
            with suppress(OSError):
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

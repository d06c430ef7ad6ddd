"""The door to HTTP: the only module that imports httpx2; timeouts everywhere, TLS verified, no secret in an error."""

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bos_tools.errors import OutsideError, Usage

if TYPE_CHECKING:
    import httpx2

    Transport = httpx2.BaseTransport

TIMEOUT = 30.0
"""Seconds for one answer: Argo CD renders an application within one when it creates it."""
CONNECT_TIMEOUT = 5.0
PATIENCE = 60.0
"""Seconds over all tries of one call."""
LONGEST_PAUSE = 10.0
PASSING = frozenset({429, 502, 503, 504})
"""Answers that may differ the next time, whatever was asked (argocd.md, "API")."""


class HttpFailed(OutsideError):
    """Raised when a server answered with an error; carries the status and what it said."""

    def __init__(self, who: str, status: int, said: str, body: Any = None, *, retry_after: float = 0.0) -> None:
        reason = {401: "unauthorized", 403: "forbidden", 404: "not-found", 409: "conflict"}.get(status, "http-failed")
        super().__init__(f"{who} answered {status}: {said[:1000] or 'nothing'}", reason=reason)
        self.status = status
        self.said = said
        self.body = body
        self.retry_after = retry_after
        """Seconds that the server asks to be left alone."""


class Unreachable(OutsideError):
    """Raised when a server gave no answer."""

    def __init__(self, who: str, url: str, said: str, *, is_early: bool) -> None:
        super().__init__(
            f"{who} can't be reached at {url}: {said}",
            reason="unreachable",
            hint=f"is it running, and is this its address: {url}",
        )
        self.is_early = is_early
        """The request can't have reached the server."""


class Untrusted(Unreachable):
    """Raised when a server's certificate is signed by nobody whom we trust, or for another name: no wait mends it."""

    def __init__(self, who: str, url: str, said: str) -> None:
        super().__init__(who, url, f"its certificate is not trusted: {said}", is_early=True)
        self.reason = "untrusted"
        self.hint = f"is this the name that the certificate is for: {url}"


@dataclass(frozen=True)
class Answer:
    """What a server answered: parsed JSON, or the text."""

    status: int
    data: Any
    headers: Mapping[str, str]


LOOPBACK = re.compile(r"https?://(127\.[0-9.]+|localhost|\[::1\])([:/]|$)")
Retry = Callable[[HttpFailed], bool]


def is_passing(failed: HttpFailed) -> bool:
    """Tell whether the same request may succeed in a moment."""
    return failed.status in PASSING


@contextmanager
def translated(who: str, url: str) -> Iterator[None]:
    """Turn the library's errors into HttpFailed and Unreachable."""
    import httpx2

    try:
        yield
    except httpx2.HTTPStatusError as error:
        raise HttpFailed(who, error.response.status_code, _said(error.response.text)) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        if said := _distrust(error):
            raise Untrusted(who, url, said) from error
        said = str(error).strip() or type(error).__name__
        if isinstance(error, httpx2.LocalProtocolError):  # the library quotes the header, and so the token
            said = type(error).__name__
        is_early = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
        raise Unreachable(who, url, said[:300], is_early=is_early) from error


def _distrust(error: BaseException | None) -> str:
    """Return why a certificate is not trusted, nothing for an error of another kind."""
    import ssl

    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error.verify_message.rstrip(".") if error is not None else ""


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


def _headers(who: str, given: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers that can be sent; raises Usage, without a word of it, where a token is none."""
    found = dict(given or {})
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
    ) -> None:
        self.who = who
        self.url = address(who, url)
        self.patience = patience
        self.reach = patience if reach is None else reach
        """Seconds to go on trying to connect."""
        self._headers = _headers(who, headers)
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

    def close(self) -> None:
        """Let go of the connections."""
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
    ) -> Answer:
        """Ask, and ask again where `retry` allows it, for at most the server's patience; honours Retry-After.

        A connection that fails before the request is sent is tried again; one that breaks later only for GET.
        Raises HttpFailed for an error that stays, Unreachable for no answer.
        """
        began = time.monotonic()
        deadline = began + self.patience
        tries = 0
        while True:
            tries += 1
            pause = min(LONGEST_PAUSE, 0.2 * 2 ** min(tries, 6)) * random.uniform(0.5, 1)  # noqa: S311 -- jitter
            try:
                return self._once(method, path, params, json, timeout)
            except HttpFailed as failed:
                if not retry(failed):
                    raise
                pause = max(pause, failed.retry_after)
                if time.monotonic() + pause > deadline:
                    raise
            except Untrusted:
                raise
            except Unreachable as lost:
                if not (lost.is_early or method == "GET") or time.monotonic() + pause > began + self.reach:
                    raise
            time.sleep(pause)

    def _once(
        self, method: str, path: str, params: Mapping[str, str | int | bool] | None, json: Any, timeout: float | None
    ) -> Answer:
        import httpx2

        patience = httpx2.USE_CLIENT_DEFAULT if timeout is None else timeout
        with translated(self.who, self.url):
            response = self._client.request(method, path, params=params, json=json, timeout=patience)
        return self._judged(response)

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
                response.read()
                self._judged(response)
            self._streaming = response
            try:
                yield response.iter_lines()
            finally:
                self._streaming = None

    def interrupt(self) -> None:
        """End the stream that another thread reads; closing its socket would not wake that one up."""
        import socket

        stream = self._streaming.extensions.get("network_stream") if self._streaming is not None else None
        if stream is not None:
            with suppress(OSError):
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def _judged(self, response: "httpx2.Response") -> Answer:
        body: Any = response.text
        if "json" in response.headers.get("content-type", "") and body:
            try:
                body = response.json()
            except ValueError as error:
                raise HttpFailed(self.who, response.status_code, "no JSON, though it says so") from error
        if response.status_code >= 300:
            wait = _wait(response.headers)
            raise HttpFailed(self.who, response.status_code, _said(body), body, retry_after=wait)
        return Answer(response.status_code, body, dict(response.headers))


def _said(body: Any) -> str:
    """Return a server's own words on an error, on one line."""
    if isinstance(body, dict):
        body = body.get("message") or body.get("error_description") or body.get("error") or body
    return " ".join(str(body).split())[:1000]


def _wait(headers: Mapping[str, str]) -> float:
    """Return for how many seconds a server asks to be left alone: by Retry-After, or by a budget that is used up.

    GitHub counts in `x-ratelimit-*`, GitLab in `ratelimit-*`; the reset is in seconds since 1970 (their documentation
    of REST rate limits).
    """
    if asked := headers.get("retry-after", ""):
        return _seconds(asked)
    for budget in ("x-ratelimit", "ratelimit"):
        reset = headers.get(f"{budget}-reset", "")
        if headers.get(f"{budget}-remaining") == "0" and reset.isdigit():
            return max(float(reset) - time.time(), 0.0)
    return 0.0


def _seconds(text: str) -> float:
    """Return what a Retry-After asks for (RFC 9110, section 10.2.3): seconds or a date."""
    if text.isdigit():
        return float(text)
    from email.utils import parsedate_to_datetime

    with suppress(ValueError):
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    return 0.0

"""What can go wrong on the way to a server and back, in our words; no secret that was sent is in one."""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bos_tools.errors import OutsideError

PASSING = frozenset({429, 502, 503, 504})
"""Answers that may differ the next time, whatever was asked (RFC 9110, section 15.6; RFC 6585, section 4)."""


class HttpFailed(OutsideError):
    """Raised when a server answered with an error; carries the status and what it said."""

    def __init__(
        self, who: str, status: int, said: str, body: Any = None, *, retry_after: float = 0.0, hint: str = ""
    ) -> None:
        reason = {401: "unauthorized", 403: "forbidden", 404: "not-found", 409: "conflict"}.get(status, "http-failed")
        super().__init__(f"{who} answered {status}: {said[:1000] or 'nothing'}", reason=reason, hint=hint)
        self.status = status
        self.said = said
        self.body = body
        self.retry_after = retry_after
        """Seconds that the server asks to be left alone."""


class WrongAnswer(OutsideError):
    """Raised when what came back can't be the answer: a web page, too many bytes, no JSON, another shape."""

    def __init__(self, who: str, url: str, what: str) -> None:
        super().__init__(
            f"{who} answered {what}",
            reason="bad-answer",
            hint=f"is this its address, with no login page or proxy before it: {url}",
        )


class Unreachable(OutsideError):
    """Raised when a server gave no answer."""

    def __init__(self, who: str, url: str, said: str, *, is_early: bool) -> None:
        super().__init__(
            f"{who} can't be reached at {url}: {said}",
            reason="unreachable",
            hint=f"is it running, and is this its address: {url}",
        )
        self.said = said
        self.is_early = is_early
        """The request can't have reached the server."""


class Untrusted(Unreachable):
    """Raised when no TLS comes about: a certificate that nobody we trust has signed, or no TLS at all.

    No wait mends it.
    """

    def __init__(self, who: str, url: str, said: str) -> None:
        super().__init__(who, url, f"its certificate is not trusted: {said}", is_early=True)
        self.reason = "untrusted"
        self.hint = f"is this the name that the certificate is for: {url}"


class NoTls(Untrusted):
    """Raised when a server answers a TLS handshake with something else."""

    def __init__(self, who: str, url: str, said: str) -> None:
        super().__init__(who, url, said)
        self.message = f"{who} can't be reached at {url}: it speaks no TLS there: {said}"
        self.reason = "no-tls"
        self.hint = f"does it speak plain HTTP at this port: {re.sub('^https', 'http', url)}"


def is_passing(failed: HttpFailed) -> bool:
    """Tell whether the same request may succeed in a moment."""
    return failed.status in PASSING


@contextmanager
def translated(who: str, url: str) -> Iterator[None]:
    """Turn the library's errors into ours."""
    import httpx2

    try:
        yield
    except httpx2.DecodingError as error:
        raise WrongAnswer(who, url, f"bytes that are not packed as it says: {error}") from error
    except httpx2.HTTPStatusError as error:  # of a library that asks by itself, where the answer is no JSON
        raise HttpFailed(who, error.response.status_code, " ".join(error.response.text.split())) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        if (distrust := _tls_failure(who, url, error)) is not None:
            raise distrust from error
        said = str(error).strip() or type(error).__name__
        if isinstance(error, httpx2.LocalProtocolError):  # the library quotes the header, and so the token
            said = type(error).__name__
        is_early = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
        raise Unreachable(who, url, said[:300], is_early=is_early) from error


def _tls_failure(who: str, url: str, error: BaseException | None) -> Untrusted | None:
    """Return what stopped the handshake, None for an error of another kind.

    A library that raises an error again while it handles another may close the chain to a circle.
    """
    seen: set[int] = set()
    while error is not None and not isinstance(error, ssl.SSLError) and id(error) not in seen:
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    if isinstance(error, ssl.SSLCertVerificationError):
        return Untrusted(who, url, error.verify_message.rstrip("."))
    if isinstance(error, ssl.SSLError) and error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        return NoTls(who, url, "it answers in clear text")
    return None

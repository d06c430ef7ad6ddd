"""Read an answer within bounds: so many bytes, unpacked, in so many seconds; and what it says, on one line."""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bos_tools.doors.failures import HttpFailed, Unreachable, WrongAnswer

if TYPE_CHECKING:
    import httpx2

LARGEST = 20 * 2**20
"""Bytes of one answer, unpacked: what Argo CD manages in an add-on with its CRDs takes a quarter of it."""
MOST_PARTS = 1_000_000
"""Lists and maps in one answer: each takes up to 232 bytes of memory, whatever few it took on the wire."""
SHORT = 1000
"""Characters of a server's own words."""


@dataclass(frozen=True)
class Answer:
    """What a server answered: parsed JSON, or the text."""

    status: int
    data: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """Who was asked, where, and whether only JSON can be the answer."""

    who: str
    url: str
    is_json: bool = False


def body(asked: Asked, response: "httpx2.Response", seconds: float) -> bytes:
    """Return the whole answer, unpacked.

    Raises WrongAnswer over LARGEST, Unreachable when it is not whole within the seconds.
    """
    end = time.monotonic() + seconds
    found = bytearray()
    for chunk in response.iter_bytes():  # the library unpacks a mebibyte at a time at most
        found += chunk
        if len(found) > LARGEST:
            raise WrongAnswer(asked.who, asked.url, f"more than {LARGEST // 2**20} MiB")
        if time.monotonic() > end:
            raise Unreachable(asked.who, asked.url, f"no whole answer within {seconds:.0f} s", is_early=False)
    return bytes(found)


def lines(asked: Asked, chunks: Iterable[bytes]) -> Iterator[str]:
    """Yield the lines of an endless answer; raises WrongAnswer for one that has no end."""
    rest = bytearray()
    for chunk in chunks:
        head, *others = chunk.split(b"\n")
        rest += head
        for other in others:
            yield rest.decode("utf-8", "replace")
            rest = bytearray(other)
        if len(rest) > LARGEST:
            raise WrongAnswer(asked.who, asked.url, f"a line of more than {LARGEST // 2**20} MiB")
    if rest:
        yield rest.decode("utf-8", "replace")


def judged(asked: Asked, status: int, headers: Mapping[str, str], content: bytes) -> Answer:
    """Return what an answer says.

    Raises HttpFailed for a status from 300 on, WrongAnswer for what is no JSON where nothing else can be.
    """
    data = _parsed(asked, status, headers, content)
    if status >= 300:
        said, hint = _refusal(asked, headers, data)
        raise HttpFailed(asked.who, status, said, data, retry_after=wait(headers), hint=hint)
    return Answer(status, data, headers)


def _parsed(asked: Asked, status: int, headers: Mapping[str, str], content: bytes) -> Any:
    says_json = "json" in headers.get("content-type", "")
    if content and (says_json or (asked.is_json and status < 300)):
        try:
            if content.count(b"[") + content.count(b"{") > MOST_PARTS:
                raise WrongAnswer(asked.who, asked.url, f"more than {MOST_PARTS} lists and maps")
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            what = _page(text(content)) or ("no JSON, though it says so" if says_json else "no JSON")
            if status < 300:
                raise WrongAnswer(asked.who, asked.url, what) from error
    return text(content)


def text(content: bytes) -> str:
    """Return bytes as text; what is packed and does not say so is unpacked, as far as words need it."""
    if content.startswith(b"\x1f\x8b"):  # gzip, RFC 1952
        import zlib

        with suppress(zlib.error):
            content = zlib.decompressobj(31).decompress(content, 64 * 1024)
    return content.decode("utf-8", "replace")


def _refusal(asked: Asked, headers: Mapping[str, str], data: Any) -> tuple[str, str]:
    """Return a server's words on an error, and what helps."""
    to = urlsplit(headers.get("location", ""))
    if to.netloc:
        place = f"{to.scheme}://{to.netloc.rpartition('@')[2]}"
        own = asked.url.partition("://")
        hint = f"is this the address: {place}" if (to.scheme, to.netloc) != (own[0], own[2].partition("/")[0]) else ""
        return f"it points to {place}{to.path}", hint
    said = words(data)
    if "HTTP request to an HTTPS server" in said or "plain HTTP request was sent to HTTPS port" in said:
        return said, f"it speaks TLS at this port: {re.sub('^http:', 'https:', asked.url)}"
    return said, ""


def _page(said: str) -> str:
    """Return what a web page is, nothing for what is none."""
    if not re.match(r"\s*<(!doctype|html)", said[:2000], re.IGNORECASE):
        return ""
    title = re.search(r"<title[^>]{0,100}>([^<]{1,200})", said[:20_000], re.IGNORECASE)
    return f"a web page: {' '.join(title[1].split())}" if title else "a web page"


def words(data: Any) -> str:
    """Return a server's own words on an error, on one line."""
    if isinstance(data, dict):
        data = data.get("message") or data.get("error_description") or data.get("error") or data
    said = data if isinstance(data, str) else str(data)[:SHORT]
    return _page(said) or " ".join(said[: 4 * SHORT].split())[:SHORT]


def wait(headers: Mapping[str, str]) -> float:
    """Return for how many seconds a server asks to be left alone: by Retry-After, or by a budget that is used up.

    GitHub counts in `x-ratelimit-*`, GitLab in `ratelimit-*`; the reset is in seconds since 1970 (their documentation
    of REST rate limits).
    """
    if said := headers.get("retry-after", ""):
        return _seconds(said)
    for budget in ("x-ratelimit", "ratelimit"):
        reset = headers.get(f"{budget}-reset", "")
        if headers.get(f"{budget}-remaining") == "0" and _is_number(reset):
            return max(float(reset) - time.time(), 0.0)
    return 0.0


def _is_number(said: str) -> bool:
    return said.isascii() and said.isdigit() and len(said) < 16


def _seconds(said: str) -> float:
    """Return what a Retry-After asks for (RFC 9110, section 10.2.3): seconds or a date."""
    if _is_number(said):
        return float(said)
    from email.utils import parsedate_to_datetime

    with suppress(ValueError, OverflowError):
        return max(parsedate_to_datetime(said).timestamp() - time.time(), 0.0)
    return 0.0

"""The way to an API server: bounded answers, kubectl's proxies, and a login that is renewed once it is refused."""

import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2

from bos_tools.doors import answers
from bos_tools.doors.answers import Asked
from bos_tools.watching import busy

if TYPE_CHECKING:
    from bos_tools.doors.kubernetes.kubeconfig import Selected

SECONDS = 60.0
"""For one whole answer."""
Renew = Callable[[], str | None]


class Bounded(httpx2.BaseTransport):
    """Another transport, whose answers are read whole and within bounds before anybody sees them."""

    def __init__(
        self, under: httpx2.BaseTransport, asked: Asked, chosen: "Selected", renew: Renew | None = None
    ) -> None:
        self._under = under
        self._asked = asked
        self._chosen = chosen
        self._renew = renew
        self._token = renew() if renew is not None else None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; one that is answered by 401 once more with a new token, where there is a plugin."""
        if self._chosen.acts_as:  # a group may be said more than once
            request.headers = httpx2.Headers([*request.headers.multi_items(), *self._chosen.acts_as])
        if self._chosen.server_name:
            request.extensions = {**request.extensions, "sni_hostname": self._chosen.server_name}
        response = self._once(request)
        if response.status_code == 401 and self._renew is not None:
            self._token = self._renew()
            response = self._once(request)
        return response

    def _once(self, request: httpx2.Request) -> httpx2.Response:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        began = time.monotonic()
        with busy(f"{self._asked.who} to answer", SECONDS):
            response = self._under.handle_request(request)
            response.request = request
            try:
                content = answers.body(self._asked, response, SECONDS - (time.monotonic() - began))
            finally:
                response.close()
        kept = [(name, value) for name, value in response.headers.raw if name.lower() not in PACKED]
        return httpx2.Response(response.status_code, headers=kept, content=content, extensions=response.extensions)

    def close(self) -> None:
        """Let go of the connections."""
        self._under.close()


PACKED = (b"content-encoding", b"content-length", b"transfer-encoding")
"""What is no longer so of an answer that was unpacked."""


def transport(url: str, verify: ssl.SSLContext, chosen: "Selected", renew: Renew | None) -> Bounded:
    """Return the way to a server: by the kubeconfig's `proxy-url`, else by the environment's proxy."""
    under = httpx2.HTTPTransport(verify=verify, proxy=chosen.proxy or environment_proxy(url))
    return Bounded(under, Asked("the cluster", url), chosen, renew)


def environment_proxy(url: str) -> str | None:
    """Return the proxy that the environment names for an address; none for this machine itself, as Go has it."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in ("localhost", "::1") or host.startswith("127.") or proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)

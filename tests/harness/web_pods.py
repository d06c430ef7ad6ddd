"""A web pod and the backend behind it: nginx with our configuration, and a server that tells what reached it."""

import base64
import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from harness.servers import Names, free_address, needs, run
from harness.waiting import eventually

WEB_PORT, BACKEND_PORT = 8080, 3001
FOREGROUND = "daemon off;" + (
    " user root;" if os.geteuid() == 0 else ""
)  # else it would not be let into the tests' folder
WEBSOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class Handler(BaseHTTPRequestHandler):
    """Answer any request with what it was; /slow takes a second, an upgrade echoes bytes."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self.server.arrived.append(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        received = 0
        while received < length and (part := self.rfile.read(min(1 << 16, length - received))):
            received += len(part)
        if self.headers.get("Upgrade") == "websocket":
            return self._upgrade()
        if self.path.startswith("/slow"):
            time.sleep(float(self.path.partition("=")[2] or 1))
        said = {"method": self.command, "path": self.path, "headers": dict(self.headers), "received": received}
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "private, max-age=5")
        self.end_headers()
        self.wfile.write(body)
        return None

    do_POST = do_GET  # noqa: N815 -- the library's own names

    def _upgrade(self) -> None:
        key = str(self.headers["Sec-WebSocket-Key"]) + WEBSOCKET
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        self.close_connection = True
        while line := self.rfile.readline():
            self.wfile.write(b"echo " + line)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, Handler)
        self.arrived: list[str] = []

    def handle_error(self, *_: object) -> None:
        """A client that went away is no event."""


class Backend:
    """The backend at one address, on the plan's port."""

    def __init__(self, address: str | None = None) -> None:
        self.address = address or free_address([BACKEND_PORT])
        self.server = Server((self.address, BACKEND_PORT))
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def arrived(self) -> list[str]:
        """Return the paths of all requests that reached it."""
        return self.server.arrived

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Web:
    """One web pod: nginx as an own process on an own address, and a name server that knows the backend or not."""

    def __init__(self, folder: Path, config: dict[str, str], volume: Path) -> None:
        self.folder, self.volume, self.address = folder, volume, free_address([WEB_PORT])
        for name in ("resolver", "tmp"):
            (folder / name).mkdir(parents=True)
        shutil.copy("/etc/nginx/mime.types", folder)
        self.names = Names(folder / "hosts", "buildingos", "svc.cluster.local")
        self._resolver(config["resolver.sh"])
        self.config = folder / "nginx.conf"
        self.config.write_text(
            self.altered(config["nginx.conf"], f"listen {WEB_PORT};", f"listen {self.address}:{WEB_PORT};")
            .replace(" /tmp/", f" {folder}/tmp/")
            .replace(" /srv/frontend", f" {volume}")
            .replace("/dev/stdout", f"{folder}/access.log")
            .replace("error_log stderr", f"error_log {folder}/error.log")
        )
        self.process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def altered(text: str, old: str, new: str) -> str:
        """Put one thing in another's place; it must be there, or the test would run something else."""
        assert text.count(old) == 1, old
        return text.replace(old, new)

    def _resolver(self, script: str) -> None:
        """Run the init container's script; only the port of the name server is not the one that it writes."""
        (self.folder / "resolver.sh").write_text(script)
        (self.folder / "resolv.conf").write_text(
            "search buildingos.svc.cluster.local svc.cluster.local cluster.local\nnameserver 127.0.0.1\noptions ndots:5\n"
        )
        made = self.folder / "resolver/resolver.conf"
        done = run("sh", str(self.folder / "resolver.sh"), RESOLV_CONF=str(self.folder / "resolv.conf"), OUT=str(made))
        assert done.returncode == 0, done.stderr
        made.write_text(self.altered(made.read_text(), "resolver 127.0.0.1 ", f"resolver 127.0.0.1:{self.names.port} "))

    def start(self) -> "Web":
        process = self.process = subprocess.Popen(
            [needs("nginx"), "-p", self.folder, "-c", self.config, "-g", FOREGROUND],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        eventually(lambda: process.poll() is not None or self._is_up(), "nginx never answered")
        assert process.poll() is None, self.errors()
        return self

    def _is_up(self) -> bool:
        with suppress(OSError):
            return self.get("/health").status == 200
        return False

    def errors(self) -> str:
        return (self.folder / "error.log").read_text()

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address, WEB_PORT, timeout=300)

    def get(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> "Answer":
        connection = self.connect()
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers=named)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.names.close()


class Answer:
    """A response, read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def seen(self) -> dict[str, Any]:
        """Return what the backend says it saw."""
        found: dict[str, Any] = json.loads(self.body)
        return found

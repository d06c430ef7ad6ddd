"""A page in a real Chromium without a window: its size, its colours, what its script does, and what it complains of."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from harness.waiting import eventually

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-extensions",
)


@dataclass
class Page:
    """One page, spoken to by the DevTools protocol: https://chromedevtools.github.io/devtools-protocol/."""

    said: IO[bytes]
    heard: IO[bytes]
    session: str = ""
    count: int = 0
    complaints: list[str] = field(default_factory=list)
    """What the browser logs: a policy that something breaks, a file that it can't load, an error of a script."""

    def ask(self, method: str, **values: Any) -> Any:
        """Send a command and return its answer; raises RuntimeError for an error."""
        self.count += 1
        session = {"sessionId": self.session} if self.session else {}
        message = {"id": self.count, "method": method, "params": values, **session}
        self.said.write(json.dumps(message).encode() + b"\0")
        self.said.flush()
        while True:
            answer = json.loads(self._message())
            if answer.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.complaints.append(json.dumps(answer["params"]))
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _message(self) -> bytes:
        letters = bytearray()
        while (letter := self.heard.read(1)) not in (b"\0", b""):
            letters += letter
        if not letters:
            raise RuntimeError("Chromium has gone")
        return bytes(letters)

    def value(self, expression: str) -> Any:
        """Return what an expression comes to in the page; its own policy does not hold here."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key that writes a letter."""
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key)

    def look(self, width: int, scheme: str) -> bytes:
        """Return the page at a width of pixels and in light or dark, as a picture in PNG."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"])


@contextmanager
def opened(file: Path, profile: Path) -> Iterator[Page]:
    """Open a file in a Chromium of its own, which ends with the block."""
    read, said = os.pipe()
    heard, write = os.pipe()
    words = ["chromium", *FLAGS, f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
    command = ["bash", "-c", f'exec "$@" 3<&{read} 4>&{write}', "bash", *words]
    browser = subprocess.Popen(command, pass_fds=(read, write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(read)
    os.close(write)
    try:
        with os.fdopen(said, "wb") as to, os.fdopen(heard, "rb") as back:
            page = Page(to, back)
            target = page.ask("Target.createTarget", url="about:blank")["targetId"]
            page.session = page.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log"):
                page.ask(f"{domain}.enable")
            page.ask("Page.navigate", url=file.as_uri())
            eventually(
                lambda: page.value("document.readyState") == "complete" and page.value("location.protocol") == "file:"
            )
            yield page
    finally:
        browser.kill()
        browser.wait()

"""A headless Chromium, driven over a pipe by its DevTools protocol: no port, no driver, no package.

with Browser(find_chromium()) as browser:
    page = browser.open(path, width=390, height=844, dark=True)
    page.evaluate("document.title"), page.problems, page.requests
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

_NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
_WAIT_S = 60.0


def find_chromium() -> str | None:
    """Return the path of an installed Chromium; the environment's CHROMIUM goes first."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


class Browser:
    """One process; every page has a context of its own."""

    def __init__(self, chromium: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        ours, theirs = os.pipe(), os.pipe()
        os.set_inheritable(ours[0], True)
        os.set_inheritable(theirs[1], True)
        # The protocol's pipes are file descriptors 3 and 4 of the browser.
        command = f'exec "$0" "$@" 3<&{ours[0]} 4>&{theirs[1]}'
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
                     "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
                     f"--user-data-dir={self._folder.name}"]  # fmt: skip
        self._process = subprocess.Popen(
            ["bash", "-c", command, chromium, *arguments], pass_fds=(ours[0], theirs[1]),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(ours[0])
        os.close(theirs[1])
        self._to, self._from = os.fdopen(ours[1], "wb"), os.fdopen(theirs[0], "rb")
        self._buffer, self._number = b"", 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._to.close()
        self._from.close()
        self._process.terminate()
        self._process.wait(10)
        self._folder.cleanup()

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            block = os.read(self._from.fileno(), 1 << 20)
            if not block:
                raise RuntimeError("Chromium has ended")
            self._buffer += block
        message, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result; events that come meanwhile are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._to.write(json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        self._to.flush()
        while (found := self._read()).get("id") != self._number:
            self.events.append(found)
        if "error" in found:
            raise RuntimeError(f"{method}: {found['error']}")
        result: dict[str, Any] = found["result"]
        return result

    def wait_for(self, method: str, session: str) -> None:
        """Wait until an event has come."""
        end = time.monotonic() + _WAIT_S
        while not any(event.get("method") == method and event.get("sessionId") == session for event in self.events):
            if time.monotonic() > end:
                raise TimeoutError(method)
            self.events.append(self._read())

    def open(self, path: Path, width: int, height: int, dark: bool = False) -> "Page":
        """Open a file in a fresh context."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, path.resolve().as_uri())
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        phone = width < 600
        page.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        page.call("Emulation.setEmulatedMedia", features=scheme)
        self.events.clear()
        started = time.monotonic()
        page.call("Page.navigate", url=page.url)
        self.wait_for("Page.loadEventFired", session)
        page.load_s = time.monotonic() - started
        return page


class Page:
    """An open page: what it complained of, what it asked for."""

    def __init__(self, browser: Browser, session: str, url: str) -> None:
        self._browser, self._session, self.url = browser, session, url
        self.load_s = 0.0

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol for this page."""
        return self._browser.call(method, self._session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; the page's own policy does not hold for it."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"])
        return found["result"].get("value")

    def _events(self, *methods: str) -> list[dict[str, Any]]:
        mine = (event for event in self._browser.events if event.get("sessionId") == self._session)
        return [event["params"] for event in mine if event["method"] in methods]

    @property
    def problems(self) -> list[dict[str, Any]]:
        """Whatever the page wrote to the console, violations of its policy, exceptions, dialogs."""
        return self._events(
            "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening"
        )

    @property
    def requests(self) -> list[str]:
        """Every address that was asked for, apart from the page's own and inline data."""
        urls = [event["request"]["url"] for event in self._events("Network.requestWillBeSent")]
        return [url for url in urls if url != self.url and not url.startswith("data:")]

    def screenshot(self, path: Path, whole: bool = True) -> None:
        """Write a PNG of the page, or of what is in view."""
        found = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(found["data"]))

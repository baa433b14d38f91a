"""A browser of the Chromium family without a window, spoken to over two pipes with its DevTools protocol.

One message is one JSON object and a zero byte. The browser reaches no network, keeps its profile in a temporary folder,
draws WebGL in software, so that a picture is the same on every machine, and ends with the `with` block in any case.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import orjson

from belvedere.core.errors import BelvedereError, UsageError

VARIABLES = ("BELVEDERE_BROWSER", "BROWSER")
NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge",
    "microsoft-edge-stable", "brave-browser",
)  # fmt: skip
MAC_APPLICATIONS = ("Chromium", "Google Chrome", "Microsoft Edge", "Brave Browser")
DOWNLOADED = "ms-playwright/chromium-*/chrome-linux*/chrome"  # in the cache folder of whoever has Playwright
FAMILY = ("chrom", "edge", "brave")
FLAGS = (
    "--headless", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--mute-audio",
    "--hide-scrollbars", "--disable-extensions", "--disable-dev-shm-usage",
    # Root and most containers have no sandbox to offer, and the only page that is ever shown is ours.
    "--no-sandbox",
    # No name resolves, so the browser cannot call home.
    "--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic",
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
)  # fmt: skip
OFFLINE = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}  # for the page
# The protocol wants file descriptors 3 and 4, which subprocess cannot give; a shell can, before it becomes the browser.
PIPES_3_AND_4 = 'exec 3<&0 4>&1; exec "$@" </dev/null >/dev/null'
START_SECS = 30.0
ANSWER_SECS = 180.0  # a large surface drawn in software on a busy machine takes tens of seconds
STOP_SECS = 3.0
CHUNK_BYTES = 1 << 20


def find_browser() -> str:
    """The path of a browser that can draw figures; UsageError says how to get one."""
    named = os.environ.get(VARIABLES[0])
    if named:
        found = shutil.which(named)
        if found is None:
            raise UsageError(
                f"no program {named!r}, which {VARIABLES[0]} names; set it to a Chromium or Chrome, or unset it"
            )
        return found
    # BROWSER is anybody's: a Firefox in it is no mistake, and no help either.
    usual = os.environ.get(VARIABLES[1], "").split(":")
    wanted = [name for name in usual if any(part in Path(name).name.lower() for part in FAMILY)]
    for name in (*wanted, *NAMES, *_elsewhere()):
        if found := shutil.which(name):
            return found
    raise UsageError(
        "pictures need a browser, and no Chromium or Chrome was found; install one (apt install chromium), "
        f"name one in {VARIABLES[0]}, or write .html or .json, which need none"
    )


def _elsewhere() -> list[str]:
    """Places that are not on the PATH."""
    if sys.platform == "darwin":
        return [f"/Applications/{name}.app/Contents/MacOS/{name}" for name in MAC_APPLICATIONS]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return [str(path) for path in sorted(cache.glob(DOWNLOADED), reverse=True)]


class Browser:
    """A running browser with one empty page: `with Browser() as browser: browser.evaluate("1 + 1")`."""

    def __init__(self) -> None:
        self.program = find_browser()
        self._profile = tempfile.TemporaryDirectory(prefix="belvedere-browser-", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", PIPES_3_AND_4, "sh", self.program, *FLAGS, f"--user-data-dir={self._profile.name}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that its helpers can be ended with it
        )  # fmt: skip
        assert self._process.stdin is not None and self._process.stdout is not None  # for the type checker
        self._to, self._from = self._process.stdin, self._process.stdout
        self._unread = b""
        self._last_id = 0
        self._session = ""
        try:
            target = self._call("Target.createTarget", {"url": "about:blank"}, START_SECS)["targetId"]
            attached = self._call("Target.attachToTarget", {"targetId": target, "flatten": True}, START_SECS)
            self._session = str(attached["sessionId"])
            self._call("Network.enable", {}, START_SECS)
            self._call("Network.emulateNetworkConditions", OFFLINE, START_SECS)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def evaluate(self, expression: str, *, timeout_secs: float = ANSWER_SECS) -> object:
        """The value of a JavaScript expression on the page, awaited if it is a promise."""
        wish = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        answer = self._call("Runtime.evaluate", wish, timeout_secs)
        if "exceptionDetails" in answer:
            raise BelvedereError(f"the browser could not draw the figure: {_words(answer['exceptionDetails'])}")
        result = answer["result"]
        return result.get("value") if isinstance(result, dict) else None

    def close(self) -> None:
        """End the browser and all its processes, and remove its profile."""
        with contextlib.suppress(BrokenPipeError):  # what it no longer reads is of no interest
            self._to.close()
        self._from.close()
        try:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(STOP_SECS)
        except ProcessLookupError:
            pass
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._profile.cleanup()

    def _call(self, method: str, parameters: Mapping[str, object], timeout_secs: float) -> dict[str, object]:
        """Send one command and wait for its answer; events in between are of no interest."""
        self._last_id += 1
        message: dict[str, object] = {"id": self._last_id, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        try:
            self._to.write(orjson.dumps(message) + b"\0")
            self._to.flush()
        except BrokenPipeError:
            raise self._ended() from None
        end = time.monotonic() + timeout_secs
        while True:
            answer = orjson.loads(self._next_message(end))
            if answer.get("id") == self._last_id:
                break
        if "error" in answer:
            raise BelvedereError(f"{self.program} refused {method}: {answer['error'].get('message')}")
        found: dict[str, object] = answer["result"]
        return found

    def _next_message(self, end: float) -> bytes:
        parts = [self._unread]
        while b"\0" not in parts[-1]:
            ready, _, _ = select.select([self._from], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise BelvedereError(
                    f"{self.program} did not answer in time; try again, a smaller picture, or write .html"
                )
            chunk = os.read(self._from.fileno(), CHUNK_BYTES)
            if not chunk:
                raise self._ended()
            parts.append(chunk)
        message, _, self._unread = b"".join(parts).partition(b"\0")
        return message

    def _ended(self) -> BelvedereError:
        return BelvedereError(
            f"the browser {self.program} ended before the picture was drawn; start it once by hand to see why, "
            f"name another in {VARIABLES[0]}, or write .html"
        )


def _words(details: object) -> str:
    """The first line of what JavaScript says went wrong."""
    if not isinstance(details, dict):
        return "no reason given"
    thrown = details.get("exception") or {}
    text = str(thrown.get("description") or thrown.get("value") or details.get("text"))
    return text.splitlines()[0][:200]

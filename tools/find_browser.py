"""Prints the Chromium or Chrome that the browser tests use; exit code 1 if there is none that starts.

Order: $BELVEDERE_BROWSER, an installed Chromium or Chrome, the one that `playwright install chromium` fetched.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
START_SECS = 30  # a cold first start on a slow disk


def find_browser() -> str | None:
    """The first browser that can say its version; some systems have a `chromium` that only asks to install it."""
    return next((path for path in candidates() if starts(path)), None)


def candidates() -> Iterator[str]:
    """Where a browser may be, best first; Playwright is asked last because asking takes a second."""
    if "BELVEDERE_BROWSER" in os.environ:
        yield os.environ["BELVEDERE_BROWSER"]
    yield from filter(None, map(shutil.which, (*NAMES, MAC)))
    yield from playwright_browser()


def starts(path: str) -> bool:
    """Whether the program runs here at all."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=START_SECS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def playwright_browser() -> Iterator[str]:
    """The Chromium that Playwright fetched, if Playwright is installed."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return
    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


if __name__ == "__main__":
    found = find_browser()
    if found is None:
        sys.exit("no browser: install Chromium or Chrome, or name one in BELVEDERE_BROWSER")
    print(found)

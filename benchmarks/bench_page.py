"""From `log()` to a pixel, and how soon the page of a run with 10⁴ series shows its first charts, in a real browser.

    python -m benchmarks.bench_page

The floor of a pixel is one poll of the watcher and one frame of the browser; that of a page is the page of a run with
one series in the same browser.
"""

import random
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

import belvedere as bv
from belvedere.runlog.layout import run_folder
from belvedere.server.live import WATCH_SECONDS
from belvedere.store.compact import compact_run
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.watching import wait_until_drawn
from tests.server.running import server
from tools.find_browser import find_browser

ROWS, SERIES, PAGES, FRAME_MS = 60, 10_000, 5, 1000 / 60
PIXEL_MS, FIRST_CHARTS_MS = 300.0, 1000.0
DRAWN_AT = "series => window.__belvedere.lastDraw[series].at"
FIRST_DRAWN = "() => Math.min(...Object.values(window.__belvedere.lastDraw).map(d => d.at)) - performance.timeOrigin"


def main() -> None:
    """One server, one browser, both claims."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder)
        browser = playwright.chromium.launch(executable_path=find_browser(), args=CHROMIUM_FLAGS)
        for run_id, count in (("one", 1), ("many", SERIES)):
            write_run(root, run_id, count)
        with server(str(root), "--port", "0") as running:
            pixel(browser, root, running.url)
            floor_ms = first_charts(browser, running.url, "one")
            many_ms = first_charts(browser, running.url, "many")
            report(f"first charts of a run with {SERIES} series", many_ms, FIRST_CHARTS_MS, floor_ms, "a run with one")
        browser.close()


def write_run(root: Path, run_id: str, count: int) -> None:
    """A finished, compacted run of `count` series of 100 steps."""
    with bv.init(project="page", id=run_id, dir=root, hardware=False, console=False) as run:
        for step in range(100):
            run.log({f"part{i // 100}/series_{i}": step / (i + 1) for i in range(count)}, step=step)
    compact_run(run_folder(root, "page", run_id))


def pixel(browser: Browser, root: Path, url: str) -> None:
    """Log rows at random moments; each one's wait until its point stood on the canvas."""
    run = bv.init(project="page", id="live", dir=root, hardware=False, console=False)
    run.log({"train/loss": 1.0}, step=0)
    page = browser.new_page()
    page.goto(f"{url}/page/live")
    wait_until_drawn(page, "page/live/train/loss", 0)
    waits = [one_row(page, run, step) for step in range(1, ROWS + 1)]
    run.finish()
    page.close()
    floor_ms = WATCH_SECONDS * 1000 / 2 + FRAME_MS
    report("log() to a pixel, median", statistics.median(waits), PIXEL_MS, floor_ms, "half a poll and a frame")
    print(f"{'':<4}worst of {ROWS}: {max(waits):.0f} ms")


def one_row(page: Page, run: bv.Run, step: int) -> float:
    """Milliseconds from before the call of `log()` to the frame that shows its point."""
    time.sleep(random.uniform(0.05, 0.25))
    logged_at = time.time() * 1000
    run.log({"train/loss": 1 / step}, step=step)
    wait_until_drawn(page, "page/live/train/loss", step)
    drawn_at: float = page.evaluate(DRAWN_AT, "page/live/train/loss")
    return drawn_at - logged_at


def first_charts(browser: Browser, url: str, run_id: str) -> float:
    """Median milliseconds from the start of the navigation to the first chart on the canvas."""
    waits = []
    for _ in range(PAGES):
        page = browser.new_page()
        page.goto(f"{url}/page/{run_id}")
        page.wait_for_function("() => Object.keys(window.__belvedere?.lastDraw ?? {}).length > 0")
        waits.append(page.evaluate(FIRST_DRAWN))
        page.close()
    return statistics.median(waits)


def report(claim: str, found_ms: float, limit_ms: float, floor_ms: float, floor: str) -> None:
    """One line: figure, limit, floor."""
    verdict = "ok" if found_ms <= limit_ms else "MISSED"
    print(f"{claim:<44} {found_ms:7.0f} ms | to reach {limit_ms:g} ms: {verdict} | floor ({floor}) {floor_ms:.0f} ms")


if __name__ == "__main__":
    main()

"""The page follows a run while it is written, and misses nothing when the server goes away."""

import re
import signal
import time
from pathlib import Path

from playwright.sync_api import Browser, expect

import belvedere as bv
from tests.browser.watching import PATIENCE_MS, wait_until_drawn
from tests.ports import free_port
from tests.server.running import server


def test_a_new_run_becomes_a_row_and_its_points_become_pixels(browser: Browser, tmp_path: Path) -> None:
    with server(str(tmp_path), "--port", "0") as running:
        page = browser.new_context(base_url=running.url).new_page()
        page.goto("/")
        expect(page.get_by_role("heading", name="No run yet")).to_be_visible()
        with bv.init(project="live", id="one", name="keen-fell-1", dir=tmp_path, hardware=False) as run:
            run.log({"train/loss": 3.0}, step=0)
            expect(page.locator('[data-run="live/one"]')).to_be_visible(timeout=PATIENCE_MS)
            page.goto("/live/one")
            wait_until_drawn(page, "live/one/train/loss", 0)
            for step in range(1, 30):
                run.log({"train/loss": 3.0 / step}, step=step)
            wait_until_drawn(page, "live/one/train/loss", 29)
            expect(page.locator(".state-pill")).to_have_text("running")
            run.log({"val/loss": 2.0}, step=30)
            wait_until_drawn(page, "live/one/val/loss", 30)
        expect(page.locator(".state-pill")).to_have_text("finished", timeout=PATIENCE_MS)
        page.context.close()


def test_a_run_with_planned_steps_says_about_when_it_ends(browser: Browser, tmp_path: Path) -> None:
    config = {"trainer": {"max_steps": 2000}}
    with (
        server(str(tmp_path), "--port", "0") as running,
        bv.init(project="live", id="far", dir=tmp_path, config=config, hardware=False) as run,
    ):
        for step in range(20):
            run.log({"train/loss": 3.0}, step=step)
            time.sleep(0.02)
        page = browser.new_context(base_url=running.url).new_page()
        page.goto("/live/far")
        progress = page.locator('[data-fact="progress"]')
        expect(progress).to_have_text(re.compile(r"^20 of 2,000 steps, about .+ left$"), timeout=PATIENCE_MS)
        page.context.close()


def test_a_killed_server_is_said_and_after_its_return_nothing_is_missing(browser: Browser, tmp_path: Path) -> None:
    words = (str(tmp_path), "--port", str(free_port()))
    with bv.init(project="live", id="two", dir=tmp_path, hardware=False) as run:
        run.log({"train/loss": 3.0}, step=0)
        with server(*words) as running:
            page = browser.new_context(base_url=running.url).new_page()
            page.goto("/live/two")
            wait_until_drawn(page, "live/two/train/loss", 0)
            running.stop(signal.SIGKILL)
            expect(page.locator(".link-banner")).to_have_text("The server does not answer. Trying again…")
        for step in range(1, 10):
            run.log({"train/loss": 3.0}, step=step)
        expect(page.locator('[data-panel="train/loss"] canvas')).to_be_visible()  # what was there stays
        with server(*words):
            wait_until_drawn(page, "live/two/train/loss", 9)
            expect(page.locator(".link-banner")).to_have_text("", timeout=PATIENCE_MS)
            run.log({"train/loss": 3.0}, step=10)
            wait_until_drawn(page, "live/two/train/loss", 10)
            page.context.close()

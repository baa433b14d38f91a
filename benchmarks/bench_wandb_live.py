"""How soon a row that a W&B client posts stands on the canvas of its run's page, in a real browser.

    python -m benchmarks.bench_wandb_live

First posts as the client makes them, timed from before each is sent: the claim. Then the newest client that `make
setup` installs, from its `log()` on: it collects for 15 seconds unless WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL says
otherwise, which no server can change.
"""

import base64
import json
import random
import statistics
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

import belvedere as bv
from belvedere.server.live import WATCH_SECONDS
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.watching import wait_until_drawn
from tests.ports import free_port
from tests.wandb.real import KEY, Server, client_in, output_of
from tools.find_browser import find_browser

ROWS, SCALARS, REACH_MS, FRAME_MS = 60, 10, 500.0, 1000 / 60
CLIENT_ROWS, INTERVAL_SECONDS = 12, 1
DRAWN_AT = "series => window.__belvedere.lastDraw[series].at"
BEGIN = """mutation UpsertBucket($name: String, $project: String) {
  upsertBucket(input: {name: $name, modelName: $project, config: "{}", host: "bench"}) { bucket { id } } }"""
SCRIPT = f"""
import time, wandb
with wandb.init(project="live", id="client") as run:
    run.log({{"train/loss": 1.0, "logged_at": 0.0}})
    time.sleep(5)
    for step in range(1, {CLIENT_ROWS} + 1):
        run.log({{"train/loss": 1 / step, "logged_at": time.time()}})
        time.sleep(1.37)
"""


class Wire:
    """A run that is posted row by row, with ten scalars a row and the summary that goes with it."""

    def __init__(self, url: str, run_id: str) -> None:
        self.path = f"/files/belvedere/live/{run_id}/file_stream"
        token = base64.b64encode(f"api:{KEY}".encode()).decode()
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Basic {token}"})
        variables = {"name": run_id, "project": "live"}
        self.http.post("/graphql", json={"query": BEGIN, "variables": variables}).raise_for_status()

    def post(self, step: int) -> None:
        """One row, acknowledged."""
        values = {"train/loss": 1 / (step + 1)} | {f"train/value_{i}": step / (i + 1) for i in range(SCALARS - 1)}
        row = json.dumps({**values, "_step": step, "_runtime": step * 0.1, "_timestamp": time.time()})
        files = {
            "wandb-history.jsonl": {"offset": step, "content": [row]},
            "wandb-summary.json": {"offset": 0, "content": [row]},
        }
        self.http.post(self.path, json={"files": files}).raise_for_status()


def main() -> None:
    """Both measurements, one server, one browser."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder) / "runs"
        root.mkdir()
        browser = playwright.chromium.launch(executable_path=find_browser(), args=CHROMIUM_FLAGS)
        server = Server(root, free_port())
        server.start()
        posted(browser, server)
        logged(browser, server, Path(folder))
        server.stop()
        browser.close()


def posted(browser: Browser, server: Server) -> None:
    """Rows at random moments; each one's wait until its point stood on the canvas, and what the post alone took."""
    wire = Wire(server.url, "wire")
    wire.post(0)
    page = shown(browser, server, "wire")
    waits, answers = [], []
    for step in range(1, ROWS + 1):
        time.sleep(random.uniform(0.05, 0.25))
        sent_at = time.time() * 1000
        wire.post(step)
        answers.append(time.time() * 1000 - sent_at)
        waits.append(drawn_at(page, "wire", step) - sent_at)
    page.close()
    median, floor_ms = statistics.median(waits), WATCH_SECONDS * 1000 / 2 + FRAME_MS
    verdict = "ok" if max(waits) <= REACH_MS else "MISSED"
    print(f"post to a pixel, median {median:.0f} ms, worst of {ROWS} {max(waits):.0f} ms | to reach {REACH_MS:g} ms: "
          f"{verdict} | floor (half a poll and a frame) {floor_ms:.0f} ms; "
          f"the post itself {statistics.median(answers):.1f} ms")  # fmt: skip


def logged(browser: Browser, server: Server, folder: Path) -> None:
    """The real client, one row now and then."""
    client = client_in(folder / "client", server.url)
    process = client.begin(SCRIPT, WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL=str(INTERVAL_SECONDS))
    while not (server.root / "live" / "client").is_dir():
        time.sleep(0.1)
    page = shown(browser, server, "client")
    drawn = [drawn_at(page, "client", step) for step in range(1, CLIENT_ROWS + 1)]
    output_of(process)
    times = bv.open(server.root).run("live/client").series("logged_at").values[1:] * 1000
    waits = [at - time_ms for at, time_ms in zip(drawn, times.tolist(), strict=True)]
    print(f"log() of the real client to a pixel, median {statistics.median(waits):.0f} ms, worst of {CLIENT_ROWS} "
          f"{max(waits):.0f} ms; it posts every {INTERVAL_SECONDS} s")  # fmt: skip


def shown(browser: Browser, server: Server, run_id: str) -> Page:
    """The page of a run whose first point is drawn."""
    page = browser.new_page()
    page.goto(f"{server.url}/live/{run_id}")
    wait_until_drawn(page, f"live/{run_id}/train/loss", 0)
    return page


def drawn_at(page: Page, run_id: str, step: int) -> float:
    """When the frame came that shows a step, ms since 1970."""
    wait_until_drawn(page, f"live/{run_id}/train/loss", step)
    found: float = page.evaluate(DRAWN_AT, f"live/{run_id}/train/loss")
    return found


if __name__ == "__main__":
    main()

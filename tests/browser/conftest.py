"""A real browser, a real server, runs that were really recorded."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

import belvedere as bv
from belvedere.server.pages import STATIC
from tests.browser.watching import PATIENCE_MS, Watched
from tests.server.running import server

CHROMIUM_FLAGS = [
    "--no-sandbox",  # tests also run as root
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-accelerated-2d-canvas",  # without a GPU the accelerated canvas is the slow one
    "--disable-gpu-rasterization",
]
expect.set_options(timeout=PATIENCE_MS)
STEPS = 3000  # more points than a panel has buckets, so that a zoom must read again


@pytest.fixture(scope="session", autouse=True)
def built_page() -> None:
    """The page as `npm run build` leaves it."""
    if not (STATIC / "index.html").is_file():
        pytest.fail(f"the page is not built: no index.html in {STATIC}; run make setup")


@pytest.fixture(scope="session")
def browser(browser_path: str) -> Iterator[Browser]:
    """One browser for all tests; every page gets a profile of its own."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser_path, args=CHROMIUM_FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs of one project: a plain one, one with values no axis can show, one with many series."""
    folder = tmp_path_factory.mktemp("runs")
    rng = np.random.default_rng(0)
    with bv.init(
        project="demo", id="plain", name="calm-ridge-1", dir=folder, config={"lr": 3e-4, "seed": 1}, hardware=False
    ) as run:
        for step in range(STEPS):
            run.log({"train/loss": 1.5 + 5 * np.exp(-step / 500) + rng.normal() * 0.1, "lr": step / STEPS}, step=step)
            if step % 300 == 0:
                run.log({"val/loss": 1.6 + 5 * np.exp(-step / 500)}, step=step)
                run.log_vector("grad_norm", rng.uniform(0.1, 1, 4).astype(np.float32), ["a", "b", "c", "d"], step=step)
        run.log({"sample": bv.Image(np.zeros((8, 8, 3), np.uint8), caption="black")}, step=0)
        run.log({"note": bv.Text("a logged text")}, step=0)
        run.log(
            {"rows": bv.Table(columns=["prompt", "score"], data=[["first", 0.5], ["a long answer " * 12, 0.25]])},
            step=0,
        )
        print("printed by the training")
    with bv.init(
        project="demo", id="odd", name="pale-moor-2", dir=folder, config={"lr": 1e-3, "seed": 1}, hardware=False
    ) as run:
        for step in range(40):
            run.log({"train/loss": float("nan") if 10 <= step < 14 else 2.0 + step / 40}, step=step)
        run.log({"only/nan": float("nan")}, step=0)
        run.log({"only/" + "very_long_name_" * 13: 1.0}, step=0)
    _record_things(folder)
    with bv.init(project="wide", id="many", dir=folder, hardware=False) as run:
        run.log({f"part{i // 50}/series_{i:03d}": float(i) for i in range(400)}, step=0)
    return folder


def _record_things(folder: Path) -> None:
    """A run with one of every thing that has a panel of its own."""
    frames = np.zeros((3, 8, 8, 3), np.uint8)
    box = {"position": {"minX": 0.1, "maxX": 0.5, "minY": 0.2, "maxY": 0.6}, "class_id": 1, "scores": {"iou": 0.91}}
    corners = [[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    mask = np.zeros((24, 32), np.uint8)
    mask[:, 16:] = 2
    with bv.init(project="media", id="all", dir=folder, config={"max_steps": 10}, hardware=False) as run:
        run.define("accuracy", goal="maximize")
        for step in range(3):
            run.log({"accuracy": 1.0 - 0.1 * step, "val/loss": 2.0 - step}, step=step)
        run.log(
            {
                "film": bv.Video(frames, caption="three frames", fps=4),
                "space": bv.Object3D({"points": np.eye(3), "boxes": [{"corners": corners, "label": "cube"}]}),
                "pictures": [bv.Image(np.full((8, 8), shade, np.uint8), caption=f"shade {shade}") for shade in (0, 99)],
                "marked": bv.Image(
                    np.full((24, 32, 3), 200, np.uint8),
                    caption="one cat",
                    boxes={"predictions": {"box_data": [box], "class_labels": {1: "cat"}}},
                    masks={"truth": {"mask_data": mask, "class_labels": {2: "road"}}},
                ),
                "tone": bv.Audio(np.sin(np.arange(800) / 9).astype(np.float32), sample_rate=8000),
                "spread": bv.Histogram(np.arange(100.0)),
            },
            step=2,
        )


@pytest.fixture(scope="session")
def url(root: Path) -> Iterator[str]:
    """The address of a server over `root`."""
    with server(str(root), "--port", "0") as running:
        yield running.url


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """A page of 1280 × 900 in light mode; an error in its console fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light", base_url=url)
    opened = context.new_page()
    watched = Watched(opened)
    yield opened
    context.close()
    assert watched.errors == []

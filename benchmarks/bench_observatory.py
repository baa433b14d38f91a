"""How soon the observatory shows its first scene, and how soon a move of its slider is on the screen, in a browser.

    python -m benchmarks.bench_observatory [RUNS_DIR PROJECT RUN]

Without arguments a run like the demo's is recorded. The browser draws WebGL with the processor, so these are times of a
machine without a graphics card. A move counts as on the screen when the graphics library answers for a pixel of the
canvas two frames after it. The floor of the first scene is an empty page of the same server.
"""

import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

import belvedere as bv
from benchmarks.bench_page import report
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.server.running import server
from tools.find_browser import find_browser

STEPS, BLOCKS, OPENINGS, MOVES = 3000, 14, 3, 12
FIRST_MS, MOVE_MS = 3000.0, 300.0
PATIENCE_MS = 120_000
SETTLED = "draws => window.__scene.draws > draws || document.querySelector('.stage > .empty')"
VIEW = {"width": 1280, "height": 900}
FRAME_MS = 1000 / 60
DRAWN = "() => (window.__scene?.draws ?? 0) > 0"
DRAWN_AT = "() => window.__scene.at - performance.timeOrigin"
FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
MOVE = """async (share) => {
  const slider = document.querySelector('.time-slider');
  const to = Math.round(share * Number(slider.max));
  const began = performance.now();
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(slider, String(to));
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  const frame = () => new Promise(requestAnimationFrame);
  while (window.__scene.step !== to) await frame();
  await frame();
  for (const canvas of document.querySelectorAll('.scene-host canvas')) {
    const gl = canvas.getContext('webgl') ?? canvas.getContext('webgl2');
    gl?.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }
  return performance.now() - began;
}"""


def main() -> None:
    """Both claims for the first scene, and the moves of every other one."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root, project, run_id = sys.argv[1:4] if len(sys.argv) == 4 else (folder, "scenes", "like-the-demo")
        if root == folder:
            record(Path(root), project, run_id)
        browser = playwright.chromium.launch(executable_path=find_browser(), args=CHROMIUM_FLAGS)
        with server(root, "--port", "0") as running:
            address = f"{running.url}/{project}/{run_id}/observatory"
            openings = [opened(browser, address) for _ in range(OPENINGS)]
            floor_ms = empty_page(browser, running.url)
            report("first scene, median", statistics.median(openings), FIRST_MS, floor_ms, "first paint of a bare page")
            for scene_id, waits in moves(browser, address).items():
                report(f"slider to pixels: {scene_id}", statistics.median(waits), MOVE_MS, 2 * FRAME_MS, "two frames")
                print(f"{'':<4}worst of {len(waits)}: {max(waits):.0f} ms")
        browser.close()


def record(root: Path, project: str, run_id: str) -> None:
    """A run with losses, a learning rate and gradient norms."""
    rng = np.random.default_rng(0)
    names = ["embed", *(f"h.{block}" for block in range(BLOCKS - 2)), "head"]
    with bv.init(project=project, id=run_id, dir=root, hardware=False, console=False) as run:
        for step in range(STEPS):
            loss = 1.5 + 5 * float(np.exp(-step / 500)) + 0.05 * float(rng.normal())
            run.log({"train/loss": loss, "train/lr": 3e-4 * (1 - step / STEPS)}, step=step)
            if step % 25 == 0:
                norms = np.exp(-step / 900) * rng.uniform(0.1, 1, BLOCKS)
                run.log_vector("grad_norm", norms.astype(np.float32), names, step=step)


def opened(browser: Browser, address: str) -> float:
    """Milliseconds from the navigation to the frame that shows the first scene; nothing is cached."""
    page = browser.new_context(viewport=VIEW).new_page()  # type: ignore[arg-type]
    page.goto(address)
    page.wait_for_function(DRAWN)
    found: float = page.evaluate(DRAWN_AT)
    page.context.close()
    return found


def empty_page(browser: Browser, url: str) -> float:
    """Milliseconds to the first paint of a page that shows a list."""
    page = browser.new_context(viewport=VIEW).new_page()  # type: ignore[arg-type]
    page.goto(url)
    page.wait_for_timeout(1000)
    found: float = page.evaluate(FIRST_PAINT)
    page.context.close()
    return found


def moves(browser: Browser, address: str) -> dict[str, list[float]]:
    """Milliseconds from a move of the slider to its pixels, for every scene of the run that moves."""
    page = browser.new_context(viewport=VIEW).new_page()  # type: ignore[arg-type]
    page.goto(address)
    page.wait_for_function(DRAWN)
    buttons = page.locator(".scene-list li button")
    found = {}
    for place in range(buttons.count()):
        draws = page.evaluate("() => window.__scene.draws")
        if place:
            buttons.nth(place).click()
            page.wait_for_function(SETTLED, arg=draws, timeout=PATIENCE_MS)
        if page.locator(".stage > .empty").count():
            continue  # the figure says in words what it lacks
        title = buttons.nth(place).get_attribute("title") or str(place)
        found[title] = measured(page)
    page.context.close()
    return found


def measured(page: Page) -> list[float]:
    """MOVES moves to places all over the time line; the first two, which warm up, are left out."""
    waits = [page.evaluate(MOVE, (0.37 * (move + 1)) % 1) for move in range(MOVES + 2)]
    return waits[2:]


if __name__ == "__main__":
    main()

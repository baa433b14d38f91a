"""Pages of what came from W&B: charts of a run's tables, axes of its own, hidden series, files; a sweep."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_looks import AXE, VIOLATIONS
from tests.browser.test_run_page import drag, panel
from tests.browser.watching import PATIENCE_MS, Watched, wait_until_drawn
from tests.server.running import server
from tests.server.wandb_runs import record_wandb
from tests.wandb_protocol.sweeps.test_agents import Sweeping

SEARCH = "name: rates\nmethod: grid\nmetric: {name: loss}\nparameters: {lr: {values: [0.1, 0.2, 0.3]}}"
DRAWN_Y = "name => document.querySelector(`[data-panel='${name}'] .js-plotly-plot`)?.data?.map(({ y }) => y)"


@pytest.fixture(scope="module")
def foreign_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over one such run and a sweep."""
    root: Path = tmp_path_factory.mktemp("foreign")
    record_wandb(root)
    with ThreadPoolExecutor(1) as pool:  # beside the event loop that the browser is driven by
        pool.submit(record_sweep, root).result()
    with server(str(root), "--port", "0") as running:
        yield running.url


@pytest.fixture
def foreign(browser: Browser, foreign_url: str) -> Iterator[Page]:
    """The page of the run, tall enough for all its panels."""
    context = browser.new_context(viewport={"width": 1280, "height": 1600}, base_url=foreign_url)
    page = context.new_page()
    watched = Watched(page)
    page.goto("/p/foreign")
    yield page
    context.close()
    assert watched.errors == []


def test_a_chart_of_a_table_is_shown_under_its_own_name_with_all_its_steps(foreign: Page) -> None:
    chart = panel(foreign, "curve")
    expect(chart.locator(".js-plotly-plot")).to_be_visible(timeout=PATIENCE_MS)
    foreign.wait_for_function(f"() => JSON.stringify(({DRAWN_Y})('curve')) === '[[1,3]]'")
    expect(chart).to_contain_text("step 9")
    expect(panel(foreign, "curve_table")).to_have_count(0)
    chart.get_by_role("slider").press("ArrowLeft")
    expect(chart).to_contain_text("step 4")
    foreign.wait_for_function(f"() => JSON.stringify(({DRAWN_Y})('curve')) === '[[1,2]]'")


def test_the_table_of_a_chart_is_one_click_away(foreign: Page) -> None:
    chart = panel(foreign, "curve")
    expect(chart.locator(".js-plotly-plot")).to_be_visible(timeout=PATIENCE_MS)
    chart.hover()
    chart.get_by_role("button", name="Show the table").click()
    expect(chart.get_by_role("columnheader")).to_have_text(["x", "y"])
    expect(chart.get_by_role("cell")).to_have_text(["0", "1", "1", "3"])


def test_a_chart_whose_column_is_missing_says_so(foreign: Page) -> None:
    sentence = "The table broken_table has no column 'gone' for this chart. It has: x, y."
    expect(panel(foreign, "broken")).to_contain_text(sentence, timeout=PATIENCE_MS)


def test_a_series_is_drawn_over_its_own_axis_until_steps_are_chosen(foreign: Page) -> None:
    wait_until_drawn(foreign, "p/foreign/val/loss", 4)
    assert last_x(foreign) == 4  # the last epoch
    assert last_x(foreign, "lr") == 9
    axis = foreign.get_by_role("textbox", name="x axis").or_(foreign.get_by_role("combobox", name="x axis")).first
    expect(axis).to_have_value("as defined")
    axis.click()
    foreign.get_by_role("option", name="step", exact=True).click()
    wait_until_drawn(foreign, "p/foreign/val/loss", 9)
    assert "x=step" in foreign.url


def test_a_zoom_into_epochs_leaves_charts_over_steps_as_they_are(foreign: Page) -> None:
    wait_until_drawn(foreign, "p/foreign/val/loss", 4)
    drag(foreign, "val/loss", 0.1, 0.6)
    foreign.wait_for_url("**of=epoch**")
    foreign.wait_for_function("() => window.__belvedere.lastDraw['p/foreign/val/loss'].lastX < 4")
    assert last_x(foreign, "lr") == 9
    foreign.get_by_role("button", name="leave zoom").click()
    wait_until_drawn(foreign, "p/foreign/val/loss", 4)
    assert "of=" not in foreign.url


def test_a_hidden_series_is_shown_to_whoever_searches_it(foreign: Page) -> None:
    wait_until_drawn(foreign, "p/foreign/lr", 9)
    expect(panel(foreign, "epoch")).to_have_count(0)
    foreign.get_by_role("textbox", name="Search panels").fill("epoch")
    expect(panel(foreign, "epoch")).to_be_visible()


def test_files_are_listed_and_downloaded_under_their_names(foreign: Page) -> None:
    foreign.get_by_role("tab", name="files").click()
    expect(foreign.get_by_role("row")).to_have_count(3)
    expect(foreign.get_by_role("link", name="gone.table.json")).to_have_count(0)
    with foreign.expect_download() as told:
        foreign.get_by_role("link", name="notes.txt").click()
    assert told.value.suggested_filename == "notes.txt"
    assert told.value.path().read_bytes() == b"a saved file"
    foreign.get_by_role("textbox", name="Search files").fill("nothing like it")
    expect(foreign.get_by_text("No file has “nothing like it” in its name.")).to_be_visible()


def last_x(page: Page, series: str = "val/loss") -> object:
    return page.evaluate("name => window.__belvedere.lastDraw[name].lastX", f"p/foreign/{series}")


def record_sweep(root: Path) -> None:
    """The sweep "rates" with an agent for each of its three runs, of which the third has begun nothing."""
    sweep = Sweeping(root, SEARCH)
    for lr, loss in ((0.1, 0.5), (0.2, 0.25), (0.3, None)):
        (told,) = sweep.beat(sweep.join())
        if loss is not None:
            sweep.client.start(told["run_id"], config=json.dumps({"lr": {"value": lr}}))
            sweep.run(told["run_id"], loss)


def test_a_sweep_shows_its_best_run_and_can_be_paused(foreign: Page) -> None:
    foreign.goto("/p")
    foreign.get_by_role("link", name="rates").click()
    expect(foreign.get_by_role("heading", name="rates")).to_be_visible()
    expect(foreign.get_by_role("region", name="Best run")).to_contain_text("loss 0.25lr 0.2")
    rows = foreign.locator(".sweep-runs tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("0.25")  # the least loss first
    expect(rows.last.get_by_role("img", name="waiting")).to_be_visible()
    expect(foreign.get_by_role("figure")).to_have_count(2)
    foreign.get_by_role("button", name="Pause").click()
    expect(foreign.get_by_role("button", name="Resume")).to_be_visible()
    expect(foreign.locator(".state-pill")).to_have_text("paused")
    foreign.evaluate(AXE.read_text())
    assert foreign.evaluate(VIOLATIONS) == []
    rows.first.get_by_role("link").click()
    expect(foreign.get_by_role("tab", name="charts")).to_be_visible()

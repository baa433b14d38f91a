"""The run page: charts, zoom, keys, tabs, and an address that holds all of it."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import STEPS
from tests.browser.watching import PATIENCE_MS, Watched, wait_until_drawn

CRITICAL_PIXELS = """(name) => {
  const canvas = document.querySelector(`[data-panel="${name}"] canvas`);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let i = 0; i < data.length; i += 4)
    if (data[i] === 0xC2 && data[i + 1] === 0x3A && data[i + 2] === 0x3A) found++;
  return found;
}"""


def panel(page: Page, name: str) -> Locator:
    """The panel of one series."""
    return page.locator(f'[data-panel="{name}"]')


def drag(page: Page, name: str, start: float, end: float) -> None:
    """Drag over a part of a chart, in fractions of its plot's width."""
    box = panel(page, name).locator(".u-over").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, middle, steps=5)
    page.mouse.up()


def test_the_page_shows_the_run_and_draws_its_charts(page: Page) -> None:
    page.goto("/demo/plain")
    expect(page.get_by_role("heading", name="calm-ridge-1")).to_be_visible()
    expect(page.locator(".state-pill")).to_have_text("finished")
    wait_until_drawn(page, "demo/plain/train/loss", STEPS - 1)
    expect(panel(page, "train/loss").locator(".panel-foot")).to_have_text(f"{STEPS:,} of {STEPS:,} points")


def test_values_that_no_axis_can_show_are_marked(page: Page) -> None:
    page.goto("/demo/odd")
    wait_until_drawn(page, "demo/odd/train/loss", 39)
    wait_until_drawn(page, "demo/odd/only/nan", 0)
    assert page.evaluate(CRITICAL_PIXELS, "train/loss") > 0
    assert page.evaluate(CRITICAL_PIXELS, "only/nan") > 0
    expect(panel(page, "only/nan")).to_contain_text("No finite value: 1 × NaN.")


def test_a_series_without_them_has_no_mark(page: Page) -> None:
    page.goto("/demo/plain")
    wait_until_drawn(page, "demo/plain/lr", STEPS - 1)
    assert page.evaluate(CRITICAL_PIXELS, "lr") == 0


def test_a_zoom_reads_the_range_again_and_a_double_click_leaves_it(page: Page) -> None:
    page.goto("/demo/plain")
    wait_until_drawn(page, "demo/plain/train/loss", STEPS - 1)
    with page.expect_response(lambda answer: "/series?" in answer.url and "lo=" in answer.url):
        drag(page, "train/loss", 0.40, 0.45)
    foot = panel(page, "train/loss").locator(".panel-foot")
    page.wait_for_url("**lo=*")
    expect(foot).not_to_have_text(f"{STEPS:,} of {STEPS:,} points")
    expect(foot).to_contain_text(f"of {STEPS:,} points")
    shown = int(foot.inner_text().split(" ")[0].replace(",", ""))
    assert abs(shown - 0.05 * STEPS) <= 4  # every point of the range, none more
    panel(page, "train/loss").locator(".u-over").dblclick()
    expect(foot).to_have_text(f"{STEPS:,} of {STEPS:,} points")


def test_the_address_keeps_the_view_through_a_reload(page: Page) -> None:
    page.goto("/demo/plain?smooth=0.6&logy=1&q=loss&lo=100&hi=900&x=step")
    for _ in range(2):
        expect(page.get_by_label("Search panels")).to_have_value("loss")
        expect(page.locator(".smoothing-value")).to_have_text("0.60")
        expect(page.get_by_role("button", name="log y", exact=True)).to_have_attribute("aria-pressed", "true")
        expect(panel(page, "train/loss").locator(".panel-foot")).to_have_text(f"801 of {STEPS:,} points")
        expect(panel(page, "lr")).to_have_count(0)
        page.reload()


def test_the_legend_says_step_time_and_value_of_the_point_itself(page: Page) -> None:
    page.goto("/demo/plain")
    wait_until_drawn(page, "demo/plain/train/loss", STEPS - 1)
    panel(page, "train/loss").locator(".u-over").hover()
    legend = panel(page, "train/loss").locator(".hover-legend")
    expect(legend.locator(".hover-row b")).to_have_text(re.compile(r"^\d\.\d+$"))
    exact = legend.locator('.hover-x[data-exact="true"]')
    expect(exact).to_have_text(re.compile(r"^step [\d,]+: \d\.\d+ · \d+ \w+ \d{4}, \d\d:\d\d:\d\d$"))
    panel(page, "val/loss").locator(".u-over").hover()  # a point for itself, not one of a bucket
    expect(panel(page, "val/loss").locator('.hover-x[data-exact="true"]')).to_have_text(re.compile(r"^\d+ \w+ \d{4}, "))


def test_a_run_at_rest_is_read_once(page: Page) -> None:
    watched = Watched(page)
    page.goto("/wide/many")
    page.wait_for_selector(".panel canvas", timeout=PATIENCE_MS)
    page.wait_for_timeout(2500)  # the event stream has told its state, and what is read later was read
    for path in ("/api/runs/wide/many", "/api/runs/wide/many/keys"):
        assert len([asked for asked in watched.requests if asked.endswith(path)]) == 1


def test_only_panels_near_the_window_are_mounted(page: Page) -> None:
    page.goto("/wide/many")
    page.wait_for_selector(".panel canvas", timeout=PATIENCE_MS)
    assert 0 < page.locator(".panel").count() < 40
    page.get_by_label("Search panels").fill("series_399")
    expect(panel(page, "part7/series_399")).to_be_visible()
    wait_until_drawn(page, "wide/many/part7/series_399", 0)


def test_keys_search_move_and_open_panels(page: Page) -> None:
    page.goto("/demo/plain")
    wait_until_drawn(page, "demo/plain/train/loss", STEPS - 1)
    page.keyboard.press("/")
    expect(page.get_by_label("Search panels")).to_be_focused()
    page.keyboard.press("Escape")
    panel(page, "train/loss").focus()
    page.keyboard.press("ArrowDown")
    expect(panel(page, "val/loss")).to_be_focused()
    page.keyboard.press("f")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Keys")


def test_a_panel_is_saved_as_csv_and_png(page: Page, tmp_path: Path) -> None:
    page.goto("/demo/odd")
    wait_until_drawn(page, "demo/odd/train/loss", 39)
    panel(page, "train/loss").hover()
    with page.expect_download() as csv:
        panel(page, "train/loss").get_by_label("Download CSV").click()
    csv.value.save_as(tmp_path / "a.csv")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 41  # a head and 40 points
    with page.expect_download() as png:
        panel(page, "train/loss").get_by_label("Download PNG").click()
    png.value.save_as(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_pictures_texts_tables_and_vectors_have_panels(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 2400})
    page.goto("/demo/plain")
    expect(panel(page, "sample").get_by_role("img", name="black")).to_be_visible()
    expect(panel(page, "note")).to_contain_text("a logged text")
    expect(panel(page, "rows").get_by_role("cell", name="first")).to_be_visible()
    answer = panel(page, "rows").get_by_role("button", name="a long answer")
    expect(answer).to_have_css("white-space", "nowrap")
    answer.click()
    expect(answer).to_have_css("white-space", "pre-wrap")
    expect(panel(page, "grad_norm").get_by_role("img")).to_be_visible()


def test_console_config_and_environment_have_tabs(page: Page) -> None:
    page.goto("/demo/plain")
    page.get_by_role("tab", name="console").click()
    expect(page.get_by_role("log")).to_contain_text("printed by the training")
    page.get_by_role("tab", name="config").click()
    config = page.get_by_role("region", name="Config")
    expect(config).to_contain_text("seed")
    config.get_by_label("Search Config").fill("lr")
    expect(config).not_to_contain_text("seed")
    page.get_by_role("tab", name="environment").click()
    expect(page.get_by_role("region", name="Environment")).to_contain_text("python")
    assert "tab=environment" in page.url


def test_a_figure_is_drawn_and_keeps_its_option_in_the_address(page: Page) -> None:
    page.goto("/demo/plain?tab=figures&figure=gradient_flow")
    expect(page.locator(".figure .js-plotly-plot")).to_be_visible(timeout=PATIENCE_MS)
    page.locator(".figure-head").get_by_text("heatmap").click()
    page.wait_for_url("**heatmap**")
    page.wait_for_selector(".figure .heatmaplayer image", timeout=PATIENCE_MS, state="attached")


def test_a_run_that_is_not_there_is_said(page: Page) -> None:
    page.goto("/demo/nowhere")
    expect(page.locator(".sentence")).to_contain_text("nowhere", timeout=PATIENCE_MS)


def test_nothing_is_asked_of_another_host(page: Page, url: str) -> None:
    watched = Watched(page)
    page.goto("/demo/plain?tab=figures")
    page.wait_for_selector(".js-plotly-plot", timeout=PATIENCE_MS)
    outside = [asked for asked in watched.requests if not asked.startswith((url, "data:", "blob:"))]
    assert outside == []

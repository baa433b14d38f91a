"""The run table and the charts beside it."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import STEPS
from tests.browser.watching import wait_until_drawn
from tests.server.running import server


def test_runs_are_rows_and_their_curves_lie_over_each_other(page: Page) -> None:
    page.goto("/demo")
    expect(page.locator("[data-run]")).to_have_count(2)
    wait_until_drawn(page, "demo/plain/train/loss", STEPS - 1)
    wait_until_drawn(page, "demo/odd/train/loss", 39)
    expect(page.get_by_role("columnheader", name="config.lr")).to_be_visible()
    expect(page.get_by_role("columnheader", name="seed")).to_have_count(0)  # equal in both: folded away


def test_every_row_has_the_curve_of_the_goal_series(page: Page) -> None:
    page.goto("/demo")
    curve = page.locator('[data-run="demo/plain"] .spark')
    expect(curve).to_have_accessible_name(re.compile("^val/loss from 6"))
    expect(curve.locator("path")).to_have_attribute("d", re.compile(r"^M0\.0 2\.0L"))
    expect(page.locator('[data-run="demo/odd"] .spark')).to_have_count(0)  # it has no val/loss


def test_an_eye_takes_a_run_out_of_the_charts_and_the_address_says_so(page: Page) -> None:
    page.goto("/demo")
    page.get_by_label("Hide pale-moor-2 from the charts").click()
    expect(page.get_by_label("Show pale-moor-2 in the charts")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Show pale-moor-2 in the charts")).to_be_visible()
    expect(page.get_by_label("Hide calm-ridge-1 from the charts")).to_be_visible()


def test_a_filter_leaves_rows_and_a_wrong_one_is_explained(page: Page) -> None:
    page.goto("/demo")
    expect(page.locator("[data-run]")).to_have_count(2)
    page.get_by_label("Filter runs").fill("config.lr > 5e-4")
    expect(page.locator("[data-run]")).to_have_count(1)
    page.get_by_label("Filter runs").fill("config.lr >")
    expect(page.locator(".filter-said")).to_have_attribute("data-refused", "true")
    assert len(page.locator(".filter-said").inner_text()) > 10


def test_a_click_on_a_head_sorts(page: Page) -> None:
    page.goto("/demo")
    page.get_by_role("columnheader", name="steps").get_by_role("button").click()
    expect(page.locator("[data-run]").first).to_contain_text("calm-ridge-1")
    page.get_by_role("columnheader", name="steps").get_by_role("button").click()
    expect(page.locator("[data-run]").first).to_contain_text("pale-moor-2")


def test_selected_runs_can_be_charted(page: Page) -> None:
    page.goto("/demo?runs=%5B%5D")
    page.get_by_label("Select pale-moor-2").check()
    page.get_by_role("button", name="Chart only these").click()
    wait_until_drawn(page, "demo/odd/train/loss", 39)
    page.get_by_role("link", name="pale-moor-2").last.click()
    page.wait_for_url("**/demo/odd*")


def test_a_folder_without_runs_says_how_to_start(browser: Browser, tmp_path: Path) -> None:
    with server(str(tmp_path), "--port", "0") as running:
        page = browser.new_context(base_url=running.url).new_page()
        page.goto("/")
        expect(page.get_by_role("heading", name="No run yet")).to_be_visible()
        expect(page.get_by_text("belvedere demo")).to_be_visible()
        page.context.close()

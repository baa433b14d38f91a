"""Light and dark, phone and desk, and what axe-core says about both."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import STEPS
from tests.browser.watching import PATIENCE_MS, wait_until_drawn

AXE = Path(__file__).resolve().parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.map(
  ({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")}`)"""
PAGES = ["/", "/demo", "/demo/plain", "/demo/odd?smooth=0.6", *[f"/demo/plain?tab={tab}" for tab in (
    "figures", "findings", "console", "config", "environment")]]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_to_say(browser: Browser, url: str, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, base_url=url, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    found: dict[str, list[str]] = {}
    for address in PAGES:
        page.goto(address)
        page.wait_for_load_state("load")
        page.wait_for_selector(".page", timeout=PATIENCE_MS)
        page.wait_for_timeout(700)  # panels and fonts
        page.evaluate(AXE.read_text())
        found[address] = page.evaluate(VIOLATIONS)
    context.close()
    assert {address: said for address, said in found.items() if said} == {}


def test_dark_follows_the_system_and_the_button_overrules_it(browser: Browser, url: str) -> None:
    context = browser.new_context(base_url=url, color_scheme="dark")
    page = context.new_page()
    page.goto("/demo")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(15, 18, 22)"
    page.get_by_role("button", name="Theme: as the system").click()
    assert page.evaluate(ground) == "rgb(250, 249, 246)"
    page.reload()
    expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
    assert page.evaluate(ground) == "rgb(250, 249, 246)"
    context.close()


@pytest.mark.parametrize("width", [390, 1280, 1920])
@pytest.mark.parametrize(
    "address", ["/", "/demo", "/demo/odd", "/demo/plain?tab=environment", "/demo/plain?tab=figures"]
)
def test_nothing_is_wider_than_the_window(page: Page, width: int, address: str) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(address)
    page.wait_for_selector(".page")
    page.wait_for_timeout(400)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_phone_has_its_list_as_a_sheet(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/demo/plain")
    wait_until_drawn(page, "demo/plain/train/loss", STEPS - 1)
    page.get_by_role("button", name="Projects and runs").click()
    page.get_by_role("dialog").get_by_role("link", name="pale-moor-2").click()
    page.wait_for_url("**/demo/odd*")
    expect(page.get_by_role("dialog")).to_have_count(0)

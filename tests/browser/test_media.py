"""Panels of kept things: films, solids, lists of pictures, pictures with boxes and masks, sound, histograms."""

from playwright.sync_api import Page, expect

from tests.browser.test_run_page import panel
from tests.browser.watching import PATIENCE_MS

COLOURS = """() => {
  const canvas = document.querySelector('[data-panel="marked"] canvas');
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(Array.from({ length: data.length / 4 }, (_, i) => data.slice(4 * i, 4 * i + 3).join())).size;
}"""
PAINTED = '[data-panel="marked"] canvas[data-painted]'


def open_media(page: Page) -> None:
    """The page of the run with one of everything, tall enough for all of it."""
    page.set_viewport_size({"width": 1280, "height": 2400})
    page.goto("/media/all")


def test_a_film_of_frames_moves_as_a_picture(page: Page) -> None:
    open_media(page)
    film = panel(page, "film").get_by_role("img", name="three frames")
    expect(film).to_be_visible()
    page.wait_for_function("img => img.naturalWidth === 8", arg=film.element_handle())


def test_a_list_of_pictures_shows_each_with_its_caption(page: Page) -> None:
    open_media(page)
    expect(panel(page, "pictures").get_by_role("img")).to_have_count(2)
    expect(panel(page, "pictures")).to_contain_text("shade 99")


def test_points_and_boxes_stand_in_space(page: Page) -> None:
    open_media(page)
    expect(panel(page, "space").locator(".js-plotly-plot")).to_be_visible(timeout=PATIENCE_MS)
    kinds = page.evaluate(
        """() => document.querySelector('[data-panel="space"] .js-plotly-plot').data.map(t => t.mode)"""
    )
    assert kinds == ["markers", "lines"]


def test_boxes_and_masks_lie_over_their_picture_and_can_be_hidden(page: Page) -> None:
    open_media(page)
    page.wait_for_selector(PAINTED, timeout=PATIENCE_MS)
    expect(panel(page, "marked").get_by_role("img")).to_have_accessible_name("one cat, with predictions and truth")
    with_both = page.evaluate(COLOURS)
    for name in ("predictions", "truth"):
        panel(page, "marked").get_by_role("button", name=name).click()
    page.wait_for_function(f"() => ({COLOURS})() === 1")  # the grey picture alone
    assert with_both > 3  # picture, mask, box, words


def test_sound_and_counts_have_panels(page: Page) -> None:
    open_media(page)
    expect(panel(page, "tone").locator("audio")).to_be_visible()
    expect(panel(page, "spread").get_by_role("img")).to_be_visible()

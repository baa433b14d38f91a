"""The observatory: scenes, one slider that moves them, an address that holds the view, twins, clouds, keys, live."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

import belvedere as bv
from belvedere.figures.theme import CAMERAS
from tests.browser.test_looks import AXE, VIOLATIONS
from tests.browser.watching import PATIENCE_MS, Watched
from tests.server.running import server

STEPS = 200
BLOCKS = ["embed", "h.0", "h.1", "h.2", "head"]
SCENE_MS = 4 * PATIENCE_MS  # without a graphics card, on a busy machine
OPEN = "/scenes/flow/observatory"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over a run with gradients, samples, stages and a cloud, and a run with nothing to see."""
    folder = tmp_path_factory.mktemp("scenes")
    record(folder)
    with server(str(folder), "--port", "0") as running:
        yield running.url


def record(folder: Path) -> None:
    """Two runs."""
    rng = np.random.default_rng(0)
    with bv.init(project="scenes", id="flow", name="calm-ridge-1", dir=folder, hardware=False, console=False) as run:
        run.stage("pretrain")
        for step in range(STEPS):
            if step == STEPS // 2:
                run.stage("sft")
            run.log({"train/loss": 2 + 3 * float(np.exp(-step / 50)), "train/lr": 1e-3 * (1 - step / STEPS)}, step=step)
            if step % 10 == 0:
                norms = (np.exp(-step / 80) * np.arange(1, 6) / 5).astype(np.float32)
                run.log_vector("grad_norm", norms, BLOCKS, step=step)
            if step % 50 == 0:
                run.log(
                    {"val/loss": 2.5, "samples": bv.Table(["input", "output"], [["once", f"at {step}"]])}, step=step
                )
        run.log({"space": bv.Object3D(rng.normal(size=(30_000, 3)).astype(np.float32))}, step=STEPS - 1)
    with bv.init(project="scenes", id="bare", name="bare", dir=folder, hardware=False, console=False) as run:
        run.log({"temperature": 1.0}, step=0)


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 860}, color_scheme="light", base_url=url)
    opened = context.new_page()
    watched = Watched(opened)
    yield opened
    context.close()
    assert watched.errors == []


def wait_for_scene(page: Page, scene: str, step: int | None = None) -> None:
    """Until this scene stands on the canvas, at this step if one is given."""
    condition = "([id, at]) => window.__scene?.name.startsWith(id) && (at === null || window.__scene.step === at)"
    page.wait_for_function(condition, arg=[scene, step], timeout=SCENE_MS)


def move(page: Page, step: int) -> None:
    """Put the slider there as a hand would."""
    page.get_by_role("slider", name="Step").fill(str(step))


def painted(page: Page) -> int:
    """Pixels of the layer of light marks that are not clear."""
    found: int = page.evaluate(
        """() => {
      const canvas = document.querySelector(".scene-overlay");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count++;
      return count;
    }"""
    )
    return found


def test_scenes_with_data_come_first_and_the_others_say_why_not(page: Page) -> None:
    page.goto(f"{OPEN}?scene=gradient_flow")
    wait_for_scene(page, "gradient_flow")
    expect(page.get_by_role("heading", level=1)).to_have_text("Gradient flow")
    expect(page.locator(".scene-notes b")).to_have_text("measured")
    expect(page.locator('.scene-list [aria-current="true"]')).to_contain_text("Gradient flow")
    page.get_by_text(re.compile(r"\d+ without their data")).click()
    expect(page.locator(".scene-waiting p").first).to_contain_text(re.compile(r"\w+ .*\."))


def test_the_slider_moves_the_scene_without_drawing_it_anew(page: Page) -> None:
    page.goto(f"{OPEN}?scene=loss_landscape")
    wait_for_scene(page, "loss_landscape", STEPS - 1)
    draws = page.evaluate("window.__scene.draws")
    assert painted(page) > 0
    for step in (150, 20, 90):
        move(page, step)
        wait_for_scene(page, "loss_landscape", step)
    assert page.evaluate("window.__scene.draws") == draws
    page.wait_for_url("**step=90**")
    expect(page.locator(".time-step b")).to_have_text("90")


def test_a_copied_address_shows_the_same(page: Page) -> None:
    page.goto(f"{OPEN}?scene=gradient_flow&step=40&camera=0,-2,1,0,0,0&ortho=1")
    wait_for_scene(page, "gradient_flow", 40)
    host = "document.querySelector('.scene-host')._fullLayout.scene"
    assert page.evaluate(f"{host}.camera.eye") == {"x": 0, "y": -2, "z": 1}
    assert page.evaluate(f"{host}.camera.projection.type") == "orthographic"
    expect(page.get_by_role("slider", name="Step")).to_have_value("40")


def test_turning_the_scene_writes_its_camera_into_the_address(page: Page) -> None:
    page.goto(f"{OPEN}?scene=gradient_flow")
    wait_for_scene(page, "gradient_flow")
    assert "camera" not in page.url
    box = page.locator(".scene-host").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 80, box["y"] + box["height"] / 2 + 30, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile(r"camera="), timeout=SCENE_MS)


def test_the_twin_is_the_flat_form_of_the_scene_and_moves_too(page: Page) -> None:
    page.goto(f"{OPEN}?scene=gradient_flow")
    wait_for_scene(page, "gradient_flow")
    page.get_by_role("button", name="How the scene is drawn").click()
    page.get_by_role("button", name="2-D twin").click()
    page.wait_for_function(
        "() => document.querySelector('.scene-host')?._fullData?.[0]?.type === 'heatmap'", timeout=SCENE_MS
    )
    assert "twin=1" in page.url
    expect(page.get_by_role("group", name="Cameras")).to_have_count(0)


def test_a_scene_loads_the_small_library_and_its_twin_the_whole_one(page: Page) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.extend(re.findall(r"plotly-(\w+)", request.url)))
    kind = "kind => document.querySelector('.scene-host')?._fullData?.[0]?.type === kind"
    page.goto(f"{OPEN}?scene=gradient_flow")
    wait_for_scene(page, "gradient_flow")
    assert loaded == ["gl3d"]
    page.get_by_role("button", name="How the scene is drawn").click()
    twin = page.get_by_role("button", name="2-D twin")
    twin.click()
    page.wait_for_function(kind, arg="heatmap", timeout=SCENE_MS)
    assert loaded == ["gl3d", "strict"]
    expect(page.locator(".scene-host .gl-container canvas")).to_have_count(0)
    twin.click()
    page.wait_for_function(kind, arg="surface", timeout=SCENE_MS)
    expect(page.locator(".scene-host .svg-container")).to_have_count(1)
    page.get_by_role("button", name="top", exact=True).click()
    page.wait_for_function("() => document.querySelector('.scene-host')._fullLayout.scene._scene.getCamera().eye.z > 1")


def test_the_side_panel_turns_the_camera_and_offers_files(page: Page) -> None:
    page.goto(f"{OPEN}?scene=gradient_flow")
    wait_for_scene(page, "gradient_flow")
    page.get_by_role("button", name="How the scene is drawn").click()
    page.get_by_role("button", name="top", exact=True).click()
    page.wait_for_url(re.compile(r"camera=0%2C"))
    with page.expect_download() as told:
        page.get_by_role("button", name="Save PNG").click()
    assert told.value.suggested_filename == "calm-ridge-1-gradient_flow.png"
    with page.expect_download() as kept:
        page.get_by_role("link", name="Save HTML").click()
    page_kept = Path(kept.value.path()).read_text(encoding="utf-8")
    assert kept.value.suggested_filename == "gradient_flow.html"
    assert "Plotly.newPlot" in page_kept


def test_the_page_has_the_cameras_of_the_gallery() -> None:
    source = (Path(__file__).resolve().parents[2] / "ui" / "src" / "charts" / "camera.ts").read_text()
    told = re.findall(r"^  (\w+): from\((.+)\),$", source, re.MULTILINE)
    eyes = {name: [float(part) for part in parts.split(",")] for name, parts in told}
    assert eyes == {name: list(camera["eye"].values()) for name, camera in CAMERAS.items()}


def test_keys_step_play_and_choose(page: Page) -> None:
    page.goto(f"{OPEN}?scene=loss_landscape&step=100")
    wait_for_scene(page, "loss_landscape", 100)
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => window.__scene.step > 100")
    page.keyboard.press("Home")
    page.wait_for_function("() => window.__scene.step === 0")
    page.keyboard.press("Space")
    page.wait_for_function("() => window.__scene.step > 5")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    second = page.locator(".scene-list li button").nth(1)
    page.keyboard.press("2")
    expect(second).to_have_attribute("aria-current", "true")


def test_reduced_motion_does_not_play(browser: Browser, url: str) -> None:
    context = browser.new_context(base_url=url, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{OPEN}?scene=loss_landscape&step=100")
    wait_for_scene(page, "loss_landscape", 100)
    page.keyboard.press("Space")
    page.wait_for_timeout(800)
    assert page.evaluate("window.__scene.step") == 100
    expect(page.get_by_role("button", name="Play is off: your system asks for reduced motion")).to_be_visible()
    context.close()


def test_a_kept_cloud_of_many_points_is_drawn_capped_and_hovered(page: Page) -> None:
    page.goto(f"{OPEN}?scene=thing:space&camera=0,-2.4,0,0,0,0")
    wait_for_scene(page, "thing:space")
    expect(page.locator(".scene-count")).to_have_text("30,000 of 30,000 points")
    box = page.locator(".scene-host").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".scene-hover")).to_contain_text(re.compile(r"x .*y .*z "))
    page.goto(f"{OPEN}?scene=thing:space&cap=1000")
    expect(page.locator(".scene-count")).to_have_text("1,000 of 30,000 points", timeout=SCENE_MS)


def test_text_samples_follow_the_slider(page: Page) -> None:
    page.goto(f"{OPEN}?scene=loss_landscape&step=120")
    wait_for_scene(page, "loss_landscape", 120)
    page.get_by_role("button", name="Text samples at this step").click()
    samples = page.get_by_role("region", name="Text at the step: samples")
    expect(samples).to_contain_text("logged at step 100")
    expect(samples).to_contain_text("at 100")
    move(page, 30)
    expect(samples).to_contain_text("at 0")


def test_a_run_without_scenes_says_what_each_needs(page: Page) -> None:
    page.goto("/scenes/bare/observatory")
    expect(page.get_by_text("without their data")).to_be_visible()


def test_new_points_arrive_and_the_camera_stays(browser: Browser, tmp_path: Path) -> None:
    run = bv.init(project="scenes", id="live", dir=tmp_path, hardware=False, console=False)
    for step in range(20):
        run.log({"train/loss": 3.0 - step / 50, "train/lr": 1e-3}, step=step)
        run.log_vector("grad_norm", np.linspace(1, 2, 5, dtype=np.float32), BLOCKS, step=step)
    with server(str(tmp_path), "--port", "0") as running:
        page = browser.new_page()
        page.goto(f"{running.url}/scenes/live/observatory?scene=gradient_flow&camera=0,-2,1,0,0,0")
        wait_for_scene(page, "gradient_flow", 19)
        for step in range(20, 40):
            run.log({"train/loss": 2.0, "train/lr": 1e-3}, step=step)
            run.log_vector("grad_norm", np.linspace(1, 2, 5, dtype=np.float32), BLOCKS, step=step)
        wait_for_scene(page, "gradient_flow", 39)
        eye = "document.querySelector('.scene-host')._fullLayout.scene.camera.eye"
        assert page.evaluate(eye) == pytest.approx({"x": 0, "y": -2, "z": 1}, abs=1e-9)  # Plotly turns it by 1e-16
        page.close()
    run.finish()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_to_say(browser: Browser, url: str, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": 1280, "height": 860}, base_url=url, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(f"{OPEN}?scene=gradient_flow")
    wait_for_scene(page, "gradient_flow")
    page.get_by_role("button", name="How the scene is drawn").click()
    page.evaluate(AXE.read_text())
    assert page.evaluate(VIOLATIONS) == []
    context.close()


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_nothing_is_wider_or_higher_than_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{OPEN}?scene=gradient_flow")
    wait_for_scene(page, "gradient_flow")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width > 720:
        assert page.evaluate("document.documentElement.scrollHeight") <= 844

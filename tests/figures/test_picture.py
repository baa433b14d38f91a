"""Pictures have the size, the colours and the content of their figures, and are whole files or none."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import plotly.graph_objects as go
import pytest
from PIL import Image

from belvedere.core.errors import BelvedereError, UsageError
from belvedere.figures.picture import Studio, drawable, to_png

RED, GREEN, PAPER = (255, 0, 0), (0, 128, 0), (250, 249, 246)
BARE = {"paper_bgcolor": "#FAF9F6", "plot_bgcolor": "#FAF9F6", "margin": dict.fromkeys("lrtb", 0)}


@pytest.fixture(scope="module")
def studio(browser_path: str) -> Iterator[Studio]:
    with Studio() as opened:
        yield opened


def pixels(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def half_red(**layout: object) -> go.Figure:
    """The left half red, the right half paper."""
    figure = go.Figure(layout=BARE | layout)
    figure.update_xaxes(visible=False, range=[0, 2]).update_yaxes(visible=False, range=[0, 1])
    return figure.add_shape(x0=0, x1=1, y0=0, y1=1, fillcolor="#FF0000", line_width=0)


def test_a_png_has_twice_the_pixels_and_its_colours_in_place(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "half.png"
    content = studio.png(half_red(), path, width=100, height=50)
    picture = pixels(content)
    assert picture.size == (200, 100)
    assert (picture.getpixel((50, 50)), picture.getpixel((150, 50))) == (RED, PAPER)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_figure_that_knows_its_size_is_drawn_in_it(studio: Studio) -> None:
    assert pixels(studio.png(half_red(width=120, height=90), scale=1)).size == (120, 90)
    assert pixels(studio.png(half_red(), scale=1)).size == (1200, 800)


def test_a_flat_svg_is_vectors(studio: Studio, tmp_path: Path) -> None:
    text = studio.svg(half_red(), tmp_path / "half.svg", width=100, height=50).decode()
    assert text.startswith("<svg") and 'width="100" height="50"' in text
    assert "<image" not in text
    assert (tmp_path / "half.svg").read_text(encoding="utf-8") == text


def test_a_scene_is_drawn_with_its_marker_in_the_middle(studio: Studio) -> None:
    point = go.Scatter3d(x=[0], y=[0], z=[0], mode="markers", marker={"size": 40, "color": "green"})
    scene = {"bgcolor": "#FAF9F6", **{f"{axis}axis": {"visible": False} for axis in "xyz"}}
    figure = go.Figure(point, layout=BARE | {"scene": scene})
    picture = pixels(studio.png(figure, width=120, height=80, scale=1))
    assert picture.getpixel((60, 40)) == GREEN
    assert picture.getpixel((5, 5)) == PAPER
    assert b"<image" in studio.svg(figure, width=120, height=80)


def test_numpy_arrays_frames_and_words_that_look_like_html_travel(studio: Studio) -> None:
    figure = go.Figure(go.Scatter(y=np.array([1, np.nan, 3], dtype=np.float32), name="<b>`${x}`\n</script>ü"))
    figure.frames = [go.Frame(name="1", data=[{"y": [3, 2, 1]}])]
    figure.update_layout(title="</script><img src=x onerror=alert(1)>", showlegend=True)
    assert "ü" in studio.svg(figure).decode()


@pytest.mark.parametrize("size", [{"width": -1}, {"height": 100_000}, {"scale": 0}, {"scale": 50}])
def test_an_impossible_size_is_one_sentence(studio: Studio, size: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="each side must have 1 to 16,384 pixels"):
        studio.png(half_red(), **size)


def test_what_goes_wrong_on_the_page_is_said_and_the_studio_lives_on(studio: Studio) -> None:
    with pytest.raises(BelvedereError, match="could not draw the figure: Error: of this kind"):
        studio._browser.evaluate("Promise.reject(new Error('of this kind'))")
    assert pixels(studio.png(half_red(), width=10, height=10, scale=1)).size == (10, 10)


def test_a_picture_that_cannot_be_written_leaves_what_was_there(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "old.png"
    path.write_bytes(b"old")
    with pytest.raises(UsageError):
        studio.png(half_red(), path, scale=0)
    assert path.read_bytes() == b"old"


def test_a_path_that_cannot_be_written_is_one_sentence(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no picture can be written to .*x\.png \(No such file or directory\)"):
        studio.png(half_red(), tmp_path / "no" / "x.png", width=10, height=10)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(UsageError, match="pass another path"):
        studio.png(half_red(), tmp_path / "folder.png", width=10, height=10)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


def test_without_a_browser_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("BELVEDERE_BROWSER", raising=False)
    monkeypatch.setenv("BROWSER", "firefox:/nowhere/chrome %s")
    with pytest.raises(UsageError, match=r"no Chromium or Chrome was found; install one \(apt install chromium\)"):
        to_png(half_red(), tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []


def test_control_characters_become_the_sign_for_what_cannot_be_shown() -> None:
    words = "a\x00b\x1fc\\u0000 d\ne\tf"
    cleaned = orjson.loads(drawable(orjson.dumps([words]).decode()))
    assert cleaned == ["a\ufffdb\ufffdc\\u0000 d\ne\tf"]

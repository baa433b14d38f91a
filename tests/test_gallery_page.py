"""The gallery page: its parts are taken from docstrings, its pictures stay small, and it shows every figure."""

import io
import re

import numpy as np
from PIL import Image

from belvedere.figures.render import all_figures
from tools.build_gallery import PAGE, PICTURE_BYTES, PICTURES, Drawing, View, first_paragraph, paragraph, small

DOCSTRING = """Sums it up
on two lines.

What it shows: the loss.

How to read it: low is
good.
"""


def test_a_section_is_taken_from_the_docstring() -> None:
    assert first_paragraph(DOCSTRING) == "Sums it up on two lines."
    assert paragraph(DOCSTRING, "How to read it") == "low is good."
    assert paragraph(DOCSTRING, "What it does not show") == ""


def test_a_picture_gives_up_colours_and_then_pixels_until_it_is_small() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (500, 600, 3), dtype=np.uint8))
    content = io.BytesIO()
    noise.save(content, format="PNG")
    found = small(content.getvalue())
    assert len(found) <= PICTURE_BYTES < len(content.getvalue())
    assert Image.open(io.BytesIO(found)).mode == "P"


def test_views_of_a_figure_have_names_of_their_own() -> None:
    assert View(options={"mode": "probe"}).file_name("loss_landscape") == "loss_landscape-probe.png"
    assert View(theme="dark").file_name("roc") == "roc-dark.png"
    names = [Drawing(figure, View("digits"), "digits").path.name for figure in all_figures()]
    assert len(set(names)) == len(names)


def test_every_picture_of_the_page_is_there_and_every_figure_has_its_section() -> None:
    page = PAGE.read_text(encoding="utf-8")
    shown = re.findall(r"\(images/gallery/([^)]+)\)", page)
    assert sorted(shown) == sorted(path.name for path in PICTURES.glob("*.png"))
    assert all((PICTURES / name).stat().st_size <= PICTURE_BYTES for name in shown)
    for figure in all_figures():
        assert f"\n### {figure.title} · `{figure.id}`\n" in page, (
            f"{figure.id} is missing; run python -m tools.build_gallery RUNS"
        )
    assert "Not drawn" not in page

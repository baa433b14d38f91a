"""From a run to JSON and HTML, and what is said when it cannot be drawn."""

import base64
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pytest

from belvedere.analysis.readable import Held
from belvedere.core.errors import NotFound, UsageError
from belvedere.figures.render import available, missing_in, render, to_html, to_json
from tests.analysis.runs import run_data

RUN = Held(run_data({"train/loss": [3.0, 2.0, 1.5]}, {"grad_norm": [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]]}))
EMPTY = Held(run_data())


def test_a_figure_travels_as_float32_with_its_words() -> None:
    content = orjson.loads(to_json(render("gradient_flow", RUN, view="heatmap")))
    packed = content["data"][0]["z"]
    assert packed["dtype"] == "f4"
    values = np.frombuffer(base64.b64decode(packed["bdata"]), dtype="<f4").reshape(3, 2)
    np.testing.assert_allclose(10**values, [[1, 2], [2, 4], [3, 6]], rtol=1e-5)
    assert content["meta"]["origin"] == "measured"
    assert content["layout"]["title"]["subtitle"]["text"] == "measured · 3 blocks × 2 snapshots"


def test_an_html_file_holds_all_it_needs(tmp_path: Path) -> None:
    page = to_html(render("loss_curves", RUN, theme="dark"), tmp_path / "loss.html").read_text(encoding="utf-8")
    assert "#0F1216" in page
    assert '<script src="http' not in page


def test_what_a_run_lacks_is_said_with_what_to_do() -> None:
    reasons = {row.figure.id: row.reason for row in available(EMPTY)}
    assert reasons["gradient_flow"] == (
        "No gradients were recorded. Add run.watch(model). (no vector series grad_norm)"
    )
    ready = {row.figure.id: row.ready for row in available(RUN)}
    assert ready["gradient_flow"] and ready["loss_curves"]
    drawn = render("gradient_flow", EMPTY)
    assert missing_in(drawn) == reasons["gradient_flow"]
    assert "Add run.watch(model)" in drawn.layout.annotations[0].text


def test_an_unknown_figure_names_its_neighbours() -> None:
    with pytest.raises(NotFound, match="no figure 'gradient'; there is: gradient_flow"):
        render("gradient", RUN)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"view": "cube"}, "view='cube'; choose one of: surface, heatmap"),
        ({"size": "5"}, "no option 'size'; it has: view"),
        ({"theme": "pink"}, "no theme 'pink'; choose one of: light, dark"),
    ],
)
def test_an_unknown_choice_names_the_known_ones(options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        render("gradient_flow", RUN, **options)


def test_a_comparison_is_offered_once_one_of_the_runs_has_what_it_takes_somewhere() -> None:
    pretrained = Held(run_data({"train/loss": [3.0, 2.0]}))
    tuned = Held(run_data({"train/loss": [1.0, 0.5], "val/accuracy": [0.1, 0.6]}))
    ready = {row.figure.id: row for row in available(pretrained)}
    assert not ready["training_trajectory"].ready and "val/accuracy" in ready["training_trajectory"].reason
    assert "0 of 3 series that it takes" in ready["multi_metric"].reason
    found = {row.figure.id: row.ready for row in available(Grouped(pretrained.everything, (pretrained, tuned)))}
    assert found["training_trajectory"] and not found["multi_metric"]


@dataclass(frozen=True)
class Grouped(Held):
    """A run of a group."""

    group: tuple[Held, ...] = ()

    def fellows(self) -> tuple[Held, ...]:
        return self.group

"""A canvas has the methods of a Plotly figure and becomes one."""

import numpy as np
import plotly.graph_objects as go
import pytest

from belvedere.core.query import Needs
from belvedere.core.series import RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawn, figure, titled


def test_it_becomes_what_plotly_would_have_made() -> None:
    ours, theirs = Canvas(), go.Figure()
    for one in (ours, theirs):
        one.add_scatter(x=[1, 2], y=[3.0, 4.0], mode="lines", line={"color": "red"}, hovertext=None)
        one.update_layout(xaxis={"title": {"text": "step"}}, margin={"l": 1})
        one.update_layout(xaxis={"type": "log"}, margin={"r": 2})
        one.update_yaxes(showgrid=False)
    made = ours.to_figure()
    layouts = [one.to_plotly_json()["layout"] for one in (made, theirs)]
    assert all(layout.pop("template") for layout in layouts)
    assert layouts[0] == layouts[1]
    assert made.data[0].to_plotly_json() == theirs.data[0].to_plotly_json()


def test_scales_are_written_out_as_python_knows_them() -> None:
    canvas = Canvas(go.Heatmap(z=[[1.0]]))
    canvas.add_scatter3d(x=[1], y=[1], z=[1], marker={"color": [1.0], "colorscale": "Viridis_r"})
    scale = canvas.to_figure().data[1].marker.colorscale
    assert tuple(scale[0]) == (0.0, "#fde725") and len(scale) == 10
    assert canvas.to_figure().data[0].type == "heatmap"


def test_what_was_given_is_left_as_it_was() -> None:
    shared = {"line": {"color": "red"}}
    canvas = Canvas()
    canvas.add_scatter(y=[1], **shared)
    canvas.data[0]["line"]["color"] = "blue"
    canvas.update_layout(scene=shared)
    canvas.update_layout(scene={"line": {"color": "green"}})
    assert shared == {"line": {"color": "red"}}


def test_every_axis_is_updated_and_lists_grow() -> None:
    canvas = Canvas().update_layout(yaxis2={"side": "right"})
    canvas.update_yaxes({"tickformat": ".2f"}, showgrid=False)
    canvas.layout.shapes = [*canvas.layout.shapes, {"type": "line"}]
    assert canvas.layout["yaxis"] == {"tickformat": ".2f", "showgrid": False}
    assert canvas.layout["yaxis2"] == {"side": "right", "tickformat": ".2f", "showgrid": False}
    shapes: object = canvas.layout.shapes
    assert shapes == ({"type": "line"},)
    assert canvas.layout.meta is None
    with pytest.raises(AttributeError, match="a Canvas has no 'show'"):
        canvas.show()


def test_a_gallery_function_may_answer_with_either() -> None:
    @figure(id="x", title="X", needs=Needs(), absent="Nothing.")
    def drawn(data: RunData, *, theme: object) -> Drawn:
        return Drawn(Canvas().add_scatter(y=np.arange(3)), "measured")

    found = drawn(RunData("a"))
    assert isinstance(found, Drawn) and isinstance(found.figure, go.Figure)
    assert titled(found, title="X", id="x", run_name="r").layout.title.text == "X"

"""`wandb.plot`: what the figures hold."""

import json
from pathlib import Path

import numpy as np
import plotly.io
import pytest

from belvedere.compat import wandb_plot as plot
from belvedere.core.errors import UsageError
from belvedere.core.values import Table

POINTS = Table(["x", "y", "who"], [[0, 1.0, "a"], [1, float("nan"), "b"], [2, 9.0, "a"]])


def traces(chart: plot.CustomChart) -> list[dict[str, object]]:
    """Of the figure as it is kept, which Plotly must take."""
    kept: list[bytes] = []

    def keep(content: bytes | Path, suffix: str) -> dict[str, object]:
        assert isinstance(content, bytes)
        kept.append(content)
        return {"sha256": "0", "size": len(content), "suffix": suffix}

    chart.record(keep)  # type: ignore[arg-type]
    plotly.io.from_json(kept[0].decode())
    return list(json.loads(kept[0])["data"])


def test_a_line_has_a_gap_where_nothing_is_known() -> None:
    (line,) = traces(plot.line(POINTS, "x", "y", title="T"))
    assert (line["x"], line["y"], line["mode"]) == ([0, 1, 2], [1.0, None, 9.0], "lines")


def test_a_stroke_makes_a_line_for_each_group() -> None:
    assert [(one["name"], one["x"]) for one in traces(plot.line(POINTS, "x", "y", stroke="who"))] == [
        ("a", [0, 2]), ("b", [1]),
    ]  # fmt: skip


def test_lines_share_an_axis_or_have_their_own() -> None:
    shared = traces(plot.line_series([0, 1], [[1, 2], [3, 4]], keys=["a", "b"]))
    own = traces(plot.line_series([[0, 1], [5, 6]], [[1, 2], [3, 4]]))
    assert [one["x"] for one in shared] == [[0, 1], [0, 1]]
    assert [(one["name"], one["x"]) for one in own] == [("line_0", [0, 1]), ("line_1", [5, 6])]
    with pytest.raises(UsageError, match="1 keys; give one for each line"):
        plot.line_series([0, 1], [[1, 2], [3, 4]], keys=["a"])


def test_a_confusion_matrix_counts() -> None:
    (cells,) = traces(plot.confusion_matrix(y_true=[0, 0, 1, 2], preds=[0, 1, 1, 2], class_names=["a", "b", "c"]))
    assert (cells["z"], cells["x"]) == ([[1, 1, 0], [0, 1, 0], [0, 0, 1]], ["a", "b", "c"])
    (same,) = traces(plot.confusion_matrix(y_true=[0, 1], probs=[[0.9, 0.1], [0.8, 0.2]]))
    assert same["z"] == [[1, 0], [1, 0]]
    with pytest.raises(UsageError, match="either probs= or preds="):
        plot.confusion_matrix(y_true=[0], probs=[[1.0]], preds=[0])


def test_curves_are_exact() -> None:
    truth, scores = np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])
    roc = traces(plot.roc_curve(truth, scores, labels=["no", "yes"], classes_to_plot=["yes"]))
    assert [(one["name"], one["x"], one["y"]) for one in roc] == [
        ("yes (0.750)", [0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0])
    ]
    both = traces(plot.pr_curve(truth, np.stack([1 - scores, scores], axis=1)))
    assert [str(one["name"]).partition(" ")[0] for one in both] == ["0", "1"]


def test_usual_charts_are_known_by_their_names() -> None:
    chart = plot.plot_table("wandb/line/v0", POINTS, {"x": "x", "y": "y"}, {"title": "T"})
    assert isinstance(chart, plot.CustomChart) and chart.title == "T"
    assert plot.plot_table("me/mine", POINTS, {"a": "x"}) is POINTS
    assert traces(plot.bar(POINTS, "who", "y"))[0]["type"] == "bar"
    assert traces(plot.histogram(POINTS, "y"))[0]["x"] == [1.0, None, 9.0]
    assert traces(plot.scatter(POINTS, "x", "y"))[0]["mode"] == "markers"

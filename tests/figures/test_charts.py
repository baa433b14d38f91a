"""Charts of tables: what is drawn from which cells, and what is said where a column is missing."""

import math

import pytest

from belvedere.analysis.contents import TableContent
from belvedere.core.charts import TableChart
from belvedere.core.errors import UsageError
from belvedere.figures.charts import DRAWN, drawn


def traces(chart: TableChart, table: TableContent) -> list[dict[str, object]]:
    found = drawn(chart, table)["data"]
    assert isinstance(found, list)
    return found


def layout(chart: TableChart, table: TableContent) -> dict[str, dict[str, object]]:
    found = drawn(chart, table)["layout"]
    assert isinstance(found, dict)
    return found


ROWS = TableContent(("x", "y", "by"), ((2, 4.0, "b"), (0, 0.0, "a"), (1, 1.0, "b")))


def test_a_line_goes_from_left_to_right() -> None:
    chart = TableChart("line", "t", {"x": "x", "y": "y"}, {"title": "a <b>"})
    [line] = traces(chart, ROWS)
    assert (line["x"], line["y"]) == ([0, 1, 2], [0.0, 1.0, 4.0])
    told = layout(chart, ROWS)
    assert told["title"]["text"] == "a ‹b›"
    assert (told["xaxis"]["title"], told["showlegend"]) == ({"text": "x", "font": {"size": 12}}, False)


def test_a_column_may_tell_lines_apart() -> None:
    found = traces(TableChart("line", "t", {"x": "x", "y": "y", "stroke": "by"}), ROWS)
    assert [(line["name"], line["x"], line["y"]) for line in found] == [("b", [1, 2], [1.0, 4.0]), ("a", [0], [0.0])]


def test_what_is_no_number_is_a_gap_and_its_neighbours_are_marked() -> None:
    rows = ((0, 1.0), (1, math.nan), (2, math.inf), (3, None), (4, "word"), (5, 2.0))
    [line] = traces(TableChart("line", "t", {"x": "x", "y": "y"}), TableContent(("x", "y"), rows))
    assert line["y"] == [1.0, None, None, None, None, 2.0]
    assert line["mode"] == "lines+markers"


def test_words_are_an_axis_in_the_order_they_came() -> None:
    table = TableContent(("x", "y"), (("late", 1), ("early", 2)))
    [line] = traces(TableChart("line", "t", {"x": "x", "y": "y"}), table)
    assert line["x"] == ["late", "early"]


def test_a_series_of_lines_says_what_it_is_over() -> None:
    table = TableContent(("step", "lineKey", "lineVal"), ((0, "up", 1), (1, "up", 2), (0, "down", 9)))
    chart = TableChart(
        "lineseries", "t", {"step": "step", "lineKey": "lineKey", "lineVal": "lineVal"}, {"xname": "hour"}
    )
    assert [(line["name"], line["y"]) for line in traces(chart, table)] == [("up", [1.0, 2.0]), ("down", [9.0])]
    assert layout(chart, table)["xaxis"]["title"] == {"text": "hour", "font": {"size": 12}}


def test_a_curve_of_rates_stands_between_nought_and_one() -> None:
    table = TableContent(("class", "fpr", "tpr"), (("cat", 0.0, 0.0), ("cat", 1.0, 1.0)))
    columns = {"x": "fpr", "y": "tpr", "class": "class"}
    words = {"x-axis-title": "False positive rate", "y-axis-title": "True positive rate"}
    told = layout(TableChart("area-under-curve", "t", columns, words), table)
    assert told["xaxis"]["range"] == [-0.02, 1.02]
    assert told["yaxis"]["title"] == {"text": "True positive rate", "font": {"size": 12}}


def test_points_bars_and_counts() -> None:
    table = TableContent(("name", "n"), (("cat", 3), ("dog", 5)))
    [points] = traces(TableChart("scatter", "t", {"x": "n", "y": "n"}), table)
    assert (points["mode"], points["x"]) == ("markers", [3, 5])
    [bars] = traces(TableChart("bar", "t", {"label": "name", "value": "n"}), table)
    assert (bars["orientation"], bars["y"], bars["x"]) == ("h", ["cat", "dog"], [3.0, 5.0])
    [counts] = traces(TableChart("histogram", "t", {"value": "n"}), table)
    assert (counts["type"], counts["x"]) == ("histogram", [3, 5])


def test_a_confusion_matrix_counts_actual_against_predicted() -> None:
    rows = (("cat", "cat", 2), ("cat", "dog", 1), ("dog", "dog", 4), ("dog", "dog", 1))
    columns = {name: name for name in ("Actual", "Predicted", "nPredictions")}
    [cells] = traces(TableChart("confusion_matrix", "t", columns), TableContent(tuple(columns), rows))
    assert (cells["x"], cells["y"], cells["z"]) == (["cat", "dog"], ["cat", "dog"], [[2.0, 1.0], [0.0, 5.0]])


@pytest.mark.parametrize("kind", DRAWN)
def test_a_missing_column_is_named_with_those_there_are(kind: str) -> None:
    roles = ("x", "y", "step", "lineKey", "lineVal", "class", "label", "value", "Actual", "Predicted", "nPredictions")
    chart = TableChart(kind, "c_table", dict.fromkeys(roles, "gone"))
    with pytest.raises(UsageError) as caught:
        drawn(chart, ROWS)
    assert str(caught.value) == "the table c_table has no column 'gone' for this chart; it has: x, y, by"


@pytest.mark.parametrize(
    ("chart", "table", "why"),
    [
        (TableChart("pie", "t", {}), ROWS, "no chart of the kind 'pie'"),
        (TableChart("line", "t", {"x": "x"}), ROWS, "the chart names no column for 'y'"),
        (TableChart("line", "t", {"x": "x", "y": "y"}), TableContent(("x", "y"), ()), "the table t has no rows yet"),
    ],
)
def test_what_cannot_be_drawn_is_said(chart: TableChart, table: TableContent, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        drawn(chart, table)


def test_too_many_lines_are_refused() -> None:
    table = TableContent(("x", "y", "by"), tuple((0, 0, name) for name in range(51)))
    with pytest.raises(UsageError, match="column 'by' of t names 51 lines"):
        drawn(TableChart("line", "t", {"x": "x", "y": "y", "stroke": "by"}), table)

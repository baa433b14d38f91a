"""Charts of logged tables as plain Plotly figures, without a theme: the page, or whoever shows them, brings its own.

Cells that are no numbers, NaN and infinities are gaps where a number is needed.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from belvedere.analysis.contents import TableContent
from belvedere.core.charts import TableChart
from belvedere.core.errors import UsageError

LINE_NAMES_MAX = 50  # more lines than that are no chart
MARKED_MAX = 40  # points of a line that are marked too: one alone between gaps would not be seen
TITLE_PX, AXIS_PX, MARK_PX = 13, 12, 4
AT_LEFT = {"x": 0.02, "xanchor": "left"}
TITLED = {"l": 48, "r": 16, "t": 40, "b": 40}  # a title of one line
COUNT_SCALE = ((0.0, "#E6ECF5"), (1.0, "#1F5FBF"))  # readable on a light and on a dark ground
Trace = dict[str, object]
Figure = dict[str, object]
Cells = Sequence[object]
Draw = Callable[[TableChart, TableContent], Figure]


def drawn(chart: TableChart, table: TableContent) -> Figure:
    """A chart as {"data": traces, "layout": …}; UsageError when it lacks a column, or is of an unknown kind."""
    draw = DRAWN.get(chart.kind)
    if draw is None:
        raise UsageError(f"no chart of the kind {chart.kind!r}; there are: {', '.join(DRAWN)}")
    if not table.rows:
        raise UsageError(f"the table {chart.table} has no rows yet; the chart appears with the first")
    figure = draw(chart, table)
    title = chart.words.get("title")
    if title:
        figure["layout"] = {
            **_mapping(figure["layout"]),
            "title": {**_title(title, TITLE_PX), **AT_LEFT},
            "margin": TITLED,
        }
    return figure


def _line(chart: TableChart, table: TableContent) -> Figure:
    """y over x, in the order of x; one line for each value of the column "stroke"."""
    return _lines(chart, table, ("x", "y", "stroke"), (_name(chart, "x"), _name(chart, "y")))


def _line_series(chart: TableChart, table: TableContent) -> Figure:
    """Several lines, told apart by the column "lineKey"."""
    return _lines(chart, table, ("step", "lineVal", "lineKey"), (chart.words.get("xname", "x"), ""))


def _area(chart: TableChart, table: TableContent) -> Figure:
    """A curve of rates between 0 and 1, such as precision over recall, for each class."""
    names = (
        chart.words.get("x-axis-title", _name(chart, "x")),
        chart.words.get("y-axis-title", _name(chart, "y")),
    )
    figure = _lines(chart, table, ("x", "y", "class"), names)
    whole = {"range": [-0.02, 1.02]}
    layout = _mapping(figure["layout"])
    axes = {axis: {**_mapping(layout[axis]), **whole} for axis in ("xaxis", "yaxis")}
    return {**figure, "layout": {**layout, **axes}}


def _scatter(chart: TableChart, table: TableContent) -> Figure:
    """A point for each row."""
    across, up = _column(chart, table, "x"), _column(chart, table, "y")
    trace: Trace = {
        "type": "scatter",
        "mode": "markers",
        "x": _cells(across),
        "y": _cells(up),
        "marker": {"size": MARK_PX},
    }
    return _figure([trace], _name(chart, "x"), _name(chart, "y"))


def _bar(chart: TableChart, table: TableContent) -> Figure:
    """A bar for each row, the first at the top."""
    labels, values = _column(chart, table, "label"), _column(chart, table, "value")
    trace: Trace = {"type": "bar", "orientation": "h", "y": [_word(cell) for cell in labels], "x": _numbers(values)}
    labelled = {"autorange": "reversed", "type": "category", "automargin": True, "ticklabelstandoff": 4}
    return _figure([trace], _name(chart, "value"), "", yaxis=labelled)


def _histogram(chart: TableChart, table: TableContent) -> Figure:
    """How often which values stand in a column."""
    trace: Trace = {"type": "histogram", "x": _cells(_column(chart, table, "value"))}
    return _figure([trace], _name(chart, "value"), "count", bargap=0.02)


def _confusion(chart: TableChart, table: TableContent) -> Figure:
    """How often each actual class (down) was taken for each predicted one (across)."""
    actual, predicted = ([_word(cell) for cell in _column(chart, table, name)] for name in ("Actual", "Predicted"))
    counts = _numbers(_column(chart, table, "nPredictions"))
    classes = list(dict.fromkeys((*actual, *predicted)))
    place = {name: number for number, name in enumerate(classes)}
    cells: list[list[float]] = [[0.0] * len(classes) for _ in classes]
    for row, column, count in zip(actual, predicted, counts, strict=True):
        cells[place[row]][place[column]] += count or 0.0
    trace: Trace = {
        "type": "heatmap", "x": classes, "y": classes, "z": cells, "texttemplate": "%{z}", "colorscale": COUNT_SCALE,
        "showscale": False, "xgap": 1, "ygap": 1,
        "hovertemplate": "actual %{y}, predicted %{x}: %{z}<extra></extra>",
    }  # fmt: skip
    across = {"type": "category", "automargin": True}
    return _figure([trace], "predicted", "actual", xaxis=across, yaxis={**across, "autorange": "reversed"})


DRAWN: Mapping[str, Draw] = {
    "line": _line, "lineseries": _line_series, "area-under-curve": _area, "scatter": _scatter, "bar": _bar,
    "histogram": _histogram, "confusion_matrix": _confusion,
}  # fmt: skip


def _lines(
    chart: TableChart, table: TableContent, roles: tuple[str, str, str], names: tuple[str, str]
) -> Figure:  # fmt: skip
    """One line for each value of the column that the third role names, if it names one."""
    x, y, by = roles
    across, up = _column(chart, table, x), _column(chart, table, y)
    groups = [_word(cell) for cell in _column(chart, table, by)] if by in chart.columns else [""] * len(across)
    places: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group, []).append(place)
    if len(places) > LINE_NAMES_MAX:
        raise UsageError(
            f"column {chart.columns[by]!r} of {chart.table} names {len(places)} lines; show the table, or plot at most "
            f"{LINE_NAMES_MAX} of them"
        )
    traces = []
    for group, rows in places.items():
        ordered = _in_order([across[row] for row in rows], [up[row] for row in rows])
        traces.append(_curve(group, *ordered))
    return _figure(traces, *names, showlegend=by in chart.columns)


def _curve(name: str, across: Cells, up: Cells) -> Trace:
    mode = "lines+markers" if len(across) <= MARKED_MAX else "lines"
    return {
        "type": "scatter",
        "mode": mode,
        "marker": {"size": 4},
        "name": _plain(name),
        "x": _cells(across),
        "y": _numbers(up),
    }


def _in_order(across: Cells, up: Cells) -> tuple[Cells, Cells]:
    """Rising x, where every x is a number."""
    keys = _numbers(across)
    if any(key is None for key in keys):
        return across, up
    order = sorted(range(len(keys)), key=lambda place: keys[place] or 0.0)
    return [across[place] for place in order], [up[place] for place in order]


def _figure(traces: Sequence[Trace], x: str, y: str, **layout: object) -> Figure:
    xaxis = {"title": _title(x, AXIS_PX), **_mapping(layout.pop("xaxis", {}))}
    yaxis = {"title": _title(y, AXIS_PX), **_mapping(layout.pop("yaxis", {}))}
    return {"data": list(traces), "layout": {"xaxis": xaxis, "yaxis": yaxis, **layout}}


def _title(text: str, size_px: int) -> dict[str, object]:
    return {"text": _plain(text), "font": {"size": size_px}}


def _column(chart: TableChart, table: TableContent, role: str) -> Cells:
    name = chart.columns.get(role)
    if name is None:
        raise UsageError(f"the chart names no column for {role!r}; the table {chart.table} can be shown as it is")
    if name not in table.columns:
        have = ", ".join(table.columns)
        raise UsageError(f"the table {chart.table} has no column {name!r} for this chart; it has: {have}")
    place = table.columns.index(name)
    return [row[place] for row in table.rows]


def _name(chart: TableChart, role: str) -> str:
    return chart.words.get(f"{role}-axis-title", chart.columns.get(role, ""))


def _numbers(cells: Cells) -> list[float | None]:
    return [float(cell) if isinstance(cell, int | float) and math.isfinite(cell) else None for cell in cells]


def _cells(cells: Cells) -> list[object]:
    """Numbers where they are finite, and words."""
    return [
        None if cell is None or (isinstance(cell, float) and not math.isfinite(cell)) else _plot_cell(cell)
        for cell in cells
    ]


def _plot_cell(cell: object) -> object:
    return cell if isinstance(cell, int | float) else _word(cell)


def _word(cell: object) -> str:
    return _plain(str(cell))


def _plain(text: str) -> str:
    """Plotly reads words as HTML: look-alikes of its signs stand for themselves."""
    return text.replace("<", "‹").replace(">", "›")


def _mapping(told: object) -> dict[str, object]:
    return dict(told) if isinstance(told, Mapping) else {}

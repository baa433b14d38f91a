"""`wandb.plot`: charts of tables, lists and predictions, as Plotly figures that stand in the log.

    wandb.log({"pr": wandb.plot.pr_curve(labels, scores)})

Curves of predictions are exact: one point for each distinct score.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from belvedere.analysis.classification import Curve, precision_recall, roc
from belvedere.core.errors import UsageError
from belvedere.core.plain import array_of, plain_data
from belvedere.core.values import Keep, Plotly, Record, Table

POINTS_MAX = 2000  # of one curve
Trace = dict[str, object]


class CustomChart:
    """A chart, ready to be logged."""

    def __init__(self, traces: Sequence[Trace], title: str, x: str = "", y: str = "", **layout: object) -> None:
        named = {"title": {"text": title}, "xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}}
        self.figure: dict[str, object] = {"data": list(traces), "layout": {**named, **layout}}
        self.title = title

    def record(self, keep: Keep) -> Record:
        """As a Plotly figure; numbers that JSON cannot hold are gaps."""
        return Plotly(json.dumps(_finite(self.figure), allow_nan=False)).record(keep)


def line(
    table: Table, x: str, y: str, stroke: str | None = None, title: str | None = None, split_table: bool = False
) -> CustomChart:  # fmt: skip
    """Column `y` over column `x`; one line for each value of the column `stroke`."""
    across, up = _column(table, x), _column(table, y)
    if stroke is None:
        return CustomChart([_scatter(across, up, y)], title or f"{y} over {x}", x, y)
    groups = _column(table, stroke)
    traces = []
    for name in dict.fromkeys(map(str, groups)):
        places = [place for place, group in enumerate(groups) if str(group) == name]
        traces.append(_scatter([across[place] for place in places], [up[place] for place in places], name))
    return CustomChart(traces, title or f"{y} over {x}", x, y)


def scatter(
    table: Table, x: str, y: str, title: str | None = None, split_table: bool = False
) -> CustomChart:  # fmt: skip
    """A point for each row."""
    trace = _scatter(_column(table, x), _column(table, y), y, mode="markers")
    return CustomChart([trace], title or f"{y} over {x}", x, y)


def bar(
    table: Table, label: str, value: str, title: str | None = None, split_table: bool = False
) -> CustomChart:  # fmt: skip
    """A bar for each row, as long as its `value`."""
    trace: Trace = {"type": "bar", "orientation": "h", "y": _column(table, label), "x": _column(table, value)}
    return CustomChart([trace], title or f"{value} by {label}", value, label)


def histogram(table: Table, value: str, title: str | None = None, split_table: bool = False) -> CustomChart:
    """How the cells of a column are spread."""
    return CustomChart([{"type": "histogram", "x": _column(table, value)}], title or f"{value}", value, "count")


def line_series(
    xs: object, ys: object, keys: Sequence[str] | None = None, title: str | None = None, xname: str = "x",
    split_table: bool = False,
) -> CustomChart:  # fmt: skip
    """Several lines `ys` over one list `xs`, or over one list each."""
    lines = [list(cast(Sequence[object], one)) for one in cast(Sequence[object], ys)]
    given = list(cast(Sequence[object], xs))
    is_shared = not given or not hasattr(given[0], "__len__")
    across = [given] * len(lines) if is_shared else [list(cast(Sequence[object], one)) for one in given]
    names = [str(key) for key in keys] if keys is not None else [f"line_{place}" for place in range(len(lines))]
    if not len(across) == len(lines) == len(names):
        raise UsageError(f"{len(across)} lists of x, {len(lines)} of y, {len(names)} keys; give one for each line")
    traces = [_scatter(x, y, name) for x, y, name in zip(across, lines, names)]
    return CustomChart(traces, title or "", xname, "")


def confusion_matrix(
    probs: object = None, y_true: object = None, preds: object = None, class_names: Sequence[str] | None = None,
    title: str | None = None, split_table: bool = False,
) -> CustomChart:  # fmt: skip
    """How often each class was taken for which; `preds` are class numbers, `probs` (n, classes) decide by the most."""
    if y_true is None or (probs is None) == (preds is None):
        raise UsageError("confusion_matrix needs y_true=, and either probs= or preds=")
    true = array_of(y_true).astype(np.int64).ravel()
    guessed = array_of(preds).ravel() if preds is not None else array_of(probs).argmax(axis=1)
    told = guessed.astype(np.int64)
    if len(true) != len(told):
        raise UsageError(f"{len(true)} true classes and {len(told)} predictions; give one for each example")
    count = max(int(max(true.max(initial=-1), told.max(initial=-1))) + 1, len(class_names or ()))
    names = [str(name) for name in class_names or range(count)]
    if len(names) != count:
        raise UsageError(f"{len(names)} class names for classes up to number {count - 1}; give a name for each")
    cells = np.bincount(true * count + told, minlength=count * count).reshape(count, count)
    trace: Trace = {
        "type": "heatmap", "z": cells.tolist(), "x": names, "y": names, "colorscale": "Blues", "texttemplate": "%{z}",
    }  # fmt: skip
    top_down = {"title": {"text": "actual"}, "autorange": "reversed"}
    return CustomChart([trace], title or "Confusion matrix", "predicted", yaxis=top_down)


def roc_curve(
    y_true: object, y_probas: object, labels: Sequence[str] | None = None,
    classes_to_plot: Sequence[object] | None = None, title: str | None = None, split_table: bool = False,
) -> CustomChart:  # fmt: skip
    """True positives over false positives of each class against all others; y_probas (n, classes)."""
    traces = _curves(y_true, y_probas, labels, classes_to_plot, roc)
    return CustomChart(traces, title or "ROC", "false positive rate", "true positive rate")


def pr_curve(
    y_true: object, y_probas: object, labels: Sequence[str] | None = None,
    classes_to_plot: Sequence[object] | None = None, interp_size: int = 21, title: str | None = None,
    split_table: bool = False,
) -> CustomChart:  # fmt: skip
    """Precision over recall of each class against all others; y_probas (n, classes). Nothing is interpolated."""
    traces = _curves(y_true, y_probas, labels, classes_to_plot, precision_recall)
    return CustomChart(traces, title or "Precision-recall", "recall", "precision")


def plot_table(
    vega_spec_name: str, data_table: Table, fields: Mapping[str, object],
    string_fields: Mapping[str, object] | None = None, split_table: bool = False,
) -> Table | CustomChart:  # fmt: skip
    """The usual charts of W&B by their names; of a chart of the user's own, which lies on W&B's server, the table."""
    title = str((string_fields or {}).get("title", "")) or None
    names = {key: str(value) for key, value in fields.items()}
    kind = vega_spec_name.rpartition("/")[2].removesuffix("/v0")
    if "line" in vega_spec_name and {"x", "y"} <= names.keys():
        return line(data_table, names["x"], names["y"], names.get("stroke"), title)
    if "scatter" in kind and {"x", "y"} <= names.keys():
        return scatter(data_table, names["x"], names["y"], title)
    if "bar" in vega_spec_name and {"label", "value"} <= names.keys():
        return bar(data_table, names["label"], names["value"], title)
    if "histogram" in vega_spec_name and "value" in names:
        return histogram(data_table, names["value"], title)
    return data_table


def visualize(id: str, value: Table) -> Table:
    """A chart of the user's own lies on W&B's server; what is kept is its table."""
    return value


def _curves(
    y_true: object, y_probas: object, labels: Sequence[str] | None, classes: Sequence[object] | None,
    curve_of: Callable[[NDArray[np.bool_], NDArray[np.float64]], Curve],
) -> list[Trace]:  # fmt: skip
    true, scores = array_of(y_true).ravel(), array_of(y_probas).astype(np.float64)
    scores = np.stack([1 - scores, scores], axis=1) if scores.ndim == 1 else scores
    known = np.unique(true)
    if len(scores) != len(true):
        raise UsageError(f"{len(true)} true classes and {len(scores)} rows of scores; give one for each example")
    columns = known if len(known) == scores.shape[1] else np.arange(scores.shape[1])
    wanted = None if classes is None else {str(one) for one in classes}
    traces = []
    for place, name in enumerate(columns):
        shown = str(labels[place]) if labels is not None and place < len(labels) else str(name)
        if wanted is not None and not wanted & {shown, str(name)}:
            continue
        curve = curve_of(true == name, scores[:, place])
        kept = np.unique(np.linspace(0, len(curve.x) - 1, min(len(curve.x), POINTS_MAX)).round().astype(np.int64))
        traces.append(_scatter(curve.x[kept].tolist(), curve.y[kept].tolist(), f"{shown} ({curve.area:.3f})"))
    return traces


def _scatter(x: Sequence[object], y: Sequence[object], name: str, *, mode: str = "lines") -> Trace:
    return {"type": "scatter", "mode": mode, "x": list(x), "y": list(y), "name": name}


def _column(table: Table, name: str) -> list[object]:
    return [plain_data(cell) for cell in cast(list[object], table.get_column(name))]


def _finite(value: object) -> object:
    """Plain data in which null stands for what is no number."""
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return plain_data(value)


__all__ = [
    "CustomChart", "bar", "confusion_matrix", "histogram", "line", "line_series", "plot_table", "pr_curve", "roc_curve",
    "scatter", "visualize",
]  # fmt: skip

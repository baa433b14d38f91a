"""`import belvedere.plot`."""

from belvedere.compat.wandb_plot import (
    CustomChart,
    bar,
    confusion_matrix,
    histogram,
    line,
    line_series,
    plot_table,
    pr_curve,
    roc_curve,
    scatter,
    visualize,
)  # fmt: skip

__all__ = [
    "CustomChart", "bar", "confusion_matrix", "histogram", "line", "line_series", "plot_table", "pr_curve", "roc_curve",
    "scatter", "visualize",
]  # fmt: skip

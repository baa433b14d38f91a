"""The sharpest curvature of the loss over training, beside the limit of stability."""

from collections.abc import Mapping

import numpy as np

from belvedere.analysis.joins import as_of
from belvedere.core.query import Needs
from belvedere.core.series import RunData, Series
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.lines import add_curve, add_stages, curve_notes, curve_of, lay_out_lines
from belvedere.figures.theme import Theme, step_axis
from belvedere.figures.words import counted

TOP, LIMIT = "hessian/top_eigenvalue", "hessian/sharpness_limit"
SCALED_TOP, SCALED_LIMIT = "hessian/preconditioned_eigenvalue", "hessian/preconditioned_limit"
NAMES = {
    TOP: "top eigenvalue", LIMIT: "2 / learning rate", SCALED_TOP: "top eigenvalue in Adam's coordinates",
    SCALED_LIMIT: "Adam's limit",
}  # fmt: skip


@figure(
    id="hessian",
    title="Sharpness",
    family="landscape",
    needs=Needs(series=(TOP,), optional=(LIMIT, SCALED_TOP, SCALED_LIMIT)),
    options={"y": ("log", "linear")},
    absent="No curvature was measured. Call bv.hessian_top(model, loss_fn, optimizer=optimizer, run=run) now and then.",
)
def hessian(data: RunData, *, theme: Theme, y: str) -> Drawing:
    """The top eigenvalue of the Hessian at some steps, and the learning rate's limit of stability at the same steps.

    What it shows: dots are measurements by power iteration with exact Hessian-vector products on one batch. Dashed is
    2 / learning rate, above which plain gradient descent overshoots along the sharpest direction. With Adam's state
    given, the same in its own coordinates, where its limit is (2 + 2β₁) / ((1 − β₁) · learning rate).

    How to read it: sharpness that climbs until it meets its limit and then stays there is the edge of stability, where
    most full-batch training ends up; the loss then falls by fits and starts. Sharpness far above the limit while the
    loss rises is a learning rate too high; a dip after warm-up means that the rate drove the weights to flatter ground.

    What it does not show: the limit of optimizers that are neither plain gradient descent nor Adam (with momentum β it
    is 2 · (1 + β) / learning rate; Muon has none of this form). A noisy gradient keeps sharpness below the limit. Where
    power iteration had not settled the value is a lower bound: see the series hessian/residual.
    """
    present = {key: data.series[key] for key in NAMES if key in data.series and len(data.series[key])}
    if TOP not in present:
        return Refused("No curvature was measured. Call bv.hessian_top(model, loss_fn, run=run) now and then.")
    curves = {key: curve_of(series, is_log=y == "log") for key, series in present.items()}
    if not any(np.isfinite(curve.y).any() or curve.marks for curve in curves.values()):
        return Refused("None of the curvatures can be drawn on a log axis. Choose y=linear.")
    drawn = Canvas()
    for key, curve in curves.items():
        colour = theme.lines[0 if key in (TOP, LIMIT) else 1]
        is_limit = key in (LIMIT, SCALED_LIMIT)
        add_curve(
            drawn, curve, colour=colour, theme=theme, name=NAMES[key], is_dotted=not is_limit,
            dash="dash" if is_limit else "solid",
        )  # fmt: skip
    add_stages(drawn, data.stages, theme)
    first, last = int(present[TOP].steps[0]), int(present[TOP].steps[-1])
    y_axis: dict[str, object] = {"title": {"text": "curvature"}, "type": y, "tickformat": ".3~g"}
    lay_out_lines(drawn, x_axis=step_axis(first, last), y_axis=y_axis)
    return Drawn(drawn, "measured", (*curve_notes(list(curves.values()), what="value"), *_over_the_limit(present)))


def _over_the_limit(present: Mapping[str, Series]) -> tuple[str, ...]:
    """How often the sharpness was above its limit."""
    words = []
    for key, limit_key in ((TOP, LIMIT), (SCALED_TOP, SCALED_LIMIT)):
        if key not in present or limit_key not in present:
            continue
        limits, _ = as_of(present[key].steps, present[limit_key])
        known = np.isfinite(limits) & np.isfinite(present[key].values)
        above = int((present[key].values[known] > limits[known]).sum())
        whose = "Adam's limit" if key == SCALED_TOP else "2 / learning rate"
        words.append(f"Above {whose} at {above:,} of {counted(int(known.sum()), 'measurement')}.")
    return tuple(words)

"""The loss on the straight line between two checkpoints, and the barrier between them."""

import numpy as np

from belvedere.analysis.landscape.line import Line
from belvedere.analysis.landscape.recorded import recorded_line
from belvedere.core.errors import BelvedereError
from belvedere.core.query import Needs
from belvedere.core.series import RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.lines import lay_out_lines
from belvedere.figures.scene import thin
from belvedere.figures.theme import LINE_PX, SMALL_PX, Theme, shortened
from belvedere.figures.words import counted, sentence

KEY = "landscape/line"


@figure(
    id="interpolation",
    title="Between two checkpoints",
    family="landscape",
    needs=Needs(media=(f"array:{KEY}",)),
    options={"y": ("linear", "log")},
    absent="No line between checkpoints was measured. Call bv.landscape_line(model, loss_fn, start, run=run).",
)
def interpolation(data: RunData, *, theme: Theme, y: str) -> Drawing:
    """The loss at places on the straight line through weight space from one checkpoint to another.

    What it shows: every dot is a forward pass with the weights (1 − α) · first + α · second, on one batch. Dotted is
    the straight line between the losses of the two ends; the red bar is the barrier, the largest rise above it.

    How to read it: no barrier means that both checkpoints lie in one basin, and their average is a model too; that is
    usual along one training once its first steps are over. A high barrier means that they are different solutions:
    two seeds, or a run that jumped. A long flat part followed by a drop says where on the way the learning happened.

    What it does not show: ways around. Two minima with a barrier on the straight line are often joined by a curved
    valley. Permuting the neurons of one end changes the line, and not what that model computes.
    """
    snapshots = data.media.get(KEY, ())
    if not snapshots:
        return Refused(
            "No line between checkpoints was measured. Call bv.landscape_line(model, loss_fn, start, run=run)."
        )
    try:
        line = recorded_line(snapshots[-1])
    except BelvedereError as refused:
        return Refused(sentence(str(refused)))
    shown = np.where(np.isfinite(line.losses) & ((line.losses > 0) | (y == "linear")), line.losses, np.nan)
    if not np.isfinite(shown).any():
        return Refused(f"None of the {len(shown):,} losses on the line can be drawn on a {y} axis.")
    drawn = Canvas()
    drawn.add_scatter(
        x=line.alphas, y=thin(shown), mode="lines+markers", name="loss", connectgaps=False,
        line={"color": theme.lines[0], "width": LINE_PX}, marker={"color": theme.lines[0], "size": 6},
        hovertemplate="α %{x:.3g}: loss %{y:.4g}<extra></extra>",
    )  # fmt: skip
    _add_chord(drawn, line, theme)
    ends = [shortened(name, characters=24) for name in (line.start, line.end)]
    x_axis: dict[str, object] = {
        "title": {"text": "α"}, "tickmode": "array", "tickvals": [0, 0.25, 0.5, 0.75, 1],
        "ticktext": [f"0<br>{ends[0]}", "0.25", "0.5", "0.75", f"1<br>{ends[1]}"],
    }  # fmt: skip
    lay_out_lines(drawn, x_axis=x_axis, y_axis={"title": {"text": "loss"}, "type": y})
    return Drawn(drawn, "measured", _notes(line, len(snapshots)))


def _add_chord(drawn: Canvas, line: Line, theme: Theme) -> None:
    """The straight line between the ends' losses, and the barrier above it."""
    if not np.isfinite(line.losses).all() or len(line.losses) < 2:
        return
    chord = (1 - line.alphas) * line.losses[0] + line.alphas * line.losses[-1]
    drawn.add_scatter(
        x=line.alphas, y=thin(chord), mode="lines", name="straight line between the ends", hoverinfo="skip",
        line={"color": theme.faint, "width": LINE_PX, "dash": "dot"},
    )  # fmt: skip
    top = int((line.losses - chord).argmax())
    if line.losses[top] > chord[top]:
        drawn.add_scatter(
            x=line.alphas[[top, top]], y=thin(np.array([chord[top], line.losses[top]])), mode="lines+text",
            name="barrier", text=[f"barrier {line.losses[top] - chord[top]:.3g}", ""], textposition="bottom left",
            textfont={"color": theme.critical, "size": SMALL_PX}, line={"color": theme.critical, "width": 3},
            hoverinfo="skip",
        )  # fmt: skip


def _notes(line: Line, count: int) -> tuple[str, ...]:
    barrier = f"barrier {line.barrier:.4g}" if np.isfinite(line.barrier) else "no barrier can be said"
    apart = f", distance of the ends {line.distance:.4g} in weight space" if np.isfinite(line.distance) else ""
    notes = [f"{counted(len(line.losses), 'place')}{apart}; {barrier}"]
    broken = int((~np.isfinite(line.losses)).sum())
    if broken:
        notes.append(f"Gaps, not finite: {counted(broken, 'loss', 'losses')}.")
    if count > 1:
        notes.append(f"The last of {count} lines.")
    return tuple(notes)

"""Any two facts of many runs against each other, coloured by a third: does the rate explain the loss?"""

from dataclasses import dataclass

import numpy as np

from belvedere.analysis.correlation import pearson, pearson_of_rows
from belvedere.analysis.facts import fact, names_of, numbers, varying
from belvedere.core.query import Needs
from belvedere.core.series import Floats, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, comparison
from belvedere.figures.options import Word
from belvedere.figures.scene import thin
from belvedere.figures.theme import SPREAD_SCALE, Theme, colour_bar, shortened
from belvedere.figures.words import counted, listed

RATES = ("lr", "learning_rate", "train/lr", "max_lr", "base_lr")
LOSSES = ("val/loss", "eval/val_loss", "val_loss", "test/loss", "train/loss", "loss")
RESAMPLES = 2000
FEW = 5  # runs: with fewer a correlation says next to nothing
LOG_SPAN = 20.0  # largest over smallest value from which on an axis is logarithmic


@dataclass(frozen=True)
class Correlation:
    """Over n runs: Pearson's r and Spearman's rank correlation, and the 95 % interval of the latter by a bootstrap
    over runs; NaN where a value does not vary, the interval NaN for fewer than FEW runs."""

    count: int
    pearson: float
    spearman: float
    low: float
    high: float


@comparison(
    id="correlation",
    title="Correlation over runs",
    needs=Needs(),
    options={
        "x": Word("", "config or summary value of the x axis; by default the learning rate"),
        "y": Word("", "config or summary value of the y axis; by default the validation loss"),
        "colour": Word("", "config or summary value of the colour; by default the config that varies besides"),
    },
    absent="No runs to compare. Record several with different settings in one project or group.",
)
def correlation(runs: tuple[RunData, ...], *, theme: Theme, x: str, y: str, colour: str) -> Drawing:
    """Every run as a point: one value against another, coloured by a third.

    What it shows: config or summary values as they stand at the end of each run; by default the learning rate, the
    validation loss, and whatever else of the config varies. Axes are logarithmic when a value spans a factor of 20.

    How to read it: Spearman's correlation (of ranks, robust against outliers and against any monotone scale) stands
    under the title with its 95 % interval from 2,000 bootstrap resamples of the ranked runs (fixed seed). An interval
    that holds 0 is no evidence of anything. A colour that sorts the points better than the x axis does is the real
    cause.

    What it does not show: runs that lack one of the values are counted and left out, never placed at zero. Settings
    that were varied together cannot be told apart by any picture of two of them.
    """
    x = x or _first(runs, RATES) or next(iter(_numeric(runs, varying(runs))), "")
    y = y or _first(runs, LOSSES, besides=x)
    if not x or not y:
        return Refused("No two values that runs differ in were found. Name them, such as x=lr and y=val/loss.")
    xs, ys = numbers(runs, x), numbers(runs, y)
    known = np.isfinite(xs) & np.isfinite(ys)
    if not known.any():
        return Refused(
            f"No run has both {shortened(x)} and {shortened(y)} as finite numbers. There is: "
            f"{listed(names_of(runs), most=12)}."
        )
    kept = [run for run, is_known in zip(runs, known) if is_known]
    colour = colour or next((name for name in _numeric(kept, varying(kept)) if name not in (x, y)), "")
    found = correlation_of(xs[known], ys[known])
    drawn = Canvas()
    _add_points(drawn, kept, xs[known], ys[known], colour, theme)
    drawn.update_xaxes({"title": {"text": shortened(x)}, "tickformat": ".3~g", **_axis(xs[known])})
    drawn.update_yaxes({"title": {"text": shortened(y)}, "tickformat": ".4~g", **_axis(ys[known])})
    return Drawn(drawn, "measured", _notes(found, len(runs) - found.count))


def correlation_of(x: Floats, y: Floats) -> Correlation:
    """Of two facts over runs, both (n,) finite. Spearman 1904: Pearson's r of the ranks, ties sharing their mean."""
    r, spearman = pearson(x, y), pearson(_ranks(x), _ranks(y))
    low = high = float("nan")
    if len(x) >= FEW and np.isfinite(spearman):
        rng = np.random.default_rng(0)
        picks = rng.integers(0, len(x), size=(RESAMPLES, len(x)))
        drawn = pearson_of_rows(_ranks(x)[picks], _ranks(y)[picks])
        low, high = (float(np.nanpercentile(drawn, q)) for q in (2.5, 97.5))
    return Correlation(len(x), r, spearman, low, high)


def _ranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + ends - 1) / 2)[inverse].astype(np.float64)


def _first(runs: tuple[RunData, ...], names: tuple[str, ...], besides: str = "") -> str:
    return next((name for name in names if name != besides and np.isfinite(numbers(runs, name)).any()), "")


def _numeric(runs: "tuple[RunData, ...] | list[RunData]", names: list[str]) -> list[str]:
    return [name for name in names if np.isfinite(numbers(runs, name)).any() and name not in ("seed", "step")]


def _axis(values: Floats) -> dict[str, object]:
    """Logarithmic where the values span a factor of LOG_SPAN, with ticks at 1, 2 and 5 while these do not collide."""
    if not (values.min() > 0 and values.max() / LOG_SPAN >= values.min()):
        return {"type": "linear"}
    decades = float(np.log10(values.max()) - np.log10(values.min()))
    return {"type": "log", "dtick": "D2" if decades < 3 else max(1, round(decades / 8))}


def _add_points(
    drawn: Canvas, runs: list[RunData], x: Floats, y: Floats, colour: str, theme: Theme
) -> None:  # fmt: skip
    names = [shortened(run.name or run.run_id) for run in runs]
    shades = numbers(runs, colour)
    hover = "%{text}<br>%{x:.4~g} · %{y:.4~g}<extra></extra>"
    if colour and np.isfinite(shades).any():
        marker = {
            "color": thin(shades), "colorscale": SPREAD_SCALE, "showscale": True, "size": 9,
            "colorbar": colour_bar(theme, shortened(colour)), "line": {"width": 1, "color": theme.second},
        }  # fmt: skip
        drawn.add_scatter(x=x, y=y, text=names, mode="markers", marker=marker, hovertemplate=hover, showlegend=False)
        return
    words = [str(fact(run, colour)) if colour else "" for run in runs]
    for index, word in enumerate(dict.fromkeys(words)):
        chosen = [place for place, one in enumerate(words) if one == word]
        drawn.add_scatter(
            x=x[chosen], y=y[chosen], text=[names[place] for place in chosen], mode="markers", name=shortened(word),
            marker={"color": theme.lines[index % len(theme.lines)], "size": 9, "symbol": index % 12},
            hovertemplate=hover, showlegend=bool(word),
        )  # fmt: skip


def _notes(found: Correlation, absent: int) -> tuple[str, ...]:
    notes = [counted(found.count, "run")]
    if np.isfinite(found.spearman):
        interval = f" (95 %: {found.low:+.2f} to {found.high:+.2f})" if np.isfinite(found.low) else ""
        notes.append(f"Spearman {found.spearman:+.2f}{interval}, Pearson {found.pearson:+.2f}.")
    if found.count < FEW:
        notes.append(f"Fewer than {FEW} runs say little about a correlation.")
    if absent:
        notes.append(f"Left out for want of one of the values: {counted(absent, 'run')}.")
    return tuple(notes)

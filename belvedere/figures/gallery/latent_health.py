"""Whether a representation uses its width: spread, dead dimensions, rank and isotropy while it trains."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from belvedere.analysis.readable import first_series
from belvedere.core.query import Needs
from belvedere.core.series import RunData, Series, VectorSeries
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.lines import add_curve, add_stages, curve_notes, curve_of
from belvedere.figures.scene import thin
from belvedere.figures.theme import SPREAD_SCALE, Theme, colour_bar, shortened, step_axis
from belvedere.figures.words import counted

PANELS = {
    "std": "latent/std|latent_std|train_latent_std|*/latent_std",
    "dead": "latent/dead_dimensions",
    "rank": "latent/effective_rank|latent/entropy_rank",
    "isotropy": "latent/isotropy",
    "norm": "latent/norm|latent_norm|train_latent_norm|*/latent_norm",
}
ANY = "|".join(PANELS.values())
DIMENSIONS = "latent_std"
COLUMNS_MAX = 400
DIMENSIONS_MAX = 256
DEAD_STD = 1e-3
LOW_SHARE = 0.1  # of the dimensions: a rank below that uses little of what it has
GAP = 0.05


@dataclass(frozen=True, eq=False)
class Health:
    """What is drawn: title -> series, in order; the standard deviations of all dimensions, and how many there are."""

    panels: dict[str, Series]
    spread: VectorSeries | None
    dimensions: int


@figure(
    id="latent_health",
    title="Latent health",
    family="representation",
    needs=Needs(series=(ANY,), optional=(*PANELS.values(), DIMENSIONS)),
    options={"view": ("curves", "dimensions")},
    absent="No latent statistics were recorded. Call bv.log_latent_health(z) at evaluations.",
)
def latent_health(data: RunData, *, theme: Theme, view: str) -> Drawing:
    """How much of its width a representation uses, over training.

    What it shows: the mean standard deviation of the dimensions, how many are dead (under 0.001), the effective rank
    (the participation ratio: d when all directions vary alike, 1 for a line), isotropy (about 1 when the rows point
    everywhere, 0 when all point the same way) and the mean norm. `view=dimensions` shows the standard deviation of
    every dimension, sorted, as colour on a logarithmic scale.

    How to read it: a rank that rises early and then holds is a representation that learns. Dead dimensions that grow,
    or a rank under a tenth of the dimensions, is a collapse: look at the encoder's gradient, raise the weight of what
    needs the latent, or make it smaller. Isotropy falling to 0 means a common direction that all rows share; it carries
    nothing. In `dimensions`, a dark floor that rises is the dying part.

    What it does not show: whether the directions mean anything: probe them. A standard deviation equal to norm/√d holds
    for every representation whose mean is 0; then the spread says no more than the norm does.
    """
    found = health_of(data)
    if view == "dimensions":
        return _dimensions(found, data, theme)
    if not found.panels:
        return Refused("No latent statistics were recorded. Call bv.log_latent_health(z) at evaluations.")
    drawn = Canvas()
    curves = []
    count = len(found.panels)
    height = (1 - GAP * (count - 1)) / count
    for place, (title, series) in enumerate(found.panels.items()):
        curve = curve_of(series)
        curves.append(curve)
        number = "" if place == 0 else str(place + 1)
        add_curve(drawn, curve, colour=theme.lines[place % len(theme.lines)], theme=theme, yaxis=f"y{number}")
        top = 1 - place * (height + GAP)
        axis = {"title": {"text": title}, "domain": [max(0.0, top - height), top], "nticks": 3, "tickformat": ".3~g"}
        drawn.update_layout({f"yaxis{number}": axis | ({"anchor": "x"} if number else {})})
    add_stages(drawn, data.stages, theme)
    steps = [series.steps for series in found.panels.values()]
    last = "" if count == 1 else str(count)
    axis = step_axis(int(min(one[0] for one in steps)), int(max(one[-1] for one in steps)))
    drawn.update_layout(xaxis=axis | {"anchor": f"y{last}"}, showlegend=False, hovermode="x unified", margin={"l": 88})
    return Drawn(drawn, "measured", (*curve_notes(curves), *_warnings(found)))


def health_of(data: RunData) -> Health:
    """The panels that have data."""
    found = {title: first_series(data, entry) for title, entry in PANELS.items()}
    spread = data.vectors.get(DIMENSIONS)
    spread = spread if spread is not None and len(spread) else None
    panels = {title: series for title, series in found.items() if series is not None}
    return Health(panels, spread, len(spread.names) if spread else 0)


def _warnings(found: Health) -> list[str]:
    """What the last finite values say, in sentences."""
    last = {title: _last(series) for title, series in found.panels.items()}
    rank, dead, isotropy = (last.get(title) for title in ("rank", "dead", "isotropy"))
    told = []
    if rank is not None and found.dimensions and rank < LOW_SHARE * found.dimensions:
        told.append(f"The effective rank is {rank:.1f} of {found.dimensions} dimensions: most of the width is unused.")
    if dead:
        share = f" of {found.dimensions}" if found.dimensions else ""
        told.append(f"Dead dimensions, with a standard deviation under {DEAD_STD:g}: {dead:,.0f}{share}.")
    if isotropy is not None and isotropy < LOW_SHARE:
        told.append(f"Isotropy is {isotropy:.2f}: the rows nearly all point the same way.")
    return told


def _last(series: Series) -> float | None:
    known = series.values[np.isfinite(series.values)]
    return float(known[-1]) if len(known) else None


def _dimensions(found: Health, data: RunData, theme: Theme) -> Drawing:
    """Every dimension's standard deviation as a heat map."""
    if found.spread is None:
        return Refused(
            "No vector latent_std was recorded, so single dimensions are unknown. "
            "Call bv.log_latent_health(z), which logs it."
        )
    values = np.sort(found.spread.values.astype(np.float64), axis=1)[:, ::-1]  # NaN first, as it is put last in sorting
    columns = np.linspace(0, len(values) - 1, min(len(values), COLUMNS_MAX)).round().astype(int)
    rows = np.linspace(0, found.dimensions - 1, min(found.dimensions, DIMENSIONS_MAX)).round().astype(int)
    shown = values[np.ix_(columns, rows)].T
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = np.log10(np.where(np.isfinite(shown), np.maximum(shown, DEAD_STD / 10), np.nan)).astype(np.float32)
    if not np.isfinite(heights).any():
        return Refused(f"None of the {values.size:,} standard deviations is a number, so there is nothing to draw.")
    low, high = float(np.nanmin(heights)), float(np.nanmax(heights))
    powers = np.arange(np.floor(low), np.ceil(high) + 1)
    drawn = Canvas(
        go.Heatmap(
            x=thin(found.spread.steps[columns]), y=thin(rows.astype(np.int64)), z=heights, colorscale=SPREAD_SCALE,
            colorbar=colour_bar(theme, "standard deviation")
            | {"len": 1.0, "tickvals": powers, "ticktext": [f"10<sup>{int(power)}</sup>" for power in powers]},
            hovertemplate="step %{x} · dimension %{y} · 10^%{z:.2f}<extra></extra>", hoverongaps=False,
        )
    )  # fmt: skip
    add_stages(drawn, data.stages, theme)
    drawn.update_xaxes(step_axis(int(found.spread.steps[0]), int(found.spread.steps[-1])))
    drawn.update_yaxes(title={"text": "dimension, largest first"}, autorange="reversed", showgrid=False)
    family = shortened(found.spread.family)
    notes = [f"{counted(found.dimensions, 'dimension')} of {family} × {counted(len(values), 'snapshot')}"]
    if len(columns) < len(values) or len(rows) < found.dimensions:
        notes.append(f"{len(rows)} dimensions and {len(columns)} snapshots are drawn, evenly chosen.")
    return Drawn(drawn, "measured", (*notes, f"What is under {DEAD_STD / 10:g} has the colour of {DEAD_STD / 10:g}."))

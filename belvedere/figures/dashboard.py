"""The PNG dashboard: seven panels of a training on one sheet, drawn by matplotlib where no browser exists.

20 × 12 inches at 150 dots an inch. Nothing of pyplot and none of its state is used, so it can be drawn in any thread or
process. Every curve is drawn from at most 2,000 points with the band between their extremes, so its cost does not
grow with the run.
"""

import gc
import math
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.figure import Figure as Sheet
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import Formatter, FuncFormatter, LogLocator, MaxNLocator
from numpy.typing import NDArray

from belvedere.core.series import Floats, Ints
from belvedere.figures.dashboard_colours import COLOURS, Colours
from belvedere.figures.dashboard_content import AVERAGE_STEPS, RECENT_STEPS, Content, Curve
from belvedere.figures.dashboard_table import draw_samples
from belvedere.figures.theme import BAND_OPACITY, shortened

INCHES = (20.0, 12.0)
DOTS_PER_INCH = 150
COMPRESS_LEVEL = 1
DOTS_PER_METRE = round(DOTS_PER_INCH / 0.0254)
UP = 2  # PNG's filter that stores each row as its difference from the one above
LARGEST_DRAWN = 1e200
DOTTED_BELOW = 60  # so few points are also marked one by one
PLAIN_KEYS = frozenset(
    "train/loss loss train_loss train/accuracy accuracy train_accuracy train/tok_per_sec tokens_per_sec throughput "
    "throughput/tokens_per_sec".split()
)
NAME_CHARACTERS = 80
LEFT = 0.042  # where everything begins, as a share of the sheet's width
WORDS_CHARACTERS = 150
DIGITS_MAX = 7


def png(content: Content, *, theme: str = "light") -> bytes:
    """The dashboard as a PNG file, 3000 × 1800."""
    with _uncollected(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)  # a box stands for what no font has
        canvas = FigureCanvasAgg(draw(content, theme=theme))
        canvas.draw()  # type: ignore[no-untyped-call]
    drawn = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return encoded(drawn[:, :, :3])  # the sheet is opaque


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage: the thousands of small objects of a sheet set it off again and again, a tenth of the
    time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def encoded(pixels: NDArray[np.uint8]) -> bytes:
    """Pixels (h, w, 3) as PNG: one filter for all rows, which costs a third of letting an encoder choose for each."""
    height, width = pixels.shape[:2]
    flat = np.ascontiguousarray(pixels).reshape(height, 3 * width)
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0] = UP
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])  # modulo 256, as the format wants it
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"pHYs", struct.pack(">IIB", DOTS_PER_METRE, DOTS_PER_METRE, 1)),
        (b"IDAT", zlib.compress(rows.data, COMPRESS_LEVEL)),
        (b"IEND", b""),
    )
    framed = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def draw(content: Content, *, theme: str = "light") -> Sheet:
    """The sheet with its seven panels; one that nothing fills says which series would."""
    colours = COLOURS[theme]
    sheet = Sheet(figsize=INCHES, dpi=DOTS_PER_INCH, facecolor=colours.ground)
    grid = GridSpec(
        3, 3, sheet, left=LEFT, right=0.957, top=0.855 if content.verdict else 0.89, bottom=0.035, hspace=0.36,
        wspace=0.17, height_ratios=(1.0, 1.0, 0.78),
    )  # fmt: skip
    _head(sheet, content, colours)
    cells = [(row, column) for row in range(2) for column in range(3)]
    axes = [sheet.add_subplot(grid[row, column]) for row, column in cells]
    _loss(axes[0], content, colours)
    _accuracy(axes[1], content, colours)
    _throughput(axes[2], content, colours)
    _rate(axes[3], content, colours)
    _scatter(sheet, axes[4], content, colours)
    _recent(axes[5], content, colours)
    draw_samples(sheet, sheet.add_subplot(grid[2, :]), content.samples, colours)
    return sheet


def _head(sheet: Sheet, content: Content, colours: Colours) -> None:
    name = shortened(content.name, characters=NAME_CHARACTERS)
    sheet.text(LEFT, 0.958, name, size=21, weight="bold", color=colours.ink, parse_math=False)
    count = content.loss.count if content.loss else 0
    words = [content.state, f"step {content.step:,}", f"{count:,} values", "measured"]
    if content.loss and not content.loss.points.is_exact:
        words.append("lines are means, bands reach from the smallest to the largest value under them")
    sheet.text(LEFT, 0.931, " · ".join(words), size=11.5, color=colours.second)
    if content.verdict:
        box = {"facecolor": colours.warned, "edgecolor": "none", "boxstyle": "round,pad=0.55"}
        words_shown = f"▲  {content.verdict[:WORDS_CHARACTERS]}"
        sheet.text(LEFT + 0.005, 0.899, words_shown, size=12, color=colours.warning, bbox=box, weight="bold")


# ---- panels --------------------------------------------------------------------------------------------------------


def _loss(axes: Axes, content: Content, colours: Colours) -> None:
    _title(axes, _named("Training loss", "", content.loss), colours)
    if content.loss is None:
        _say(axes, "No loss was recorded. Log train/loss.", colours)
        return
    _curve(axes, content.loss, colours.blue, colours.red, colours)
    if not np.isfinite(content.loss.points.mean).any():
        axes.set_yticks([])  # only marks at the edge: there is no height to read
    _last(axes, f"{content.loss.last:.4g}", colours)


def _accuracy(axes: Axes, content: Content, colours: Colours) -> None:
    curve = content.accuracy
    _title(axes, _named("Training accuracy", ", %" if content.is_percent else "", curve), colours)
    if curve is None:
        axes.set_ylim(0, 100)
        _say(axes, "No accuracy was recorded. Log train/accuracy.", colours)
        return
    _curve(axes, curve, colours.green, colours.orange, colours, "lower right")
    if content.is_percent:
        known = drawable(np.array([np.fmin.reduce(curve.points.low), np.fmax.reduce(curve.points.high)]))
        axes.set_ylim(np.fmin(0, known[0]), np.fmax(100, known[1]))
        for line in axes.lines:
            line.set_clip_on(False)  # a line at exactly 0 or 100 is seen in its whole width
    _last(axes, f"{curve.last:.1f} %" if content.is_percent else f"{curve.last:.4g}", colours)


def _accuracy_words(content: Content) -> str:
    return "accuracy, %" if content.is_percent or content.accuracy is None else shortened(content.accuracy.key)


def _throughput(axes: Axes, content: Content, colours: Colours) -> None:
    _title(axes, _named("Token throughput", ", tokens/s", content.throughput), colours)
    if content.throughput is None:
        _say(
            axes,
            "No throughput was recorded.\nAdd run.throughput(tokens_per_step=…),\nor log train/tok_per_sec.",
            colours,
        )
        return
    _curve(axes, content.throughput, colours.purple, "", colours)
    highest = float(drawable(np.array([np.fmax.reduce(content.throughput.points.high)]))[0])
    axes.set_ylim(0, highest * 1.08 if highest > 0 else 1.0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: si(value)))
    _last(axes, si(content.throughput.last), colours)


def _rate(axes: Axes, content: Content, colours: Colours) -> None:
    _title(axes, "Learning rate (log scale)", colours)
    curve = content.rate
    if curve is None:
        _say(axes, "No learning rate was recorded. Log train/lr.", colours)
        return
    positive = np.where(curve.points.mean > 0, curve.points.mean, np.nan)
    if not np.isfinite(positive).any():
        _say(axes, f"None of the {curve.count:,} learning rates is above 0,\nso a log axis can show none.", colours)
        return
    low, high = float(np.nanmin(positive)), float(np.nanmax(positive))
    axes.set_yscale("log")
    axes.set_autoscaley_on(False)  # means of equal rates differ in their last bit, too little for limits of its own
    _line(axes, curve.points.steps, positive, colours.orange)
    axes.set_ylim(low / 1.6, high * 1.6) if high / low > 4 else axes.set_ylim(low / 4, high * 4)
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0) if high / low < 100 else (1.0,)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.minorticks_off()
    _last(axes, f"{curve.last:.3g}", colours)


def _scatter(sheet: Sheet, axes: Axes, content: Content, colours: Colours) -> None:
    _title(axes, "Loss and accuracy, by step", colours)
    both = content.together
    if not len(both.steps):
        is_either = content.loss is None or content.accuracy is None
        words = (
            "It needs both train/loss and train/accuracy." if is_either else "No step has a finite loss and accuracy."
        )
        _say(axes, words, colours)
        return
    norm = Normalize(float(both.steps.min()), max(float(both.steps.max()), float(both.steps.min()) + 1))
    drawn = axes.scatter(
        drawable(both.loss),
        drawable(both.accuracy),
        c=both.steps,
        cmap="viridis",
        norm=norm,
        s=15,
        linewidths=0.3,
        edgecolors=colours.second,
        alpha=0.8,
    )
    most = int(both.counts.max())
    words = "loss" if most == 1 else f"loss (each point is the mean of up to {most:,} steps)"
    axes.set_xlabel(words, color=colours.second, size=10)
    axes.set_ylabel(_accuracy_words(content), color=colours.second, size=10)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(Plain())
    bar = sheet.colorbar(drawn, ax=axes, fraction=0.035, pad=0.015)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=9, labelcolor=colours.second)
    bar.ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: si(value)))
    bar.ax.set_title("step", color=colours.second, size=9, pad=6, y=1.0)


def _recent(axes: Axes, content: Content, colours: Colours) -> None:
    recent = content.recent
    count = len(recent.loss) or len(recent.accuracy)
    _title(axes, f"Recent: the last {min(max(count, 1), RECENT_STEPS):,} recorded steps", colours)
    if not count:
        _say(axes, "Neither loss nor accuracy was recorded.", colours)
        return
    if not (np.isfinite(recent.loss).any() or np.isfinite(recent.accuracy).any()):
        _say(axes, "None of these values is a finite number.", colours)
        return
    if np.isfinite(recent.loss).any():
        _line(axes, recent.loss_steps, recent.loss, colours.blue, width=1.2)
        axes.set_ylabel("loss", color=colours.blue, size=10)
        axes.tick_params(axis="y", labelcolor=colours.blue)
    else:
        axes.set_yticks([])
    if not np.isfinite(recent.accuracy).any():
        return
    right = axes.twinx()
    _bare(right)
    _line(right, recent.accuracy_steps, recent.accuracy, colours.green, width=1.2)
    right.set_ylabel(_accuracy_words(content), color=colours.green, size=10)
    right.yaxis.set_major_formatter(Plain())
    right.tick_params(axis="y", labelcolor=colours.green, length=0, labelsize=10)
    # Each has half of the height and a little more, so that two noisy lines can be told apart.
    _room(axes, recent.loss, above=0.08, below=0.85)
    _room(right, recent.accuracy, above=0.85, below=0.08)


def _room(axes: Axes, values: Floats, *, above: float, below: float) -> None:
    """Limits around finite values, with room above and below as shares of their range."""
    finite = drawable(values[np.isfinite(values)])
    if not len(finite):
        return
    low, high = float(finite.min()), float(finite.max())
    span = (high - low) or max(abs(high), 1.0) * 0.1
    ticks = MaxNLocator(4).tick_values(low, high)
    axes.set_yticks([tick for tick in ticks if low - 0.04 * span <= tick <= high + 0.04 * span])  # none beyond the data
    axes.set_ylim(low - below * span, high + above * span)


# ---- strokes -------------------------------------------------------------------------------------------------------


def _title(axes: Axes, words: str, colours: Colours) -> None:
    axes.set_title(words, loc="left", size=12.5, color=colours.ink, pad=10, y=1.0)
    axes.set_facecolor(colours.raised)
    _bare(axes)
    axes.tick_params(length=0, labelsize=10, labelcolor=colours.second)
    axes.grid(True, color=colours.line, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(Plain())
    axes.yaxis.set_major_locator(MaxNLocator(5))  # a tick costs 2 ms: fewer than matplotlib would take
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: si(value)))
    axes.margins(x=0.02)


def _named(words: str, unit: str, curve: Curve | None) -> str:
    """A title; where another series stands in, its name, and that the one of the title was not recorded."""
    if curve is None or curve.key in PLAIN_KEYS:
        return words + unit
    percent = unit if unit == ", %" else ""
    return f"{shortened(curve.key)}{percent} (no {words.lower()} recorded)"


class Plain(Formatter):
    """Each tick as a number by itself, in as many digits as tell it from its neighbours: no power of ten in a corner,
    where it would lie on the title."""

    def __call__(self, value: float, pos: int | None = None) -> str:
        return f"{value:.4g}"

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        largest = max((abs(value) for value in values), default=0.0)
        gap = min((right - left for left, right in pairwise(sorted(values)) if right > left), default=largest)
        if not gap > 0:
            return [f"{value:.4g}" for value in values]
        digits = min(max(2, math.ceil(math.log10(largest / gap)) + 2), DIGITS_MAX)
        return [f"{0.0 if abs(value) < gap / 1000 else value:.{digits}g}" for value in values]


def _bare(axes: Axes) -> None:
    for side in axes.spines.values():
        side.set_visible(False)


def _curve(
    axes: Axes, curve: Curve, colour: str, average_colour: str, colours: Colours,
    place: Literal["upper right", "lower right"] = "upper right",
) -> None:  # fmt: skip
    """The line, the band between its extremes, its moving average, and a mark for each value that was no number."""
    points = curve.points
    if not points.is_exact:
        low, high = drawable(points.low), drawable(points.high)
        axes.fill_between(points.steps, low, high, color=colour, alpha=BAND_OPACITY, linewidth=0)
    is_noisy = bool(average_colour) and len(points) > 1
    _line(axes, points.steps, points.mean, colour, width=1.3, alpha=0.75 if is_noisy else 1.0)
    if is_noisy and np.isfinite(curve.average).any():
        axes.plot(
            points.steps, drawable(curve.average), color=average_colour, linestyle=(0, (4, 2)), linewidth=1.8,
            label=f"mean of the last {AVERAGE_STEPS}",
        )  # fmt: skip
        axes.legend(loc=place, frameon=False, fontsize=9.5, labelcolor=colours.second, handlelength=2.6)
    _mark(axes, "NaN", curve.nan, 0.03, "v", "none", colours)
    _mark(axes, "−Inf", curve.neginf, 0.03, "v", colours.critical, colours)
    _mark(axes, "+Inf", curve.posinf, 0.97, "^", "none", colours)


def _mark(axes: Axes, kind: str, steps: Ints, height: float, sign: str, face: str, colours: Colours) -> None:
    """Values that cannot be drawn stand on the edge of the panel, at their step."""
    if not len(steps):
        return
    axes.plot(
        steps, np.full(len(steps), height), linestyle="none", marker=sign, markersize=7, markerfacecolor=face,
        markeredgecolor=colours.critical, transform=axes.get_xaxis_transform(), clip_on=False, zorder=5,
    )  # fmt: skip
    shift = 9 if height < 0.5 else -16
    axes.annotate(
        kind, (float(steps[0]), height), xycoords=axes.get_xaxis_transform(), xytext=(0, shift), size=9, ha="center",
        textcoords="offset points", color=colours.critical,
    )  # fmt: skip


def _last(axes: Axes, words: str, colours: Colours) -> None:
    """The last value, at the right of the title."""
    axes.set_title(words, loc="right", size=12.5, color=colours.second, pad=10, y=1.0, family="monospace")


def _say(axes: Axes, words: str, colours: Colours) -> None:
    """An empty panel that says what would fill it."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", size=11, color=colours.second)


def _line(axes: Axes, steps: Ints, values: Floats, colour: str, *, width: float = 1.6, alpha: float = 1.0) -> None:
    """A line; with a dot at each point when there are few, so that one point is seen too."""
    marker = "o" if len(steps) <= DOTTED_BELOW else ""
    axes.plot(steps, drawable(values), color=colour, linewidth=width, alpha=alpha, marker=marker, markersize=4.0)


def drawable(values: Floats) -> Floats:
    """Values as matplotlib can take them: NaN where they are not finite, and no larger than it can subtract."""
    return np.clip(np.where(np.isfinite(values), values, np.nan), -LARGEST_DRAWN, LARGEST_DRAWN)


def si(value: float) -> str:
    """12,345 as 12.3k; four significant digits at most."""
    size = abs(value) if abs(value) < 1e15 else 0.0
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= unit:
            return f"{value / (1e3 if letter == 'k' else unit):.4g}{letter}"
    return f"{value:.4g}"

"""A figure: a pure function from recorded series to a Plotly figure, with what it needs and the choices it offers.

    @figure(id="loss_curves", title="Loss", family="loss", needs=Needs(series=("train/loss|loss",)),
            options={"y": ("linear", "log")}, absent="No loss was recorded.")
    def loss_curves(data: RunData, *, theme: Theme, y: str) -> Drawing: ...

`@comparison` declares one over many runs: its function takes a tuple of RunData. An option is a tuple of words, of
which the first is the default, or one of the classes of `options.py`. A module computes first (a dataclass that tests
look at), then draws it. The docstring is the figure's page. A module in `belvedere/figures/gallery/` is all it takes to
add one.
"""

import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import plotly.graph_objects as go

from belvedere.core.query import Needs
from belvedere.core.series import RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.options import Chosen, Option, SeriesName, as_option, chosen
from belvedere.figures.theme import LIGHT, SUBTITLE_COLUMNS, SUBTITLE_LINE_PX, TITLE_ROOM_PX, Theme

Origin = Literal["measured", "interpolated", "model", "decorative"]
Family = Literal[
    "loss", "gradients", "rewards", "stages", "attention", "representation", "evaluation", "efficiency", "landscape",
    "text", "runs",
]  # fmt: skip
EMPTY_COLUMNS = 72
HEADINGS = ("What it shows", "How to read it", "What it does not show")


@dataclass(frozen=True)
class Refused:
    """Nothing is drawn, because the data do not carry it: `reason` says why and what to do, in sentences."""

    reason: str


@dataclass(frozen=True)
class Drawn:
    """A figure with what has to be said about it: where its points come from, and notes such as what was left out."""

    figure: "go.Figure | Canvas"
    origin: Origin
    notes: tuple[str, ...] = ()


Drawing: TypeAlias = Drawn | Refused
# Given the chosen options, the entries that stand in the place of `Needs.media`: a figure of one key among many reads
# only that one.
MediaFor: TypeAlias = Callable[[Mapping[str, Chosen]], tuple[str, ...]]


@dataclass(frozen=True)
class Figure:
    """A figure that can be drawn of any run, or of any runs (`over` = "runs"). `absent` is said when what is needed is
    not there. A `scene` is three-dimensional; `twin` are the options with which it is drawn flat. `alone` are the
    choices of an option with which a comparison draws only the run that was asked for; `somewhere` is what one of the
    runs must have for a comparison to be offered."""

    id: str
    title: str
    needs: Needs
    options: Mapping[str, Option]
    absent: str
    family: Family
    over: Literal["run", "runs"]
    scene: bool
    twin: Mapping[str, str]
    draw: Callable[..., Drawing] = field(repr=False)
    page: str = field(repr=False)
    alone: Mapping[str, Sequence[str]] = field(default_factory=dict)
    somewhere: Needs = field(default_factory=Needs)
    media_for: MediaFor | None = field(default=None, repr=False)

    def is_alone(self, options: Mapping[str, object]) -> bool:
        """Whether these options draw one run, not a comparison."""
        picked = self.chosen(options)
        return self.over == "run" or any(picked[name] in choices for name, choices in self.alone.items())

    def __call__(
        self, data: RunData | Sequence[RunData], *, theme: Theme = LIGHT, **options: object
    ) -> Drawing:  # fmt: skip
        """Draw one run, or for a comparison a sequence of runs (one run counts as a sequence of one)."""
        given: object = data
        if self.over == "runs":
            given = (data,) if isinstance(data, RunData) else tuple(data)
        drawing = self.draw(given, theme=theme, **self.chosen(options))
        if isinstance(drawing, Drawn) and isinstance(drawing.figure, Canvas):
            return replace(drawing, figure=drawing.figure.to_figure())
        return drawing

    def chosen(self, options: Mapping[str, object]) -> dict[str, Chosen]:
        """Every option with the choice asked for or its default; UsageError for one that does not exist."""
        return chosen(self.id, self.options, options)

    def needs_with(self, options: Mapping[str, object]) -> Needs:
        """What is needed when these options are asked for: the series and values that they name."""
        picked = self.chosen(options)
        named = tuple(str(picked[name]) for name, option in self.options.items() if isinstance(option, SeriesName))
        media = self.media_for(picked) if self.media_for else self.needs.media
        return replace(self.needs, optional=(*self.needs.optional, *filter(None, named)), media=media)


def figure(
    *, id: str, title: str, needs: Needs, absent: str, options: Mapping[str, Option | Sequence[str]] | None = None,
    family: Family = "loss", scene: bool = False, twin: Mapping[str, str] | None = None,
    media_for: MediaFor | None = None,
) -> Callable[[Callable[..., Drawing]], Figure]:  # fmt: skip
    """Make a Figure of one run of the function below."""
    choices = {name: as_option(told) for name, told in (options or {}).items()}

    def declare(draw: Callable[..., Drawing]) -> Figure:
        page = inspect.getdoc(draw) or ""
        return Figure(
            id, title, needs, choices, absent, family, "run", scene, twin or {}, draw, page, media_for=media_for
        )

    return declare


def comparison(
    *, id: str, title: str, needs: Needs, absent: str, options: Mapping[str, Option | Sequence[str]] | None = None,
    family: Family = "runs", scene: bool = False, twin: Mapping[str, str] | None = None,
    alone: Mapping[str, Sequence[str]] | None = None, somewhere: Needs | None = None,
) -> Callable[[Callable[..., Drawing]], Figure]:  # fmt: skip
    """Make a Figure over many runs of the function below; it is given those runs that have all that is required, the
    one that was asked for first."""
    choices = {name: as_option(told) for name, told in (options or {}).items()}

    def declare(draw: Callable[..., Drawing]) -> Figure:
        page = inspect.getdoc(draw) or ""
        return Figure(
            id, title, needs, choices, absent, family, "runs", scene, twin or {}, draw, page, alone or {},
            somewhere=somewhere or Needs(),
        )  # fmt: skip

    return declare


def titled(drawn: Drawn, *, title: str, id: str, run_name: str) -> go.Figure:
    """The figure with its title and, under it, its origin and notes; `layout.meta` carries them for other readers."""
    paragraphs = [f"{drawn.origin} · {drawn.notes[0]}" if drawn.notes else drawn.origin, *drawn.notes[1:]]
    meta = {"id": id, "title": title, "run": run_name, "origin": drawn.origin, "notes": list(drawn.notes)}
    return _headed(drawn.figure, title, paragraphs, meta)


def empty(*, title: str, id: str, run_name: str, reason: str, theme: Theme) -> go.Figure:
    """An empty axis that says what is missing; `layout.meta["missing"]` carries the sentence."""
    drawn = go.Figure()
    axis = {"showticklabels": False, "showgrid": False, "range": [0, 1], "fixedrange": True}
    words = "<br>".join(textwrap.wrap(reason, EMPTY_COLUMNS))
    note = {"text": words, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}
    drawn.update_layout(
        xaxis=axis | {"showline": True}, yaxis=axis | {"showline": True},
        annotations=[note | {"font": {"color": theme.second}, "align": "center"}],
    )  # fmt: skip
    meta = {"id": id, "title": title, "run": run_name, "origin": "none", "notes": [], "missing": reason}
    return _headed(drawn, title, [], meta)


def _headed(drawn: go.Figure, title: str, paragraphs: Sequence[str], meta: Mapping[str, object]) -> go.Figure:
    lines = [line for paragraph in paragraphs for line in textwrap.wrap(paragraph, SUBTITLE_COLUMNS)]
    told = drawn.layout.meta if isinstance(drawn.layout.meta, dict) else {}
    room = {"t": TITLE_ROOM_PX + SUBTITLE_LINE_PX * len(lines)}
    words = {"text": title, "subtitle": {"text": "<br>".join(lines)}} if lines else {"text": title}
    drawn.update_layout(margin=room, title=words, meta={**told, **meta})
    return drawn

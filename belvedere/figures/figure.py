"""A figure: a pure function from recorded series to a Plotly figure, with what it needs and the choices it offers.

    @figure(id="loss_curves", title="Loss", needs=Needs(series=("train/loss|loss",)), options={"y": ("linear", "log")},
            absent="No loss was recorded.")
    def loss_curves(data: RunData, *, theme: Theme, y: str) -> Drawing: ...

The first choice of an option is its default. A module computes first (a dataclass that tests look at), then draws it.
The docstring is the figure's page. A module in `belvedere/figures/gallery/` is all it takes to add one.
"""

import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import plotly.graph_objects as go

from belvedere.core.errors import UsageError
from belvedere.core.query import Needs
from belvedere.core.series import RunData
from belvedere.figures.theme import LIGHT, SUBTITLE_COLUMNS, SUBTITLE_LINE_PX, TITLE_ROOM_PX, Theme

Origin = Literal["measured", "interpolated", "model"]
HEADINGS = ("What it shows", "How to read it", "What it does not show")


@dataclass(frozen=True)
class Refused:
    """Nothing is drawn, because the data do not carry it: `reason` says why and what to do, in sentences."""

    reason: str


@dataclass(frozen=True)
class Drawn:
    """A figure with what has to be said about it: where its points come from, and notes such as what was left out."""

    figure: go.Figure
    origin: Origin
    notes: tuple[str, ...] = ()


Drawing: TypeAlias = Drawn | Refused


@dataclass(frozen=True)
class Figure:
    """A figure that can be drawn of any run. `absent` is said when the run lacks what is needed."""

    id: str
    title: str
    needs: Needs
    options: Mapping[str, tuple[str, ...]]
    absent: str
    draw: Callable[..., Drawing] = field(repr=False)
    page: str = field(repr=False)

    def __call__(self, data: RunData, *, theme: Theme = LIGHT, **options: str) -> Drawing:
        return self.draw(data, theme=theme, **self.chosen(options))

    def chosen(self, options: Mapping[str, str]) -> dict[str, str]:
        """Every option with the choice asked for or its first; UsageError for one that does not exist."""
        for name, choice in options.items():
            if name not in self.options:
                known = ", ".join(self.options) or "none"
                raise UsageError(f"figure {self.id} has no option {name!r}; it has: {known}")
            if choice not in self.options[name]:
                choices = ", ".join(self.options[name])
                raise UsageError(f"figure {self.id} cannot be drawn with {name}={choice!r}; choose one of: {choices}")
        return {name: options.get(name, choices[0]) for name, choices in self.options.items()}


def figure(
    *, id: str, title: str, needs: Needs, absent: str, options: Mapping[str, Sequence[str]] | None = None
) -> Callable[[Callable[..., Drawing]], Figure]:
    """Make a Figure of the function below."""
    choices = {name: tuple(values) for name, values in (options or {}).items()}

    def declare(draw: Callable[..., Drawing]) -> Figure:
        return Figure(id, title, needs, choices, absent, draw, inspect.getdoc(draw) or "")

    return declare


def titled(drawn: Drawn, *, title: str, id: str, run_name: str) -> go.Figure:
    """The figure with its title and, under it, its origin and notes; `layout.meta` carries them for other readers."""
    paragraphs = [f"{drawn.origin} · {drawn.notes[0]}" if drawn.notes else drawn.origin, *drawn.notes[1:]]
    lines = [line for paragraph in paragraphs for line in textwrap.wrap(paragraph, SUBTITLE_COLUMNS)]
    meta = {"id": id, "title": title, "run": run_name, "origin": drawn.origin, "notes": list(drawn.notes)}
    room = {"t": TITLE_ROOM_PX + SUBTITLE_LINE_PX * len(lines)}
    drawn.figure.update_layout(margin=room, title={"text": title, "subtitle": {"text": "<br>".join(lines)}}, meta=meta)
    return drawn.figure

"""From a run to a figure, and from a figure to JSON or one HTML file."""

import difflib
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
import plotly.graph_objects as go

from belvedere.analysis.readable import Readable, Sociable, missing
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.query import Needs
from belvedere.core.registry import discover
from belvedere.core.series import RunData
from belvedere.figures.figure import Drawing, Figure, Refused, empty, titled
from belvedere.figures.moving import with_slider
from belvedere.figures.theme import THEMES, Theme, template

ASKED_RUNS = 8  # of those a comparison could be drawn over, before saying that none has what it needs
PAGE_CONFIG = {"responsive": True, "displaylogo": False}


@dataclass(frozen=True)
class Availability:
    """Whether a run has what a figure needs; `reason` is "" or says what is missing and what to do."""

    figure: Figure
    ready: bool
    reason: str


@functools.cache  # looking through the installed packages takes longer than drawing
def all_figures() -> tuple[Figure, ...]:
    """Every figure of the gallery and of the entry-point group `belvedere.figures`."""
    return tuple(discover("belvedere.figures.gallery", Figure, "belvedere.figures"))


def available(source: Readable | Sequence[Readable]) -> list[Availability]:
    """Every figure, with whether this run (or, for comparisons, one of the runs it belongs with) can fill it."""
    rows = []
    meant: dict[tuple[str, bool], Sequence[Readable]] = {}
    for figure in all_figures():
        kind = figure.over, figure.is_alone({})
        if kind not in meant:
            meant[kind] = _meant(figure, source, {})[:ASKED_RUNS]
        runs = meant[kind]
        reasons = [run.lacks(figure.needs) or run.lacks(figure.somewhere) for run in runs]
        ready = not all(reasons)
        rows.append(
            Availability(figure, ready, "" if ready else f"{figure.absent} ({reasons[0] if reasons else 'no runs'})")
        )
    return rows


def render(
    figure_id: str, source: Readable | Sequence[Readable], *, theme: str = "light", **options: object
) -> go.Figure:
    """A figure of a run, or of several. A comparison of one run is drawn over the runs it belongs with. What the runs
    do not carry is an empty axis that says so, also in `layout.meta["missing"]`."""
    if theme not in THEMES:
        raise UsageError(f"no theme {theme!r}; choose one of: {', '.join(THEMES)}")
    figure = find(figure_id)
    runs, reason = _read(figure, _meant(figure, source, options), figure.needs_with(options))
    drawing = Refused(reason) if reason else _drawing(figure, runs, THEMES[theme], options)
    name = _name(figure, runs)
    if isinstance(drawing, Refused):
        drawn = empty(title=figure.title, id=figure.id, run_name=name, reason=drawing.reason, theme=THEMES[theme])
    else:
        drawn = titled(drawing, title=figure.title, id=figure.id, run_name=name)
    drawn.update_layout(template=template(THEMES[theme]))
    return drawn


def missing_in(drawn: go.Figure) -> str:
    """Why a rendered figure is an empty axis; "" when it is not."""
    told = drawn.layout.meta
    return str(told.get("missing", "")) if isinstance(told, dict) else ""


def find(figure_id: str) -> Figure:
    """The figure of that id; NotFound names the closest ones."""
    figures = {figure.id: figure for figure in all_figures()}
    if figure_id not in figures:
        close = difflib.get_close_matches(figure_id, figures) or sorted(figures)
        raise NotFound(f"no figure {figure_id!r}; there is: {', '.join(close)}")
    return figures[figure_id]


def to_json(figure: go.Figure) -> bytes:
    """Plotly JSON `{"data", "layout", "meta"}`; arrays are base64 of their own dtype, so float32 stays four bytes."""
    content = figure.to_dict()
    content["meta"] = content["layout"].get("meta", {})
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)


def to_html(figure: go.Figure, path: Path) -> Path:
    """One HTML file that holds everything it needs and fills its window; what moves with the step has a slider."""
    path.write_text(html(figure), encoding="utf-8")
    return path


def html(figure: go.Figure) -> str:
    """The figure as one page without any other file or network."""
    page: str = with_slider(figure).to_html(
        auto_play=False, include_plotlyjs=True, full_html=True, config=PAGE_CONFIG, default_height="100vh"
    )
    ground = figure.layout.template.layout.paper_bgcolor or "#FFFFFF"
    style = f"<style>html,body{{margin:0;height:100%;background:{ground}}}</style>"
    return page.replace("<head>", f"<head>{style}", 1)


def _read(figure: Figure, runs: Sequence[Readable], needs: Needs) -> tuple[tuple[RunData, ...], str]:
    """The runs that carry what is needed, and why there are none. For a figure of one run, that run."""
    found = [run.data(needs) for run in runs]
    absences = [missing(needs, data) for data in found]
    kept = tuple(data for data, absent in zip(found, absences) if not absent)
    if kept:
        return kept, ""
    return tuple(found), f"{figure.absent} ({absences[0] if absences else 'no runs'})"


def _meant(
    figure: Figure, source: Readable | Sequence[Readable], options: Mapping[str, object]
) -> Sequence[Readable]:  # fmt: skip
    """The runs a figure is about; of a comparison over the fellows of a run, that run comes first."""
    if isinstance(source, Sequence):
        if figure.over == "run" and len(source) != 1:
            raise UsageError(f"figure {figure.id} draws one run, got {len(source)}; name the run")
        return source
    if figure.is_alone(options) or not isinstance(source, Sociable):
        return [source]
    return source.fellows()


def _drawing(figure: Figure, runs: tuple[RunData, ...], theme: Theme, options: Mapping[str, object]) -> Drawing:
    return figure(runs if figure.over == "runs" else runs[0], theme=theme, **options)


def _name(figure: Figure, runs: tuple[RunData, ...]) -> str:
    if figure.over == "run" or len(runs) == 1:
        return (runs[0].name or runs[0].run_id) if runs else ""
    return f"{len(runs)} runs"

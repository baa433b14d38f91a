"""From a run to a figure, and from a figure to JSON or one HTML file."""

import difflib
from dataclasses import dataclass
from pathlib import Path

import orjson
import plotly.graph_objects as go

from belvedere.analysis.readable import Readable, missing
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.registry import discover
from belvedere.figures.figure import Figure, Refused, titled
from belvedere.figures.theme import THEMES, template

PAGE_CONFIG = {"responsive": True, "displaylogo": False}


@dataclass(frozen=True)
class Availability:
    """Whether a run has what a figure needs; `reason` is "" or says what is missing and what to do."""

    id: str
    title: str
    ready: bool
    reason: str
    options: dict[str, tuple[str, ...]]


def all_figures() -> list[Figure]:
    """Every figure of the gallery and of the entry-point group `belvedere.figures`."""
    return discover("belvedere.figures.gallery", Figure, "belvedere.figures")


def available(run: Readable) -> list[Availability]:
    """Every figure, with whether this run can fill it."""
    rows = []
    for figure in all_figures():
        reason = _absence(figure, missing(figure.needs, run.data(figure.needs)))
        rows.append(Availability(figure.id, figure.title, not reason, reason, dict(figure.options)))
    return rows


def render(figure_id: str, run: Readable, *, theme: str = "light", **options: str) -> go.Figure:
    """A figure of a run; NotFound with the reason if the run does not carry it."""
    if theme not in THEMES:
        raise UsageError(f"no theme {theme!r}; choose one of: {', '.join(THEMES)}")
    figure = find(figure_id)
    data = run.data(figure.needs)
    if reason := _absence(figure, missing(figure.needs, data)):
        raise NotFound(reason)
    drawing = figure(data, theme=THEMES[theme], **options)
    if isinstance(drawing, Refused):
        raise NotFound(drawing.reason)
    drawn = titled(drawing, title=figure.title, id=figure.id, run_name=data.name or data.run_id)
    drawn.update_layout(template=template(THEMES[theme]))
    return drawn


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
    """One HTML file that holds everything it needs and fills its window."""
    page = figure.to_html(include_plotlyjs=True, full_html=True, config=PAGE_CONFIG, default_height="100vh")
    ground = figure.layout.template.layout.paper_bgcolor or "#FFFFFF"
    style = f"<style>html,body{{margin:0;height:100%;background:{ground}}}</style>"
    path.write_text(page.replace("<head>", f"<head>{style}", 1), encoding="utf-8")
    return path


def _absence(figure: Figure, absent: str) -> str:
    return f"{figure.absent} ({absent})" if absent else ""

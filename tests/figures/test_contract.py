"""What every figure keeps to, whoever wrote it."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import orjson
import plotly.graph_objects as go
import pytest
from numpy.typing import NDArray

from belvedere.analysis import projection
from belvedere.analysis.readable import Held
from belvedere.core.query import Needs
from belvedere.core.series import RunData, Stage
from belvedere.figures.figure import HEADINGS, Drawn, Figure, Refused, titled
from belvedere.figures.options import Choice
from belvedere.figures.render import all_figures, missing_in, render, to_json
from belvedere.figures.theme import DARK, LIGHT
from tests.analysis.runs import INF, LONG, NAN, run_data, series, vectors
from tests.figures.logged import media_of

FIGURES = all_figures()
Rows = NDArray[np.float64]
NAMES = (LONG, LONG + "1", "<b>bold</b>")
VALUES = {
    "one point": [1.0],
    "one NaN": [NAN],
    "NaN only": [NAN] * 10,
    "zeros": [0.0] * 10,
    "mixed": [1.0, NAN, INF, -INF, 0.0, 2.0],
    "negative": [-1.0, -2.0, -3.0, -1.5, -2.5],
    "huge": [1e300, 1e302, 1e299, 2e302],  # more than four bytes hold
    "tiny": [1e-300, 5e-324, 1e-310, 1e-299],
    "many": [1.0 + 0.001 * step for step in range(2500)],
}


def run_of(figure: Figure, values: list[float]) -> RunData:
    """A run that has all a figure asks for, every series holding the same values."""
    needs = figure.needs_with({})
    wanted = [entry.split("|")[0].replace("*", LONG) for entry in (*needs.series, *needs.optional)]
    rows = [value for value in values if not 1e38 < abs(value) < INF] or [1.0]  # vectors and media keep four bytes
    families = {
        family: vectors(family, [[value] * len(NAMES) for value in rows], NAMES)
        for family in (entry.split("|")[0] for entry in needs.vectors)
    }
    media = {
        key: media_of(kind, key, rows)
        for kind, _, key in (entry.split("|")[0].partition(":") for entry in (*needs.media, *needs.optional_media))
    }
    stages = (Stage("pretrain", 0, 0.0), Stage(LONG, 3, 3.0))
    return RunData(
        LONG, name=LONG, series={key: series(key, values) for key in wanted}, vectors=families, stages=stages,
        media={key.replace("*", LONG): found for key, found in media.items()},
    )  # fmt: skip


def choices(figure: Figure) -> list[dict[str, str]]:
    """Every combination of words that an option of the figure can be; numbers and names keep their defaults."""
    told = {name: option.choices for name, option in figure.options.items() if isinstance(option, Choice)}
    return [dict(zip(told, chosen)) for chosen in itertools.product(*told.values())]


def broken_words(told: str) -> str:
    """What is wrong with a sentence under a title or on an empty axis; "" if nothing is."""
    if not told.endswith("."):
        return f"no full stop: {told}"
    found = re.search(r"(?<![\d.,])1 (?!class\b|loss\b|ms\b)[a-z]+s\b|\b(nan|inf)\b|[^ ]\|[^ ]", told)
    return f"{found[0]!r} in: {told}" if found else ""


def test_ids_differ() -> None:
    assert len({figure.id for figure in FIGURES}) == len(FIGURES)


@pytest.fixture(autouse=True, scope="module")
def one_map_of_the_same_rows() -> Iterator[None]:
    """t-SNE of the same rows is the same map each time and takes half a second, so every option shares one."""
    fit, maps = projection._tsne, dict[tuple[bytes, int], Rows]()

    def known(rows: Rows, dimensions: int) -> Rows:
        key = rows.tobytes(), dimensions
        if key not in maps:
            maps[key] = fit(rows, dimensions)
        return maps[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projection, "_tsne", known)
        yield


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.id)
class TestEveryFigure:
    def test_its_page_says_what_it_shows_and_how_to_read_it(self, figure: Figure) -> None:
        assert [heading for heading in HEADINGS if f"{heading}:" not in figure.page] == []

    def test_it_declares_what_it_needs(self, figure: Figure) -> None:
        assert figure.needs_with({}) != Needs() or figure.over == "runs"
        assert figure.absent.endswith(".")
        assert not figure.scene or figure.twin

    def test_an_empty_run_is_told_what_is_missing(self, figure: Figure) -> None:
        drawn = render(figure.id, Held(run_data()))
        is_required = figure.needs != replace(Needs(), optional=figure.needs.optional)
        assert not is_required or missing_in(drawn).startswith(figure.absent)
        assert missing_in(drawn)
        assert drawn.layout.annotations and not drawn.data

    @pytest.mark.parametrize("case", VALUES)
    def test_every_choice_draws_or_says_why_not(self, figure: Figure, case: str) -> None:
        data = run_of(figure, VALUES[case])
        for options, theme in itertools.product(choices(figure), (LIGHT, DARK)):
            drawing = figure(data, theme=theme, **options)
            if isinstance(drawing, Refused):
                assert broken_words(drawing.reason) == ""
                continue
            assert isinstance(drawing, Drawn)
            assert [broken_words(f"{note}.") for note in drawing.notes if broken_words(f"{note}.")] == []
            sent = orjson.loads(to_json(titled(drawing, title=figure.title, id=figure.id, run_name="run")))
            assert sent["meta"]["origin"] in ("measured", "interpolated", "model", "decorative")
            if case == "many":  # a Canvas is not checked while it is made
                go.Figure({name: sent[name] for name in ("data", "layout", "frames") if name in sent})

    def test_runs_that_have_little_in_common_are_drawn_or_refused(self, figure: Figure) -> None:
        if figure.over == "run":
            return
        few, many = run_of(figure, [1.0, 2.0]), run_of(figure, [1.0, NAN, 0.5, INF])
        runs = (
            replace(many, run_id="a", config={"depth": 2, "lr": 0.1, "deep": {"name": LONG}}),
            replace(few, run_id="b", config={"depth": 4, "lr": 0.2, "<b>": [1]}, summary={"val/accuracy": 0.5}),
            replace(few, run_id="c", config={"depth": NAN, "other": None}, stages=()),
        )
        for chosen, options in itertools.product(((), runs[:2], runs), choices(figure)):
            drawing = figure(chosen, theme=DARK, **options)
            if isinstance(drawing, Refused):
                assert drawing.reason.endswith(".")
                continue
            assert to_json(titled(drawing, title=figure.title, id=figure.id, run_name="3 runs"))

    def test_it_draws_the_same_twice_and_leaves_its_input_alone(self, figure: Figure) -> None:
        run = Held(run_of(figure, VALUES["many"]))  # its arrays refuse to be written to
        assert to_json(render(figure.id, run)) == to_json(render(figure.id, run))

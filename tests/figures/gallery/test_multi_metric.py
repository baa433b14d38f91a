"""Scores that were measured together, under the names of the field or whatever there is."""

import numpy as np

from belvedere.core.series import RunData, Stage
from belvedere.figures.figure import Drawing, Drawn, Refused
from belvedere.figures.gallery.multi_metric import AXES, chosen_keys, multi_metric
from tests.analysis.runs import NAN, float32, series


def run_of(stage: str, **scores: list[float]) -> RunData:
    found = {f"evaluation/{name}": series(f"evaluation/{name}", values) for name, values in scores.items()}
    return RunData(stage, name=stage, series=found, stages=(Stage(stage, 0, 0.0),))


def drawn(drawing: Drawing) -> Drawn:
    assert isinstance(drawing, Drawn)
    return drawing


def test_the_names_of_the_field_come_first_and_others_fill_up() -> None:
    known = run_of("sft", humaneval=[0.1], gsm8k_normalized=[0.1], arc_easy=[0.1], mmlu=[0.1], other=[0.1])
    names = ("mmlu", "arc_easy", "gsm8k_normalized", "humaneval")
    assert chosen_keys([known], tuple(AXES.values())) == tuple(f"evaluation/{name}" for name in names)
    assert chosen_keys([run_of("sft", a=[0.1], b=[0.1])], tuple(AXES.values())) == ("evaluation/a", "evaluation/b")


def test_the_bounds_of_a_score_are_no_scores() -> None:
    logged = {"a": [0.1], "a/low": [0.0], "a/high": [0.2], "b": [0.1], "c/low": [0.1]}
    names = chosen_keys([run_of("sft", **logged)], tuple(AXES.values()))
    assert names == ("evaluation/a", "evaluation/b", "evaluation/c/low")  # the bound of nothing is a score


def test_a_point_takes_all_three_and_the_fourth_is_its_size() -> None:
    run = run_of("sft", a=[0.1, 0.2, NAN], b=[0.3, 0.4, 0.5], c=[0.5, 0.6, 0.7], d=[NAN, 0.25, 0.9])
    drawing = drawn(multi_metric(run))
    _, filled, hollow = drawing.figure.data
    np.testing.assert_array_equal([filled.x, filled.y, filled.z], float32([[0.2], [0.4], [0.6]]))
    assert (filled.marker.size.tolist(), filled.marker.symbol) == ([14.0], "square")
    assert (hollow.x.tolist(), hollow.marker.symbol) == (float32([0.1]).tolist(), "square-open")
    assert drawing.notes == ("2 evaluations of 1 run, size: evaluation/d", "1 have no evaluation/d, hollow.")


def test_runs_that_never_measured_all_three_are_counted() -> None:
    drawing = drawn(multi_metric((run_of("sft", a=[0.1], b=[0.2], c=[0.3]), run_of("rl", a=[0.1])), view="flat"))
    (line,) = drawing.figure.data
    assert (line.x, line.y.tolist()) == (("evaluation/a", "evaluation/b", "evaluation/c"), [0.1, 0.2, 0.3])
    assert drawing.notes[-1] == "Left out, never measured all three: 1 of 2 runs."


def test_two_scores_or_none_together_are_refused() -> None:
    refused = multi_metric(run_of("sft", a=[0.1], b=[0.2]))
    assert isinstance(refused, Refused)
    assert refused.reason.startswith(
        "There are 2 different scores (evaluation/a, evaluation/b); the figure takes three."
    )
    apart = multi_metric(run_of("sft", a=[0.1], b=[NAN], c=[0.3]))
    assert isinstance(apart, Refused)
    assert apart.reason.startswith("No step has a finite evaluation/a, evaluation/b, evaluation/c together.")

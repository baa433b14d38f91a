"""Components of the loss, the over-fitting gap, two axes and correlations over runs."""

import numpy as np
import pytest

from belvedere.core.series import RunData
from belvedere.figures.figure import Drawn, Refused
from belvedere.figures.gallery.correlation import correlation, correlation_of
from belvedere.figures.gallery.dual_axis import dual_axis
from belvedere.figures.gallery.loss_components import components_of, loss_components
from belvedere.figures.gallery.overfitting_gap import gap_of
from tests.analysis.runs import NAN, run_data, series


def test_components_are_stacked_at_the_steps_that_all_have() -> None:
    found = components_of([series("loss/a", [1.0, 2.0, 3.0]), series("loss/b", [4.0, NAN, 6.0, 7.0])])
    assert found.keys == ("loss/a", "loss/b") and found.steps.tolist() == [0, 2]
    assert found.values.tolist() == [[1.0, 3.0], [4.0, 6.0]]


def test_a_negative_component_is_said_and_not_stacked() -> None:
    parts = {"loss/a": [1.0, 1.0], "loss/b": [3.0, 3.0], "loss/elbo": [-1.0, 2.0], "loss/total": [9.0, 9.0]}
    drawn = loss_components(run_data(parts), view="shares")
    assert isinstance(drawn, Drawn)
    shares = {trace.name: np.asarray(trace.y).tolist() for trace in drawn.figure.data}
    assert shares == {"loss/a": [25.0, 25.0], "loss/b": [75.0, 75.0]}
    assert drawn.notes[1] == "Not stacked, because sometimes negative: loss/elbo."


def test_a_component_that_drowns_the_others_is_named() -> None:
    drawn = loss_components(run_data({"loss_image": [9.0, 9.0], "loss_caption": [1.0, 1.0]}))
    assert isinstance(drawn, Drawn)
    assert drawn.notes[-1] == "loss_image is 90 % of the loss in the median: it drowns the others."


def test_the_gap_is_validation_minus_the_training_since_the_last_evaluation() -> None:
    train = series("train/loss", [4.0, 4.0, 2.0, 2.0])
    found = gap_of(train, series("val/loss", [4.5, 2.75, NAN], steps=[1, 3, 5]))
    assert found.steps.tolist() == [1, 3] and found.gap.tolist() == [0.5, 0.75]
    assert found.half_width.tolist() == [0.0, 0.0]  # the losses of a stretch are equal


def test_the_band_has_the_width_of_the_standard_error() -> None:
    noise = np.random.default_rng(3).standard_normal(1600)
    found = gap_of(series("train/loss", noise.tolist()), series("val/loss", [0.0], steps=[1599]))
    assert found.half_width[0] == pytest.approx(1.96 / np.sqrt(1600), rel=0.3)


def test_the_turn_is_the_lowest_validation_before_it_rises_for_good() -> None:
    validation = [3.0, 2.5, 2.0, 1.8, 2.0, 2.2, 2.4, 2.6]
    steps = list(range(10, 90, 10))
    train = series("train/loss", np.linspace(3.0, 0.5, 90).tolist())
    assert gap_of(train, series("val/loss", validation, steps=steps)).turns_at == 40
    assert gap_of(train, series("val/loss", sorted(validation, reverse=True), steps=steps)).turns_at is None


def test_two_axes_never_show_the_same_series_twice() -> None:
    drawn = dual_axis(run_data({"loss": [1.0, 2.0, 3.0], "grad/norm": [3.0, 2.0, 1.0]}))
    assert isinstance(drawn, Drawn)
    assert [trace.yaxis for trace in drawn.figure.data] == ["y", "y2"]
    assert drawn.notes[-1] == "Correlation over 3 common steps: -1.00."
    alone = dual_axis(run_data({"loss": [1.0]}))
    assert isinstance(alone, Refused) and alone.reason.endswith("Name one with right=.")


def test_ranks_tell_a_monotone_relation_from_a_straight_one() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    found = correlation_of(x, x**5)
    assert found.spearman == pytest.approx(1.0) and found.pearson < 0.95
    assert found.low == pytest.approx(1.0) and found.high == pytest.approx(1.0)
    ties = correlation_of(np.array([1.0, 1.0, 2.0]), np.array([1.0, 2.0, 2.0]))
    assert ties.spearman == pytest.approx(0.5) and np.isnan(ties.low)
    assert np.isnan(correlation_of(np.ones(6), x).spearman)


def test_runs_without_a_value_are_counted_not_placed_at_zero() -> None:
    runs = [RunData(f"r{i}", config={"lr": 10.0**-i, "depth": i % 2}, summary={"val/loss": i}) for i in range(3)]
    drawn = correlation([*runs, RunData("broken", config={"lr": 1.0})])
    assert isinstance(drawn, Drawn)
    assert drawn.figure.data[0].x.tolist() == [1.0, 0.1, 0.01]
    assert drawn.figure.layout.xaxis.type == "log"
    assert drawn.notes[-1] == "Left out for want of one of the values: 1 run."
    assert "Fewer than 5 runs" in drawn.notes[-2]
    assert isinstance(correlation(()), Refused)


def test_the_steps_behind_the_means_of_components_are_counted() -> None:
    drawn = loss_components(run_data({"loss/a": [1.0] * 2500, "loss/b": [1.5] * 2500}))
    assert isinstance(drawn, Drawn)
    assert drawn.notes[0] == "2 components at 2,500 common steps, each point the mean of up to 3 steps"


def test_ticks_of_a_logarithmic_axis_do_not_collide() -> None:
    runs = tuple(
        RunData(name, config={"lr": rate}, summary={"val/loss": 1.0}) for name, rate in (("a", 1e-3), ("b", 0.064))
    )
    drawn = correlation(runs, x="lr", y="val/loss")
    assert isinstance(drawn, Drawn)
    assert (drawn.figure.layout.xaxis["type"], drawn.figure.layout.xaxis["dtick"]) == ("log", "D2")

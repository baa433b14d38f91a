"""The loss over step and rate: a curve, rows of a sweep, and counterfactual steps."""

import numpy as np

from belvedere.analysis.loss_sheets import PROBED_MAX, filled_inside, probes, sweep, trail, windows
from belvedere.core.series import RunData
from tests.analysis.runs import INF, NAN, series


def run_of(losses: list[float], rates: list[float], steps: list[int] | None = None) -> RunData:
    return RunData("r", series={"loss": series("loss", losses, steps), "lr": series("lr", rates, steps)})


def test_a_trail_has_the_rate_known_at_each_step() -> None:
    run = RunData("r", series={"loss": series("loss", [3.0, 2.0, INF, 1.0]), "lr": series("lr", [0.1, 0.2], [1, 3])})
    found = trail(run)
    np.testing.assert_array_equal(found.rates, [NAN, 0.1, 0.1, 0.2])
    np.testing.assert_array_equal(found.losses, [3.0, 2.0, NAN, 1.0])
    assert (found.most, found.nonfinite) == (1, 1)


def test_a_sweep_has_a_row_for_each_rate_and_nothing_after_the_end_of_a_run() -> None:
    fast, slow = run_of([4.0, 2.0], [0.1, 0.1], [0, 1]), run_of([4.0, 3.0, 2.0, 1.0], [0.0, 0.01, 0.01, 0.0])
    found = sweep([fast, slow], bins=4)
    np.testing.assert_array_equal(found.rates, [0.01, 0.1])
    np.testing.assert_array_equal(found.losses, [[4, 3, 2, 1], [4, 2, NAN, NAN]])
    np.testing.assert_array_equal(found.steps, [0, 1, 2, 3])  # a stretch of one step stands at that step
    assert (found.runs, found.asked) == ((1, 1), 1)


def test_runs_of_the_same_rate_are_averaged() -> None:
    found = sweep(
        [run_of([4.0, 2.0], [0.1, 0.1]), run_of([2.0, 1.0], [0.1, 0.1 + 1e-9]), run_of([1.0, NAN], [0.0, 0.0])]
    )
    np.testing.assert_array_equal(found.losses, [[3.0, 1.5]])
    assert found.runs == (2,)


def test_gaps_are_filled_inside_a_row_only() -> None:
    rows = np.array([[NAN, 1.0, NAN, 3.0, NAN]])
    np.testing.assert_array_equal(filled_inside(rows), [[NAN, 1.0, 2.0, 3.0, NAN]])
    assert np.isnan(rows[0, 2])


def test_probes_stand_where_they_were_measured() -> None:
    run = RunData(
        "r",
        series={
            "probe/loss@2x": series("", [3.0, 2.0], [0, 10]),
            "probe/loss@0.5x": series("", [INF, 1.0], [10, 20]),
            "probe/loss@0x": series("", [4.0], [0]),
            "probe/lr": series("", [0.1, 0.2, 0.3], [0, 10, 20]),
        },
    )
    found = probes(run)
    assert found is not None
    np.testing.assert_array_equal(found.steps, [0, 10, 20])
    np.testing.assert_array_equal(found.multiples, [0.5, 2])
    np.testing.assert_array_equal(found.losses, [[NAN, NAN, 1], [3, 2, NAN]])
    np.testing.assert_array_equal(found.before, [4, NAN, NAN])
    np.testing.assert_array_equal(found.rates, [0.1, 0.2, 0.3])


def test_without_a_trial_step_there_are_no_probes() -> None:
    assert probes(RunData("r", series={"probe/loss@0x": series("", [4.0])})) is None


def test_fifty_steps_give_two_windows_and_the_last_one_ends_with_the_curve() -> None:
    found = trail(run_of([1.0] * 50, [0.1] * 50))
    places = windows(found, 50)
    assert places[:, [0, -1]].tolist() == [[0, 39], [10, 49]]
    longer = windows(trail(run_of([1.0] * 130, [0.1] * 130)), 50)
    assert longer[:, 0].tolist() == [0, 12, 24, 36, 48, 60, 72, 80]


def test_of_many_probed_steps_evenly_chosen_ones_are_kept_and_all_are_counted() -> None:
    found = probes(RunData("r", series={"probe/loss@2x": series("probe/loss@2x", [1.0] * 5000)}))
    assert found is not None
    assert (len(found.steps), found.probed) == (PROBED_MAX, 5000)
    assert (found.steps[0], found.steps[-1]) == (0, 4999)

"""Step time, throughput, MFU, learning rate and ranks: the numbers under their titles."""

import numpy as np
import pytest

from belvedere.core.series import RunData
from belvedere.figures.figure import Drawn, Refused
from belvedere.figures.gallery.hardware_efficiency import hardware_efficiency
from belvedere.figures.gallery.learning_rate import Schedule, learning_rate, schedule_of
from belvedere.figures.gallery.mfu import in_percent, mfu
from belvedere.figures.gallery.overfitting_gap import overfitting_gap
from belvedere.figures.gallery.rank_spread import rank_spread, spread_of
from belvedere.figures.gallery.step_time import step_time, step_times
from belvedere.figures.gallery.throughput import throughput
from tests.analysis.runs import INF, NAN, run_data, series


def test_the_peak_of_a_schedule_is_found_with_both_its_ends() -> None:
    rates = series("lr", [0.0, 0.5, 1.0, 1.0, 1.0, 0.5, 0.1])
    assert schedule_of(rates) == Schedule(1.0, warm_up_ends=2, decay_begins=4)
    assert schedule_of(series("lr", [0.1, 0.1, 0.1])) == Schedule(0.1, None, None)
    assert schedule_of(series("lr", [0.0, NAN])) is None


def test_a_share_of_one_is_shown_in_per_cent_and_per_cent_stays() -> None:
    shown, is_share = in_percent(series("train/mfu", [0.3, 0.4]))
    assert is_share and shown.values.tolist() == [30.0, 40.0]
    shown, is_share = in_percent(series("train/mfu", [30.0, 40.0]))
    assert not is_share and shown.values.tolist() == [30.0, 40.0]
    assert not in_percent(series("efficiency/mfu_percent", [0.9, 0.8]))[1]
    drawn = mfu(run_data({"train/mfu": [0.3, NAN, 0.4]}))
    assert isinstance(drawn, Drawn)
    np.testing.assert_allclose(drawn.figure.data[0].y, [30.0, np.nan, 40.0], rtol=1e-6)


def test_slow_steps_stand_apart_and_do_not_move_the_median() -> None:
    data = run_data({"train/dt_ms": [5000.0, *[100.0] * 18, 900.0]})
    found = step_times(data.series["train/dt_ms"], data)
    assert found.median == 100.0 and found.p95 == 100.0
    assert found.apart["slow"][0].tolist() == [0, 19] and found.apart["slow"][1].tolist() == [5000.0, 900.0]
    assert len(found.steps) == 18


def test_only_finite_times_above_zero_can_be_slow() -> None:
    data = run_data({"train/dt_ms": [-3.0, -1.0, -2.0]})
    assert step_times(data.series["train/dt_ms"], data).apart == {}
    data = run_data({"train/dt_ms": [1.0, INF, 1.0]})
    found = step_times(data.series["train/dt_ms"], data)
    assert found.apart == {} and found.steps.values.tolist() == [1.0, INF, 1.0]


def test_the_rates_of_probes_are_no_schedule_of_their_own() -> None:
    drawn = learning_rate(run_data({"probe/lr": [9.0], "train/lr": [0.5, 1.0]}))
    assert isinstance(drawn, Drawn)
    assert [trace.name for trace in drawn.figure.data] == ["train/lr"]
    assert drawn.notes == ("2 points", "train/lr: peak 1, reached at step 1.")


def test_a_gap_from_one_training_loss_has_no_band() -> None:
    drawn = overfitting_gap(run_data({"train/loss": [1.0], "val/loss": [1.5]}))
    assert isinstance(drawn, Drawn)
    assert drawn.notes == ("1 evaluation", "Last gap +0.5, from a single training loss, so without a band.")


def test_seconds_become_milliseconds_and_measured_parts_keep_their_names() -> None:
    data = run_data({"efficiency/step_time_sec": [0.1, 0.2, 0.3], "throughput/eval_ms": [NAN, 50.0]})
    found = step_times(data.series["efficiency/step_time_sec"], data)
    np.testing.assert_allclose(found.steps.values, [100.0, 200.0, 300.0])
    assert {name: values.tolist() for name, (_, values) in found.apart.items()} == {"evaluation": [50.0]}


def test_the_parts_of_a_step_add_up_to_it() -> None:
    parts = {"throughput/step_ms": [10.0, 12.0], "throughput/forward_ms": [3.0, 3.0], "throughput/data_ms": [1.0, 4.0]}
    drawn = step_time(run_data(parts), view="parts")
    assert isinstance(drawn, Drawn)
    layers = {trace.name: np.asarray(trace.y).tolist() for trace in drawn.figure.data}
    assert layers == {"data": [1.0, 4.0], "forward": [3.0, 3.0], "rest": [6.0, 5.0]}
    without = step_time(run_data({"train/dt_ms": [1.0]}), view="parts")
    assert isinstance(without, Refused) and "meter.phase" in without.reason


def test_throughput_says_how_the_end_compares_with_the_beginning() -> None:
    drawn = throughput(run_data({"train/tok_per_sec": [100.0] * 10 + [90.0] * 10}))
    assert isinstance(drawn, Drawn)
    assert drawn.notes[-1] == ("Median 95 tokens per second; the last tenth of the run against the first: -10.0 %.")
    assert isinstance(throughput(run_data({"train/tok_per_sec": [1.0]}), view="total"), Refused)


def test_the_straggler_is_named() -> None:
    even, slow = series("dt", [100.0] * 10), series("dt", [120.0] * 6 + [100.0] * 4)
    found = spread_of({0: even, 1: even, 2: slow, 3: series("dt", [])})
    assert found.ranks == (0, 1, 2) and found.median.tolist() == [100.0] * 10
    share, slowdown = found.stragglers[2]
    assert share == pytest.approx(0.6) and slowdown == pytest.approx(1.2)
    assert list(found.stragglers) == [2]


def test_steps_that_a_rank_did_not_log_stay_empty() -> None:
    found = spread_of({0: series("dt", [1.0, 2.0], steps=[0, 2]), 1: series("dt", [1.0, 3.0, 2.0], steps=[0, 1, 2])})
    assert found.steps.tolist() == [0, 2]
    drawn = rank_spread(
        RunData(
            "a", series={"train/dt_ms": series("train/dt_ms", [1.0])}, ranks={"train/dt_ms": {0: series("dt", [1.0])}}
        )
    )
    assert isinstance(drawn, Refused) and drawn.reason.startswith("Only one rank logged")


def test_memory_that_is_nearly_full_is_said() -> None:
    gauges = {"system/gpu.0.memory_percent": [97.0, 98.0, 97.0], "system/cpu_percent": [20.0, 30.0, 25.0]}
    drawn = hardware_efficiency(run_data({**gauges, "train/tok_per_sec": [1.0, 2.0, 3.0]}))
    assert isinstance(drawn, Drawn)
    assert drawn.notes[-1] == "Over 95 % in the median: gpu.0.memory percent."
    assert [trace.yaxis for trace in drawn.figure.data] == ["y", "y", "y2"]


def test_the_axis_of_ranks_says_its_unit() -> None:
    ranks = {"train/dt_ms": {rank: series("train/dt_ms", [1.0, 2.0]) for rank in (0, 1)}}
    drawn = rank_spread(RunData("a", ranks=ranks))
    assert isinstance(drawn, Drawn)
    assert drawn.figure.layout.yaxis["title"]["text"] == "step time, ms"

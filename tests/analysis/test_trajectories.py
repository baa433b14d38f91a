"""Runs as paths: accuracy only where it was measured, stages cut where they change, later ones behind earlier ones."""

import numpy as np

from belvedere.analysis.trajectories import legs, offsets
from belvedere.core.series import RunData, Series, Stage
from tests.analysis.runs import INF, NAN, series


def run_of(run_id: str, *stages: Stage, **found: Series) -> RunData:
    return RunData(run_id, stages=stages, series={one.key: one for one in found.values()})


def test_accuracy_is_the_last_one_measured_in_the_stage() -> None:
    run = run_of(
        "a", Stage("mid", 0, 0.0), Stage("sft", 3, 3.0),
        loss=series("loss", [5.0, 4.0, 3.0, 2.0, 1.0]), score=series("acc", [0.5, NAN, 0.9], [1, 2, 4]),
    )  # fmt: skip
    mid, sft = legs([run], accuracy="acc")
    assert (mid.stage, mid.steps.tolist(), sft.stage, sft.steps.tolist()) == ("mid", [0, 1, 2], "sft", [3, 4])
    np.testing.assert_array_equal(mid.accuracies, [NAN, 0.5, 0.5])
    np.testing.assert_array_equal(sft.accuracies, [NAN, 0.9])
    assert (mid.evaluated_at.tolist(), mid.evaluated_losses.tolist(), mid.evaluated_accuracies.tolist()) == (
        [1],
        [4.0],
        [0.5],
    )


def test_a_later_stage_begins_where_the_longest_earlier_one_ended() -> None:
    first, longer = (run_of(name, Stage("pretrain", 0, 0.0), loss=series("loss", [1.0] * count))
                     for name, count in (("a", 4), ("b", 6)))  # fmt: skip
    last = run_of("c", Stage("rl", 0, 0.0), loss=series("loss", [1.0, 1.0]))
    assert offsets([last, longer, first]) == {"a": 0, "b": 0, "c": 6}
    assert legs([last, first, longer], x="cumulative", accuracy="acc")[0].x.tolist() == [6.0, 7.0]


def test_tokens_are_known_only_where_they_were_counted() -> None:
    run = run_of("a", loss=series("loss", [1.0, INF, 1.0]), tokens=series("tokens", [10.0, 30.0], [1, 2]))
    (found,) = legs([run], x="tokens", accuracy="acc")
    np.testing.assert_array_equal(found.x, [NAN, 10.0, 30.0])
    assert np.isnan(legs([run_of("b", loss=series("loss", [1.0]))], x="tokens", accuracy="acc")[0].x).all()
    assert legs([run_of("c")], accuracy="acc") == []

"""Panels hold what was measured and nothing else; a flag is told once, also after going on."""

from dataclasses import asdict

from belvedere.recipes.historical.panels import History, point


def test_what_was_not_measured_is_no_point() -> None:
    first = point(0, 10.3, 6e-7, {})
    assert first.series() == {"train/loss": 10.3, "train/lr": 6e-7, "train/iter": 0.0}
    unknown_gpu = point(100, 8.0, 6e-5, {"throughput/step_ms": 620.0})
    assert unknown_gpu.series() == {"train/loss": 8.0, "train/lr": 6e-5, "train/iter": 100.0, "train/dt_ms": 620.0}
    known = point(100, 8.0, 6e-5, {"throughput/step_ms": 620.0, "throughput/mfu": 0.15})
    assert known.series()["train/mfu"] == 15.0


def test_a_flag_is_told_once_and_remembered_in_the_checkpoint() -> None:
    history, told = History(), []
    for number in range(30):
        at = point(number, float("nan") if number > 20 else 5.0 - number / 10, 1e-3, {"throughput/step_ms": 10.0})
        history.add(at, mean_loss=at.loss, memory_bytes=1e9)
        told += history.new_flags(warmup_steps=0, planned_steps=100, memory_limit=None)
    assert [flag.id for flag in told] == ["not_finite"]
    again = History(**asdict(history))
    again.begin_attempt()
    assert again.new_flags(warmup_steps=0, planned_steps=100, memory_limit=None) == []

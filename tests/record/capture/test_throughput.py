from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import torch
from torch import nn

import belvedere as bv
from belvedere.record.capture import throughput
from belvedere.record.capture.peaks import Peak
from belvedere.record.capture.throughput import Throughput
from belvedere.record.guard import RecordingWarning
from belvedere.record.run import Run
from belvedere.store.store import open_store


class Time:
    """A clock that goes on when told, and counts how often the device was waited for."""

    def __init__(self) -> None:
        self.now, self.waits = 0.0, 0

    def __call__(self) -> float:
        return self.now

    def wait(self) -> None:
        self.waits += 1


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    found = bv.init(project="speed", id="one", dir=tmp_path, console=False, hardware=False)
    yield found
    found.finish()


def rows(run: Run, root: Path) -> Mapping[str, list[float]]:
    """The values of every throughput series of the finished run."""
    run.finish()
    found = open_store(root).run("one")
    return {info.key: found.series(info.key).values.tolist() for info in found.keys("throughput/*")}


def test_a_row_tells_time_tokens_and_utilisation_of_its_steps(run: Run, tmp_path: Path) -> None:
    clock = Time()
    meter = Throughput(
        run, tokens_per_step=1000, samples_per_step=8, flops_per_token=2e6, peak=Peak(1e11, "bf16", "test"),
        every=4, warmup_steps=0, clock=clock,
    )  # fmt: skip
    for _ in range(8):
        with meter.phase("data"):
            clock.now += 0.01
        with meter.phase("forward"):
            clock.now += 0.03
        meter.step()
        run.log({"loss": 1.0})
    assert rows(run, tmp_path) == {
        "throughput/step_ms": [pytest.approx(40)] * 2,
        "throughput/data_ms": [pytest.approx(10)] * 2,
        "throughput/forward_ms": [pytest.approx(30)] * 2,
        "throughput/tokens_per_sec": [pytest.approx(25_000)] * 2,
        "throughput/samples_per_sec": [pytest.approx(200)] * 2,
        "throughput/mfu": [pytest.approx(0.5)] * 2,  # 25,000 tokens/s · 2e6 flop / 1e11 flop/s
    }


def test_an_interval_can_be_cut_where_the_loop_wants_it(run: Run, tmp_path: Path) -> None:
    clock = Time()
    meter = Throughput(run, tokens_per_step=1000, every=1000, warmup_steps=1, clock=clock)
    assert meter.cut() == {}
    clock.now += 5
    meter.step()
    assert meter.cut() == {}  # the step that warmed up is no interval
    for _ in range(2):
        clock.now += 0.1
        meter.step()
    assert meter.cut() == {"throughput/step_ms": pytest.approx(100), "throughput/tokens_per_sec": pytest.approx(1e4)}
    assert meter.cut() == {}
    assert rows(run, tmp_path) == {
        "throughput/compile_ms": [pytest.approx(5000)],
        "throughput/step_ms": [pytest.approx(100)],
        "throughput/tokens_per_sec": [pytest.approx(1e4)],
    }


def test_warm_up_evaluation_and_checkpoints_are_no_part_of_a_step(run: Run, tmp_path: Path) -> None:
    clock = Time()
    meter = Throughput(run, every=5, warmup_steps=2, clock=clock)
    for number in range(7):
        clock.now += 30.0 if number == 0 else 0.1  # the first step compiles
        meter.step()
        if number == 3:
            with meter.phase("evaluation"), meter.phase("forward"):
                clock.now += 9.0
            with meter.phase("checkpoint"):
                clock.now += 2.0
    assert rows(run, tmp_path) == {
        "throughput/compile_ms": [pytest.approx(30_100)],
        "throughput/step_ms": [pytest.approx(100)],
        "throughput/eval_ms": [pytest.approx(9000)],
        "throughput/checkpoint_ms": [pytest.approx(2000)],
    }


def test_the_device_is_waited_for_at_log_points_and_around_phases_kept_apart_only(run: Run) -> None:
    clock = Time()
    meter = Throughput(run, every=10, warmup_steps=0, clock=clock, wait=clock.wait)
    for _ in range(9):
        with meter.phase("forward"):
            clock.now += 0.1
        meter.step()
    assert clock.waits == 0
    with meter.phase("evaluation"):
        clock.now += 1.0
    assert clock.waits == 2
    meter.step()
    assert clock.waits == 3


def test_counts_may_differ_from_step_to_step(run: Run, tmp_path: Path) -> None:
    clock = Time()
    meter = Throughput(run, tokens_per_step=100, every=2, warmup_steps=0, clock=clock)
    for tokens in (None, 300):
        clock.now += 1.0
        meter.step(tokens)
    assert rows(run, tmp_path)["throughput/tokens_per_sec"] == [200]


def test_the_peak_is_that_of_all_devices_together(run: Run, tmp_path: Path) -> None:
    clock = Time()
    run.world_size = 4
    meter = Throughput(
        run,
        tokens_per_step=1,
        flops_per_token=4.0,
        peak=Peak(10.0, "bf16", "test"),
        every=1,
        warmup_steps=0,
        clock=clock,
    )
    clock.now += 1.0
    meter.step()
    assert rows(run, tmp_path)["throughput/mfu"] == [pytest.approx(0.1)]


def test_unknown_hardware_has_no_utilisation_and_the_summary_says_why(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throughput, "device_name", lambda: "NVIDIA H100 Laptop GPU")
    meter = throughput.measure(run, tokens_per_step=10, flops_per_token=1e6, every=1, warmup_steps=0)
    meter.step()
    assert "throughput/mfu" not in rows(run, tmp_path)
    said = open_store(tmp_path).run("one").summary["throughput/mfu"]
    assert said == "n/a: no peak is known for 'NVIDIA H100 Laptop GPU'; pass peak_flops_per_sec="


def test_a_cpu_is_held_against_what_it_reaches(run: Run, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    weights = torch.ones(256, 256)
    meter = throughput.measure(
        run, tokens_per_step=256, flops_per_token=2.0 * 256 * 256, has_measured_peak=True, every=20, warmup_steps=1
    )
    for _ in range(21):
        torch.mm(weights, weights)
        meter.step()
    found = rows(run, tmp_path)
    assert "throughput/mfu" not in found
    [share] = found["throughput/mfu_of_measured_peak"]
    assert 0 < share < 10  # of a busy machine one cannot ask for more
    assert "best of 5 products" in str(open_store(tmp_path).run("one").summary["throughput/mfu_peak"])


def test_what_cannot_be_counted_warns_and_the_meter_works(run: Run) -> None:
    with pytest.warns(RecordingWarning, match="pass layers=, or flops_per_token="):
        meter = throughput.measure(run, model=nn.Linear(2, 2), seq_len=8, tokens_per_step=1)
    meter.step()

"""What is logged beside a step: both key sets, nothing invented, and nobody waits."""

import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

import belvedere as bv
from belvedere.compat import enhanced_wandb_logging as enhanced
from belvedere.core.errors import UsageError
from belvedere.store.store import open_store

MACHINE = {f"system/{name}" for name in (
    "cpu_count", "cpu_percent", "memory_total_gb", "memory_available_gb", "memory_percent", "memory_used_gb",
)}  # fmt: skip


class Rows(list[dict[str, object]]):
    """A run of somebody else: it has `log`."""

    def log(self, data: dict[str, object]) -> None:
        self.append(data)

    def last(self) -> dict[str, object]:
        """The last row without the machine."""
        return {key: value for key, value in self[-1].items() if key not in MACHINE}


def test_a_step_has_the_keys_of_both_sets() -> None:
    rows = Rows()
    enhanced.enhance_wandb_logging(rows, 3, "cpu", 0.5, 100.0, 40.0, 8e9, 2.0, "sft", "SmolTalk", loss=1.5, extra="x")
    assert rows.last() == {
        "step": 3, "training_stage": "sft", "dataset/current": "SmolTalk", "efficiency/step": 3,
        "efficiency/step_time_sec": 0.5, "efficiency/tokens_per_sec": 100.0, "efficiency/mfu_percent": 40.0,
        "efficiency/total_flops": 8e9, "efficiency/total_training_time_sec": 2.0, "efficiency/flops_per_sec": 4e9,
        "train/tok_per_sec": 100.0, "train/mfu": 40.0, "train/loss": 1.5, "loss": 1.5, "extra": "x",
    }  # fmt: skip


@pytest.mark.parametrize("nothing", [None, 0.0, float("nan")])
def test_what_was_not_measured_has_no_key(nothing: float | None) -> None:
    rows = Rows()
    enhanced.enhance_wandb_logging(rows, 0, "cpu", nothing, nothing, nothing, nothing, nothing)
    assert rows.last() == {"step": 0, "efficiency/step": 0, "training_stage": "pretraining"}


def test_the_load_of_the_machine_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    loads = iter([0.0, 37.5])

    def load(interval: object) -> float:
        asked.append(interval)
        return next(loads)

    monkeypatch.setattr(psutil, "cpu_percent", load)
    first, second = enhanced.log_system_metrics(), enhanced.log_system_metrics("host")
    assert asked == [None, None]
    assert "system/cpu_percent" not in first
    assert second["host/cpu_percent"] == 37.5
    assert {f"system/{key.partition('/')[2]}" for key in second} == MACHINE


def test_a_cuda_device_tells_its_memory_in_gib(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = SimpleNamespace(
        is_available=lambda: True, memory_allocated=lambda _: 2**30, memory_reserved=lambda _: 2**31,
        max_memory_allocated=lambda _: 3 * 2**29,
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    assert enhanced.log_gpu_metrics("cuda:0") == {
        "gpu/memory_allocated_gb": 1.0, "gpu/memory_reserved_gb": 2.0, "gpu/memory_max_allocated_gb": 1.5,
        "gpu/max_allocated_gb": 1.5,
    }  # fmt: skip
    assert enhanced.log_gpu_metrics("cpu") == {}


@pytest.mark.parametrize(
    ("metrics", "wanted"),
    [
        ({"mmlu_acc": 0.5}, {"mmlu_acc": 0.5, "evaluation/mmlu_normalized": 50.0, "evaluation/mean_accuracy": 0.5}),
        (
            {"mmlu_acc": 50.0, "gsm8k_acc": 0.5},
            {
                "mmlu_acc": 50.0, "gsm8k_acc": 0.5, "evaluation/mmlu_normalized": 50.0,
                "evaluation/gsm8k_normalized": 0.5, "evaluation/mean_accuracy": 25.25,
            },
        ),
        (
            {"gsm8k_acc": 0.0, "humaneval_acc": 1.0, "mmlu_acc": None},
            {
                "gsm8k_acc": 0.0, "humaneval_acc": 1.0, "evaluation/gsm8k_normalized": 0.0,
                "evaluation/humaneval_normalized": 100.0, "evaluation/mean_accuracy": 0.5,
            },
        ),
        ({"core_metric": 0.2}, {"core_metric": 0.2}),
    ],
)  # fmt: skip
def test_only_shares_are_multiplied_and_a_zero_counts(metrics: dict[str, float], wanted: dict[str, float]) -> None:
    rows = Rows()
    enhanced.log_evaluation_metrics_3d(rows, 9, metrics, "rl")
    assert rows == [{"step": 9, "training_stage": "rl", **wanted}]


def test_a_run_of_ours_learns_its_stages_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELVEDERE_SILENT", "1")
    run = bv.init(project="p", id="r", dir=tmp_path, console=False, hardware=False)
    for step, stage in enumerate(["mid", "mid", "sft", "sft"]):
        enhanced.enhance_wandb_logging(bv, step, "cpu", 0.1, 1.0, 1.0, 1.0, 1.0, stage)
        enhanced.log_evaluation_metrics_3d(run, step, {"mmlu_acc": 0.5}, stage)
    run.finish()
    read = open_store(tmp_path).run("r")
    assert [(stage.name, stage.step) for stage in read.stages] == [("mid", 0), ("sft", 2)]
    assert read.series("evaluation/mean_accuracy").steps.tolist() == [0, 1, 2, 3]


# ---- datasets -----------------------------------------------------------------------------------------------------


def test_a_mixture_has_ratios_and_coverage() -> None:
    assert enhanced.log_task_mixture_metrics(["MMLU", "GSM8K"], [300, 100], {"MMLU": 30}) == {
        "task_mixture/num_tasks": 2, "task_mixture/total_examples": 400, "task_mixture/task_names": "MMLU,GSM8K",
        "task_mixture/mmlu/ratio": 0.75, "task_mixture/gsm8k/ratio": 0.25, "task_mixture/mmlu/examples_seen": 30,
        "task_mixture/mmlu/coverage_percent": 10.0,
    }  # fmt: skip


def test_a_dataset_has_a_coverage_only_where_both_numbers_are_known() -> None:
    assert enhanced.log_dataset_metrics("ARC", dataset_size=200) == {"dataset/name": "ARC", "dataset/size": 200}
    assert enhanced.log_dataset_metrics("ARC", 1, 200, 50) == {
        "dataset/name": "ARC", "dataset/index": 1, "dataset/size": 200, "dataset/examples_seen": 50,
        "dataset/coverage_percent": 25.0,
    }  # fmt: skip


def test_a_tracker_counts_and_logs_every_so_often() -> None:
    rows, tracker = Rows(), enhanced.DatasetTracker(task_names=["MMLU", "GSM8K"], task_sizes=[300, 100])
    for step in range(5):
        tracker.increment("GSM8K", 25)
        tracker.log_step(rows, step, "GSM8K", log_every=4)
    assert [row["dataset/coverage_percent"] for row in rows] == [25.0, 125.0]
    assert rows[-1]["task_mixture/gsm8k/examples_seen"] == 125
    assert "task_mixture/mmlu/examples_seen" not in rows[-1]


def test_what_does_not_fit_is_one_sentence() -> None:
    with pytest.raises(UsageError, match="2 task names and 1 sizes"):
        enhanced.DatasetTracker(["a", "b"], [1])
    with pytest.raises(UsageError, match="no dataset 'c' in the mixture; it has: a, b"):
        enhanced.DatasetTracker(["a", "b"], [1, 2]).increment("c")

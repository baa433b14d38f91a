"""The names of nanochat's `enhanced_wandb_logging`: change the import line, nothing else.

    from belvedere.compat.enhanced_wandb_logging import enhance_wandb_logging, log_evaluation_metrics_3d

`wandb_run` is anything with `log(dict)`: a run of W&B, a run of Belvedere, or either module. Every row has both sets of
keys, `efficiency/…` and `train/mfu`, `train/tok_per_sec`, `train/loss`, `step`, so that it fills what reads either.
Nothing sleeps and nothing is invented: what was not measured has no key, also where 0.0 stands for "not measured".
"""

import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import psutil

from belvedere.core.errors import UsageError

GIB = 1024**3
EVALUATIONS = ("mmlu", "arc_easy", "gsm8k", "humaneval")
LOSS_NAMES = ("train_loss", "loss")


class Logs(Protocol):
    """What rows are logged to."""

    def log(self, data: dict[str, Any]) -> object: ...


def enhance_wandb_logging(
    wandb_run: Logs, step: int, device: object, dt: float | None, tokens_per_sec: float | None, mfu: float | None,
    flops_so_far: float | None, total_training_time: float | None, training_stage: str = "pretraining",
    dataset_name: str | None = None, **additional_metrics: object,
) -> None:  # fmt: skip
    """Log one step in one call: how fast it was, the machine, and whatever else is named. dt, total_training_time: s;
    mfu: %. These, flops_so_far and tokens_per_sec are left out where they are None, NaN or exactly 0."""
    numbers = {
        "efficiency/step_time_sec": dt, "efficiency/tokens_per_sec": tokens_per_sec, "efficiency/mfu_percent": mfu,
        "efficiency/total_flops": flops_so_far, "efficiency/total_training_time_sec": total_training_time,
        "train/tok_per_sec": tokens_per_sec, "train/mfu": mfu,
    }  # fmt: skip
    measured = {key: float(value) for key, value in numbers.items() if value and math.isfinite(value)}
    if {"efficiency/total_flops", "efficiency/total_training_time_sec"} <= measured.keys():
        spent = measured["efficiency/total_training_time_sec"]
        measured["efficiency/flops_per_sec"] = measured["efficiency/total_flops"] / spent
    row: dict[str, Any] = {"step": step, "efficiency/step": step, "training_stage": training_stage, **measured}
    if dataset_name:
        row["dataset/current"] = dataset_name
    loss = next((additional_metrics[name] for name in LOSS_NAMES if name in additional_metrics), None)
    if loss is not None:
        row["train/loss"] = loss
    row |= log_gpu_metrics(device) | log_system_metrics()
    _log(wandb_run, {**row, **additional_metrics}, step, training_stage)


def log_evaluation_metrics_3d(
    wandb_run: Logs, step: int, metrics: Mapping[str, float | None], training_stage: str = "pretraining"
) -> None:
    """Log the results of one evaluation: as they are, `evaluation/…_normalized` in percent, and their mean.

    mmlu_acc, arc_easy_acc, gsm8k_acc and humaneval_acc are shares of 1 unless one of them is above 1; only shares are
    multiplied by 100. The mean is over those that were evaluated; a score of 0 counts."""
    row: dict[str, Any] = {name: value for name, value in metrics.items() if value is not None}
    found = {name: float(row[f"{name}_acc"]) for name in EVALUATIONS if _is_number(row.get(f"{name}_acc"))}
    factor = 1.0 if any(score > 1 for score in found.values()) else 100.0
    row |= {f"evaluation/{name}_normalized": score * factor for name, score in found.items()}
    if found:
        row["evaluation/mean_accuracy"] = sum(found.values()) / len(found)
    _log(wandb_run, {"step": step, "training_stage": training_stage, **row}, step, training_stage, is_training=False)


def log_gpu_metrics(device: object, prefix: str = "gpu") -> dict[str, float]:
    """Memory of a CUDA device in GiB; nothing for any other device, or where torch is not loaded."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not str(device).startswith("cuda") or not torch.cuda.is_available():
        return {}
    used = {
        "memory_allocated_gb": torch.cuda.memory_allocated(device),
        "memory_reserved_gb": torch.cuda.memory_reserved(device),
        "memory_max_allocated_gb": torch.cuda.max_memory_allocated(device),
    }
    # the original writes the peak so, its document the other way round
    used["max_allocated_gb"] = used["memory_max_allocated_gb"]
    return {f"{prefix}/{name}": size / GIB for name, size in used.items()}


def log_system_metrics(prefix: str = "system") -> dict[str, float]:
    """Processor and memory of this machine; the load is that since the last call, and nobody waits for it."""
    memory, load = psutil.virtual_memory(), psutil.cpu_percent(interval=None)
    found = {
        "cpu_count": psutil.cpu_count() or math.nan, "memory_total_gb": memory.total / GIB,
        "memory_available_gb": memory.available / GIB, "memory_percent": memory.percent,
        "memory_used_gb": memory.used / GIB,
    }  # fmt: skip
    # 0.0 is what the first call says, before there is anything to compare with.
    if load > 0:
        found["cpu_percent"] = load
    return {f"{prefix}/{name}": float(value) for name, value in found.items()}


def log_dataset_metrics(
    dataset_name: str, dataset_index: int | None = None, dataset_size: int | None = None,
    examples_seen: int | None = None, prefix: str = "dataset",
) -> dict[str, Any]:  # fmt: skip
    """The row of one dataset; its coverage only where both its size and what was seen of it are known."""
    row: dict[str, Any] = {f"{prefix}/name": dataset_name}
    if dataset_index is not None:
        row[f"{prefix}/index"] = dataset_index
    if dataset_size is not None:
        row[f"{prefix}/size"] = dataset_size
    if examples_seen is not None:
        row[f"{prefix}/examples_seen"] = examples_seen
        if dataset_size:
            row[f"{prefix}/coverage_percent"] = 100 * examples_seen / dataset_size
    return row


def log_task_mixture_metrics(
    task_names: Sequence[str], task_sizes: Sequence[int], examples_seen_per_task: Mapping[str, int] | None = None,
    prefix: str = "task_mixture",
) -> dict[str, Any]:  # fmt: skip
    """The row of a mixture: the share of each task by size, and how much of each was seen. More than 100 % is more than
    one epoch."""
    sizes = _sizes(task_names, task_sizes)
    total = sum(sizes.values())
    row: dict[str, Any] = {
        f"{prefix}/num_tasks": len(sizes), f"{prefix}/total_examples": total, f"{prefix}/task_names": ",".join(sizes),
    }  # fmt: skip
    for name, size in sizes.items():
        if total:
            row[f"{prefix}/{name.lower()}/ratio"] = size / total
        seen = (examples_seen_per_task or {}).get(name)
        if seen is None:
            continue
        row[f"{prefix}/{name.lower()}/examples_seen"] = seen
        if size:
            row[f"{prefix}/{name.lower()}/coverage_percent"] = 100 * seen / size
    return row


class DatasetTracker:
    """Counts how many examples of each dataset of a mixture were seen, and logs it every so often."""

    def __init__(self, task_names: Sequence[str], task_sizes: Sequence[int]) -> None:
        self._sizes = _sizes(task_names, task_sizes)
        self.task_names, self.task_sizes = list(task_names), list(task_sizes)
        self.examples_seen: Counter[str] = Counter()

    def increment(self, dataset_name: str, count: int = 1) -> None:
        """`count` more examples of a dataset were seen."""
        self._checked(dataset_name)
        self.examples_seen[dataset_name] += count

    def log_step(
        self, wandb_run: Logs, step: int, current_dataset_name: str | None = None, log_every: int = 100
    ) -> None:  # fmt: skip
        """Log the mixture, and the dataset that is being read, at every `log_every`-th step."""
        if step % log_every:
            return
        row = log_task_mixture_metrics(self.task_names, self.task_sizes, self.examples_seen)
        if current_dataset_name is not None:
            size = self._checked(current_dataset_name)
            index = self.task_names.index(current_dataset_name)
            row |= log_dataset_metrics(current_dataset_name, index, size, self.examples_seen[current_dataset_name])
        _log(wandb_run, row, step, None)

    def _checked(self, name: str) -> int:
        if name not in self._sizes:
            raise UsageError(f"no dataset {name!r} in the mixture; it has: {', '.join(self._sizes)}")
        return self._sizes[name]


def _sizes(names: Sequence[str], sizes: Sequence[int]) -> dict[str, int]:
    if len(names) != len(sizes):
        raise UsageError(f"{len(names)} task names and {len(sizes)} sizes; pass one size for each task")
    return dict(zip(names, sizes))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _log(run: Logs, row: dict[str, Any], step: int, stage: str | None, *, is_training: bool = True) -> None:
    """One call. A run of Belvedere is told the step and the stage; W&B counts its own steps and would drop rows.

    An evaluation tells the stage only where nobody has: its default is easily left as it is."""
    from belvedere.record import face
    from belvedere.record.run import Run
    from belvedere.record.session import current_or_none

    ours = run if isinstance(run, Run) else current_or_none() if getattr(run, "log", None) is face.log else None
    if ours is None:
        run.log(row)
        return
    known = ours.summary.get("training_stage")
    if stage is not None and (known is None or (is_training and known != stage)):
        ours.stage(stage, step)
    ours.log(row, step)

"""Sample runs, written through the writer that trainings use: what conformance.py and the tests of readers read."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from belvedere.core.entries import (
    Alerted,
    Configured,
    Console,
    Defined,
    Heartbeat,
    RunFinished,
    RunStarted,
    StageChanged,
    Stored,
)
from belvedere.runlog.layout import RunFolder, run_folder, writer_id
from belvedere.runlog.writer import Clock, LogWriter

BEGAN = 1_700_000_000.0


class ShiftedClock(Clock):
    """The real clock, moved so that it shows `start` now."""

    def __init__(self, start: float = BEGAN) -> None:
        super().__init__()
        self.wall_ns = round(start * 1e9)
        self.offset_us = self.wall_ns // 1000 - self.monotonic_ns // 1000


def open_log(
    root: Path, run_id: str = "run1", *, project: str = "demo", rank: int = 0, start: float = BEGAN,
    segment_bytes: int = 64 << 20, resume_from: int | None = None, world_size: int = 1, tags: Sequence[str] = (),
    name: str = "", host: str = "elsewhere",
) -> LogWriter:  # fmt: skip
    """A writer of a run on another host, so that its state does not depend on this machine's processes."""
    folder = run_folder(root, project, run_id)
    identity = writer_id(rank, round(start * 1e9), secrets.token_hex(4))
    started = RunStarted(
        time=start, project=project, run_id=run_id, writer_id=identity, rank=rank, world_size=world_size, host=host,
        resume_from=resume_from, tags=tags, name=name,
    )  # fmt: skip
    return LogWriter(folder, started, clock=ShiftedClock(start), segment_bytes=segment_bytes)


def write_run(
    root: Path, rows: Sequence[tuple[int, Mapping[str, object]]], run_id: str = "run1", *,
    config: Mapping[str, Stored] | None = None, finish: bool = True, **options: object,
) -> RunFolder:  # fmt: skip
    """A run with these rows."""
    writer = open_log(root, run_id, **options)  # type: ignore[arg-type]
    if config:
        writer.event(Configured(writer.now(), config))
    for step, values in rows:
        assert writer.row(step, values)
    if finish:
        writer.event(RunFinished(writer.now()))
    writer.close()
    return writer.folder


# ---- the runs that every engine is asked about --------------------------------------------------------------------


def write_samples(root: Path) -> list[str]:
    """One run for each thing that can make reading hard; their names."""
    makers = (_plain, _ragged, _backwards, _resumed, _ranked, _rich, _long, _empty)
    return [f"demo/{maker(root).folder.run_id}" for maker in makers]


def _finished(writer: LogWriter, state: str = "finished") -> LogWriter:
    writer.event(RunFinished(writer.now(), state))
    writer.close()
    return writer


def _plain(root: Path) -> LogWriter:
    """Two series, with every number that is not one, in segments of a few kilobytes."""
    writer = open_log(root, "plain", tags=("sft", "small"), name="calm-lake-1", segment_bytes=4096)
    writer.event(
        Configured(writer.now(), {"lr": 3e-4, "model": {"depth": 4, "name": "gpt"}, "betas": [0.9, 0.95], "amp": True})
    )
    special = {7: float("nan"), 8: float("inf"), 9: float("-inf"), 100: 1e308, 101: 1e308, 102: -1e308, 103: 5e-324}
    for step in range(700):
        writer.row(step, {"loss": special.get(step, 2.0 / (step + 1)), "lr": float(np.float32(0.001 * step))})
    return _finished(writer)


def _ragged(root: Path) -> LogWriter:
    """Key sets that change, integers, truth values, and integers that float64 cannot hold."""
    writer = open_log(root, "ragged", start=BEGAN + 10)
    for step in range(300):
        row: dict[str, object] = {"a": step * 0.5}
        if step % 2:
            row["b"] = step
        if step % 3 == 0:
            row = {"c": step % 2 == 0, **row}
        if step % 5 == 0:
            row["big"] = {"_type": "bigint", "value": str(2**70 + step)} if step % 2 else 2**60 + step
        row["a"] = int(step) if step % 7 == 0 else row["a"]
        writer.row(step, row)
    return _finished(writer, "failed")


def _backwards(root: Path) -> LogWriter:
    """Steps that repeat and go back."""
    writer = open_log(root, "backwards", start=BEGAN + 20)
    for step in [*range(100), *range(50, 120), *([119] * 40), *range(60)]:
        writer.row(step, {"loss": float(step % 13), "other": float(-step)})
    return _finished(writer, "stopped")


def _resumed(root: Path) -> LogWriter:
    """Three attempts: the second took up at step 60, the third at 90 with a step that was logged before."""
    for number, (first, last, resume) in enumerate([(0, 100, None), (60, 140, 60), (90, 150, 90)]):
        writer = open_log(root, "resumed", start=BEGAN + 100 * number, resume_from=resume)
        writer.event(StageChanged(writer.now(), first, f"stage{number}"))
        for step in range(first, last):
            writer.row(step, {"loss": float(step + 1000 * number), "text": f"attempt {number} step {step}"})
            if step % 10 == 0:
                writer.vector(step, "norm", ("a", "b"), np.array([step, number], np.float32))
    return _finished(writer)


def _ranked(root: Path) -> LogWriter:
    """Two ranks; the loss comes from both, one key from rank 1 only; both were started again."""
    for number, resume in enumerate((None, 30)):
        for rank in (0, 1):
            start = BEGAN + 50 + number * 100 + rank
            writer = open_log(root, "ranked", rank=rank, start=start, world_size=2, resume_from=resume)
            for step in range(0 if resume is None else resume, 50):
                writer.row(step, {"loss": step + rank / 10 + number})
                if rank:
                    writer.row(step, {"only/1": float(step)})
            writer.event(Console(writer.now(), "stdout", f"rank {rank} attempt {number}"))
            writer.event(RunFinished(writer.now()))
            writer.close()
    return writer


def _rich(root: Path) -> LogWriter:
    """Everything that is not a number."""
    writer = open_log(root, "rich", start=BEGAN + 30)
    writer.event(Configured(writer.now(), {"command": "train.py"}, "environment"))
    writer.event(Defined(writer.now(), "loss", summary=("min", "max", "best"), goal="minimize", unit="nats"))
    writer.event(Alerted(writer.now(), 3, "careful", "it is hot", "warning"))
    image = {"_type": "image", "sha256": "ab" * 32, "size": 3, "suffix": ".png", "caption": "é"}
    for step in range(1200):
        row: dict[str, object] = {"loss": 100.0 - step, "note": f"step {step}"}
        if step % 100 == 0:
            row["picture"] = image if step else {"_type": "images", "items": [image, {**image, "suffix": ".jpg"}]}
            row["nothing"] = None
        writer.row(step, row)
        writer.vector(step, "norm", ("h.0", "h.1") if step < 600 else ("h.1", "h.2"), np.full(2, step / 7))
        if step % 10 == 0:
            writer.event(Console(writer.now(), "stderr" if step % 20 else "stdout", f"line {step}\nnext {step}\n"))
    writer.event(Configured(writer.now(), {"final": "good", "loss": -5.0}, "summary"))
    writer.event(Heartbeat(writer.now(), dropped_rows=2))
    return _finished(writer)


def _long(root: Path) -> LogWriter:
    """Enough points for a pyramid, with uneven steps and a few that are not finite."""
    writer = open_log(root, "long", start=BEGAN + 40)
    random = np.random.default_rng(7)
    values = random.standard_normal((20_000, 2))
    values[:, 1] = values[:, 1].astype(np.float32)
    values[random.integers(0, 20_000, 30), 0] = np.nan
    values[random.integers(0, 20_000, 5), 0] = np.inf
    steps = np.cumsum(random.integers(0, 4, 20_000))
    for step, (double, single) in zip(steps.tolist(), values.tolist(), strict=True):
        writer.row(step, {"double": double, "single": single, "lr": 0.1 * step})
    return _finished(writer)


def _empty(root: Path) -> LogWriter:
    """A run that logged nothing."""
    return _finished(open_log(root, "empty", start=BEGAN + 60))
